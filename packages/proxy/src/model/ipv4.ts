/** IPv4 text checks at kube-proxy's edge; rules carry addresses as text, so nothing here goes further than that. */

/** Address as u32 in host order; undefined when the text is no dotted quad. */
export function ipv4Value(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** True when `ip` lies in `cidr`; false when either is no IPv4 text. */
export function ipv4InCidr(ip: string, cidr: string): boolean {
  const [net, length] = cidr.split("/");
  const address = ipv4Value(ip);
  const base = ipv4Value(net ?? "");
  const bits = Number(length ?? "32");
  if (address === undefined || base === undefined || !(bits >= 0 && bits <= 32)) return false;
  const size = 2 ** (32 - bits);
  return Math.floor(address / size) === Math.floor(base / size);
}

/** True for `a.b.c.d/len` text. */
export function isIpv4Cidr(text: string): boolean {
  const match = /^([^/]+)\/(\d{1,2})$/.exec(text);
  return match !== null && ipv4Value(match[1] ?? "") !== undefined && Number(match[2]) <= 32;
}

/** Canonical dotted quad: user text like `172.30.0.041` is read as decimal, as kube-proxy's lenient parser does. */
export function canonicalIpv4(text: string): string | undefined {
  return ipv4Value(text) === undefined ? undefined : text.split(".").map(Number).join(".");
}
