// Ethernet addresses as 48-bit numbers (exact in a double), so that tables can be keyed by number.

declare const macBrand: unique symbol;
/** A MAC address: 48-bit unsigned, first byte on the wire is the most significant. */
export type Mac = number & { readonly [macBrand]: true };

export const MAC_ZERO: Mac = 0 as Mac;
export const MAC_BROADCAST: Mac = 0xffffffffffff as Mac;

/** Group bit (multicast or broadcast), IEEE 802-2014 §8.2.2. */
export function isGroupMac(mac: Mac): boolean {
  return (Math.floor(mac / 0x10000000000) & 1) === 1;
}

/** Two hex digits of every byte. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function hexByte(value: number): string {
  return HEX[value & 0xff] as string;
}

/** Lower case, colon separated. */
export function formatMac(mac: number): string {
  const high = Math.floor(mac / 0x1000000);
  const low = mac % 0x1000000;
  return `${hexByte(high >>> 16)}:${hexByte(high >>> 8)}:${hexByte(high)}:${hexByte(low >>> 16)}:${hexByte(low >>> 8)}:${hexByte(low)}`;
}

/** `aa:bb:cc:dd:ee:ff` (any case) → number; undefined when malformed. */
export function parseMac(text: string): Mac | undefined {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)
    ? (Number.parseInt(text.replaceAll(":", ""), 16) as Mac)
    : undefined;
}

/** IPv4 multicast group → MAC: 01:00:5e and the low 23 bits (RFC 1112 §6.4). */
export function multicastMac(group: number): Mac {
  return (0x01005e000000 + (group & 0x7fffff)) as Mac;
}
