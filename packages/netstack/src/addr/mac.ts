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

/** Lower case, colon separated. */
export function formatMac(mac: number): string {
  const hex = mac.toString(16).padStart(12, "0");
  return `${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}:${hex.slice(6, 8)}:${hex.slice(8, 10)}:${hex.slice(10)}`;
}

/** `aa:bb:cc:dd:ee:ff` (any case) → number; undefined when malformed. */
export function parseMac(text: string): Mac | undefined {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? (Number.parseInt(text.replaceAll(":", ""), 16) as Mac) : undefined;
}

/** IPv4 multicast group → MAC: 01:00:5e and the low 23 bits (RFC 1112 §6.4). */
export function multicastMac(group: number): Mac {
  return (0x01005e000000 + (group & 0x7fffff)) as Mac;
}
