// A small HTTP/1.1 server: one page for every path (RFC 9112). HEAD gets the header alone; keep-alive is honoured, so that who
// closes first is the client's choice as with real servers.

import { ctime } from "@kubehop/netstack";
import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";
import type { Responder } from "./serve.ts";
import type { HttpSite } from "./serving.ts";

/** A page and who serves it. */
export interface HttpPage {
  readonly body: string;
  readonly site?: HttpSite | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Answers each complete request header with the page. A request that is no HTTP gets 400 and the connection is closed. */
export function httpResponder(page: HttpPage): Responder {
  let pending = "";
  return (bytes) => {
    pending += decodeUtf8(bytes);
    const end = pending.indexOf("\r\n\r\n");
    if (end < 0) return pending.includes("\n") && !/^[A-Z]+ \S+/.test(pending) ? badRequest() : undefined;
    const header = pending.slice(0, end);
    pending = pending.slice(end + 4);
    if (!/^[A-Z]+ \S+ HTTP\/1\.[01]/.test(header)) return badRequest();
    const close = /^connection:\s*close/im.test(header) || / HTTP\/1\.0/.test(header);
    return { answer: answerOf(page, header.startsWith("HEAD "), close), close };
  };
}

function badRequest(): { answer: Uint8Array[]; close: boolean } {
  return { answer: [encodeUtf8(headText("400 Bad Request", plainHead("", true)))], close: true };
}

/** What is written, write by write: nginx writes the header, and then hands the file to sendfile. */
function answerOf({ body, site, now }: HttpPage, headOnly: boolean, close: boolean): Uint8Array[] {
  const head = headText("200 OK", site === undefined ? plainHead(body, close) : nginxHead(body, close, site, now()));
  if (headOnly) return [encodeUtf8(head)];
  return site === undefined ? [encodeUtf8(head + body)] : [encodeUtf8(head), encodeUtf8(body)];
}

function headText(status: string, fields: readonly string[]): string {
  return `HTTP/1.1 ${status}\r\n${fields.join("\r\n")}\r\n\r\n`;
}

function plainHead(body: string, close: boolean): string[] {
  return [`Content-Type: ${typeOf(body)}`, `Content-Length: ${encodeUtf8(body).length}`, connection(close)];
}

/** The fields of a static file (ngx_http_header_filter_module.c, ngx_http_core_module.c: ngx_http_set_etag). */
function nginxHead(body: string, close: boolean, { server, modified }: HttpSite, now: number): string[] {
  const { length } = encodeUtf8(body);
  return [
    `Server: ${server}`,
    `Date: ${httpDate(now)}`,
    `Content-Type: ${typeOf(body)}`,
    `Content-Length: ${length}`,
    `Last-Modified: ${httpDate(modified * 1000)}`,
    connection(close),
    `ETag: "${modified.toString(16)}-${length.toString(16)}"`,
    "Accept-Ranges: bytes",
  ];
}

function typeOf(body: string): string {
  return body.startsWith("<") ? "text/html" : "text/plain";
}

function connection(close: boolean): string {
  return `Connection: ${close ? "close" : "keep-alive"}`;
}

/** IMF-fixdate (RFC 9110 §5.6.7) of ms since 1970. */
function httpDate(ms: number): string {
  const [weekday, month, day = "", clock, year] = ctime(ms).split(/ +/);
  return `${weekday}, ${day.padStart(2, "0")} ${month} ${year} ${clock} GMT`;
}
