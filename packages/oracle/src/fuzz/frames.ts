// Frames for the generators, built from the RFCs' layouts and independent of the netstack's own writers, so that a mistake there
// cannot hide here. Addresses are dotted text, MACs colon text.

export const TCP_FLAGS = { F: 1, S: 2, R: 4, P: 8, A: 16 } as const;

/** Internet checksum (RFC 1071). */
function checksum(...parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) for (let i = 0; i < part.length; i += 2) sum += ((part[i] ?? 0) << 8) | (part[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function address(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

export function macBytes(text: string): Buffer {
  return Buffer.from(text.split(":").map((part) => Number.parseInt(part, 16)));
}

export function ethernet(dst: string, src: string, type: number, payload: Buffer): string {
  return Buffer.concat([macBytes(dst), macBytes(src), Buffer.from([type >>> 8, type & 255]), payload]).toString("hex");
}

export interface IpFields {
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  readonly id: number;
  readonly ttl?: number;
  readonly tos?: number;
  readonly df?: boolean;
  /** Bytes, a multiple of 8. */
  readonly offset?: number;
  readonly more?: boolean;
  /** A multiple of 4 bytes. */
  readonly options?: Buffer;
}

/** RFC 791 §3.1. */
export function ipv4(f: IpFields, payload: Buffer): Buffer {
  const options = f.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20);
  header[0] = 0x40 | (5 + options.length / 4);
  header[1] = f.tos ?? 0;
  header.writeUInt16BE(20 + options.length + payload.length, 2);
  header.writeUInt16BE(f.id, 4);
  const flags = (f.df === true ? 0x4000 : 0) | (f.more === true ? 0x2000 : 0);
  header.writeUInt16BE(flags | ((f.offset ?? 0) >>> 3), 6);
  header[8] = f.ttl ?? 64;
  header[9] = f.protocol;
  address(f.src).copy(header, 12);
  address(f.dst).copy(header, 16);
  header.writeUInt16BE(checksum(header, options), 10);
  return Buffer.concat([header, options, payload]);
}

function pseudo(src: string, dst: string, protocol: number, length: number): Buffer {
  return Buffer.concat([address(src), address(dst), Buffer.from([0, protocol, length >>> 8, length & 255])]);
}

/** RFC 768; a computed 0 is sent as all ones. */
export function udp(src: string, dst: string, sport: number, dport: number, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sport, 0);
  header.writeUInt16BE(dport, 2);
  header.writeUInt16BE(8 + data.length, 4);
  header.writeUInt16BE(checksum(pseudo(src, dst, 17, 8 + data.length), header, data) || 0xffff, 6);
  return Buffer.concat([header, data]);
}

export interface TcpFields {
  readonly sport: number;
  readonly dport: number;
  readonly seq: number;
  readonly ack: number;
  /** Letters of TCP_FLAGS. */
  readonly flags: string;
  /** A multiple of 4 bytes. */
  readonly options?: Buffer;
}

/** RFC 9293 §3.1. */
export function tcp(src: string, dst: string, f: TcpFields, data: Buffer): Buffer {
  const options = f.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(f.sport, 0);
  header.writeUInt16BE(f.dport, 2);
  header.writeUInt32BE(f.seq >>> 0, 4);
  header.writeUInt32BE(f.ack >>> 0, 8);
  header[12] = (5 + options.length / 4) << 4;
  header[13] = f.flags.split("").reduce((bits, c) => bits | TCP_FLAGS[c as keyof typeof TCP_FLAGS], 0);
  header.writeUInt16BE(64240, 14);
  const body = Buffer.concat([header, options, data]);
  body.writeUInt16BE(checksum(pseudo(src, dst, 6, body.length), body), 16);
  return body;
}

/** RFC 792; `rest` is the second word of the header. */
export function icmp(type: number, code: number, rest: number, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), data]);
  body.writeUInt32BE(rest >>> 0, 4);
  body.writeUInt16BE(checksum(body), 2);
  return body;
}

/** RFC 826 for Ethernet and IPv4, as a whole frame. */
export function arpFrame(f: {
  readonly op: 1 | 2;
  readonly dst: string;
  readonly sha: string;
  readonly spa: string;
  readonly tha: string;
  readonly tpa: string;
}): string {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, f.op]);
  const body = Buffer.concat([head, macBytes(f.sha), address(f.spa), macBytes(f.tha), address(f.tpa)]);
  return ethernet(f.dst, f.sha, 0x0806, body);
}
