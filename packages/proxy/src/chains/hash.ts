/**
 * Chain name hashes: the first 16 letters of base32(sha256(text)), RFC 4648 §6 alphabet.
 * Twin: `portProtoHash` in `pkg/proxy/iptables/proxier.go`. Neither the cluster IP nor the port number is hashed,
 * so a chain keeps its name when they change.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const HASH_LETTERS = 16;

/** First 16 letters of the RFC 4648 base32 of `bytes` (10 bytes are enough for them). */
function base32Prefix(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET.charAt((value >>> bits) & 31);
      if (out.length === HASH_LETTERS) return out;
    }
    value &= (1 << bits) - 1;
  }
  return out;
}

/**
 * Letters shared by all chains of one service port.
 * @param servicePortName as the release prints it: `ns/name:port`, or `ns/name` without port name from 1.19 on
 * @param protocol lower case
 */
export function portProtoHash(servicePortName: string, protocol: string): string {
  return base32Prefix(sha256(utf8ToBytes(servicePortName + protocol)));
}

/** Letters of one endpoint's chain; `endpoint` is `ip:port`. */
export function endpointHash(servicePortName: string, protocol: string, endpoint: string): string {
  return base32Prefix(sha256(utf8ToBytes(servicePortName + protocol + endpoint)));
}
