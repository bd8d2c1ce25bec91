// The SCTP checksum: CRC32c over the packet with its checksum field zero, least significant byte first (RFC 9260 appendix A).

import { setU32 } from "../../wire/bytes.ts";

/** Bytes of the common header: ports, verification tag, checksum. */
export const SCTP_HLEN = 12;
export const SCTP_CHECK_OFF = 8;

/** Castagnoli polynomial, bit-reversed. */
const POLY = 0x82f63b78;

function crcByte(crc: number, byte: number): number {
  let c = crc ^ byte;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) !== 0 ? (c >>> 1) ^ POLY : c >>> 1;
  return c;
}

/** sctp_compute_cksum: the value of the checksum field (u32 as it stands on the wire, big-endian read) of the packet from `sh` to `end`. */
export function sctpComputeCheck(buf: Uint8Array, sh: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = sh; i < end; i++) {
    const inField = i >= sh + SCTP_CHECK_OFF && i < sh + SCTP_HLEN;
    crc = crcByte(crc, inField ? 0 : (buf[i] as number));
  }
  const c = ~crc >>> 0;
  return (((c & 0xff) << 24) | ((c & 0xff00) << 8) | ((c >>> 8) & 0xff00) | (c >>> 24)) >>> 0;
}

export function sctpSetCheck(buf: Uint8Array, sh: number, end: number): void {
  setU32(buf, sh + SCTP_CHECK_OFF, sctpComputeCheck(buf, sh, end));
}
