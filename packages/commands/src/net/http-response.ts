// Reads an HTTP/1.x answer as it comes in (RFC 9112): status line, header, body by Content-Length or until the end.

import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";

/** `notHttp`: the first bytes are no status line. */
export type HttpState = "header" | "body" | "complete" | "notHttp";

const CR = 13;
const LF = 10;
const HTTP = encodeUtf8("HTTP/");

export class HttpResponse {
  state: HttpState = "header";
  status = 0;
  /** Header text with its final empty line. */
  header = "";
  /** Payload bytes of the body so far. */
  received = 0;
  /** Undefined: until the connection ends. */
  length: number | undefined;
  /** `Connection: close`. */
  closes = false;
  private readonly headOnly: boolean;
  private pending: Uint8Array = new Uint8Array(0);
  private readonly parts: Uint8Array[] = [];

  /** `headOnly`: an answer to HEAD has no body. */
  constructor(headOnly: boolean) {
    this.headOnly = headOnly;
  }

  push(bytes: Uint8Array): void {
    if (this.state === "header") this.pushHeader(bytes);
    else if (this.state === "body") this.pushBody(bytes);
  }

  /** The peer has closed: a body without length is complete, anything else is not. */
  end(): void {
    if (this.state === "body" && this.length === undefined) this.state = "complete";
  }

  /** Body bytes as text, once; at the end, for a character may lie in two segments. */
  takeBody(): string {
    const parts = this.parts.splice(0);
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return decodeUtf8(all);
  }

  private pushHeader(bytes: Uint8Array): void {
    const all = new Uint8Array(this.pending.length + bytes.length);
    all.set(this.pending);
    all.set(bytes, this.pending.length);
    this.pending = all;
    if (!startsLikeHttp(all)) this.state = "notHttp";
    const end = headerEnd(all);
    if (end < 0 || this.state === "notHttp") return;
    this.header = latin1(all.subarray(0, end));
    this.status = Number(/^HTTP\/1\.\d (\d{3})/.exec(this.header)?.[1] ?? 0);
    const length = /^content-length:\s*(\d+)/im.exec(this.header)?.[1];
    this.length = this.headOnly ? 0 : length === undefined ? undefined : Number(length);
    this.closes = /^connection:\s*close/im.test(this.header);
    this.state = this.length === 0 ? "complete" : "body";
    if (end < all.length) this.pushBody(all.subarray(end));
  }

  private pushBody(bytes: Uint8Array): void {
    const wanted = this.length === undefined ? bytes.length : Math.min(bytes.length, this.length - this.received);
    this.received += wanted;
    if (wanted > 0) this.parts.push(bytes.slice(0, wanted));
    if (this.received === this.length) this.state = "complete";
  }
}

function startsLikeHttp(bytes: Uint8Array): boolean {
  return HTTP.every((code, at) => at >= bytes.length || bytes[at] === code);
}

/** Where the body starts: behind the first empty line; -1: not there yet. Lines may end in LF alone. */
function headerEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1] === CR ? at + 2 : at + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return -1;
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
