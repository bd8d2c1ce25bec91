// A small HTTP/1.1 server: one page for every path (RFC 9112). HEAD gets the header alone; keep-alive is honoured, so that who
// closes first is the client's choice as with real servers. A request's body is read over.

import { ctime } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import type { Reply, Responder } from "./serve.ts";
import type { HttpSite } from "./serving.ts";

/** A page and who serves it. */
export interface HttpPage {
  readonly body: string;
  readonly site?: HttpSite | undefined;
  /** ms since 1970. */
  readonly now: () => number;
}

/** Longest header that is taken: nginx's four buffers of 8 KiB. */
const MAX_HEADER = 32_768;
const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.[01]$/;

interface Request {
  readonly head: boolean;
  readonly close: boolean;
  /** Bytes of body behind the header. */
  readonly body: number;
}

/** Answers each complete request with the page, pipelined ones in their order. What is no HTTP gets 400, and the connection is closed. */
export function httpResponder(page: HttpPage): Responder {
  let pending = "";
  let over = false;
  return (bytes) => {
    // One character per byte: lengths in the header count bytes.
    for (const byte of bytes) pending += String.fromCharCode(byte);
    const replies: Reply[] = [];
    while (!over) {
      const taken = takeRequest(pending);
      if (taken === undefined) break;
      pending = pending.slice(taken.length);
      const reply = "status" in taken ? refusal(taken.status) : reply200(page, taken.request);
      over = reply.close;
      replies.push(reply);
    }
    return replies;
  };
}

/** How much of a text is done with, and the request it was or the status it gets. */
type Taken = { readonly length: number } & ({ readonly request: Request } | { readonly status: string });

/** The first request of a text; undefined while it is incomplete. */
function takeRequest(text: string): Taken | undefined {
  // RFC 9112 §2.2: empty lines before a request line are skipped, and a bare line feed ends a line.
  const blank = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(blank);
  const refuse = (status: string): Taken => ({ length: text.length, status });
  const line = /^(.*?)\r?\n/.exec(rest)?.[1];
  if (line !== undefined && !REQUEST_LINE.test(line)) return refuse("400 Bad Request");
  const end = /\r?\n\r?\n/.exec(rest);
  if (end === null) return rest.length > MAX_HEADER ? refuse("400 Bad Request") : undefined;
  const header = rest.slice(0, end.index);
  if (field(header, "transfer-encoding") !== undefined) return refuse("501 Not Implemented");
  const request = parseRequest(header);
  const length = blank + end.index + end[0].length + request.body;
  return text.length < length ? undefined : { length, request };
}

function parseRequest(header: string): Request {
  const wanted = field(header, "connection")?.toLowerCase();
  const old = / HTTP\/1\.0\r?(\n|$)/.test(header);
  const body = Number(field(header, "content-length") ?? 0);
  return {
    head: header.startsWith("HEAD "),
    close: old ? wanted !== "keep-alive" : wanted === "close",
    body: Number.isSafeInteger(body) && body > 0 ? body : 0,
  };
}

function field(header: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r?$`, "im").exec(header)?.[1];
}

function reply200(page: HttpPage, { head, close }: Request): Reply {
  return { answer: answerOf(page, head, close), close };
}

function refusal(status: string): Reply {
  return { answer: [encodeUtf8(headText(status, plainHead("", true)))], close: true };
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
