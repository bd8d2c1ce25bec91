// print-http.c and parse of text protocols (netdissect's txtproto_print).

import type { Dissect } from "./dissect.ts";

const METHODS = new Set([
  "GET",
  "PUT",
  "COPY",
  "HEAD",
  "LOCK",
  "MOVE",
  "POLL",
  "POST",
  "BCOPY",
  "BMOVE",
  "MKCOL",
  "TRACE",
  "LABEL",
  "MERGE",
  "DELETE",
  "SEARCH",
  "UNLOCK",
  "REPORT",
  "UPDATE",
  "NOTIFY",
  "BDELETE",
  "CONNECT",
  "OPTIONS",
  "CHECKIN",
  "PROPFIND",
  "CHECKOUT",
  "CCM_POST",
  "SUBSCRIBE",
  "PROPPATCH",
  "BPROPFIND",
  "BPROPPATCH",
  "UNCHECKOUT",
  "MKACTIVITY",
  "MKWORKSPACE",
  "UNSUBSCRIBE",
  "RPC_CONNECT",
  "VERSION-CONTROL",
  "BASELINE-CONTROL",
]);

/** `: HTTP: GET / HTTP/1.1`, with -v all lines; a segment that begins neither a request nor a response is only named. */
export function httpPrint(d: Dissect, bytes: Uint8Array): string {
  if (!beginsMessage(bytes)) return ": HTTP";
  if (d.v === 0) return `: HTTP${textLine(bytes, 0, ": ").text}`;
  let text = `: HTTP, length: ${bytes.length}`;
  for (let at = 0; at < bytes.length;) {
    const line = textLine(bytes, at, "\n\t");
    text += line.text;
    if (line.next === 0) break;
    at = line.next;
  }
  return text;
}

function beginsMessage(bytes: Uint8Array): boolean {
  const [first = "", second = ""] = ascii(bytes.subarray(0, 64)).split(/[ \r\n]+/);
  return METHODS.has(first.toUpperCase()) || /^\d{3}$/.test(second);
}

/** One printable line with its prefix; next is 0 where the text ends: at the first unprintable byte, or without a line end. */
function textLine(bytes: Uint8Array, from: number, prefix: string): { text: string; next: number } {
  for (let i = from; i < bytes.length; i++) {
    const c = bytes[i] as number;
    if (c === 0x0a) return { text: prefix + ascii(bytes.subarray(from, i)), next: i + 1 };
    if (c === 0x0d && bytes[i + 1] === 0x0a) return { text: prefix + ascii(bytes.subarray(from, i)), next: i + 2 };
    if ((c < 0x20 || c > 0x7e) && c !== 0x09) return { text: "", next: 0 };
  }
  return { text: `${prefix}${ascii(bytes.subarray(from))} [|http]`, next: 0 };
}

function ascii(bytes: Uint8Array): string {
  return Array.from(bytes, (c) => String.fromCharCode(c)).join("");
}
