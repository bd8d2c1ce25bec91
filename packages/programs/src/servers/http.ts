// A small HTTP/1.1 server: one page for every path (RFC 9112). HEAD gets the header alone; keep-alive is honoured, so that who
// closes first is the client's choice as with real servers.

import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";
import type { Responder } from "./serve.ts";

/** Answers each complete request header with `body`. A request that is no HTTP gets 400 and the connection is closed. */
export function httpResponder(body: string): Responder {
  let pending = "";
  return (bytes) => {
    pending += decodeUtf8(bytes);
    const end = pending.indexOf("\r\n\r\n");
    if (end < 0) return pending.includes("\n") && !/^[A-Z]+ \S+/.test(pending) ? badRequest() : undefined;
    const header = pending.slice(0, end);
    pending = pending.slice(end + 4);
    if (!/^[A-Z]+ \S+ HTTP\/1\.[01]/.test(header)) return badRequest();
    const close = /^connection:\s*close/im.test(header) || / HTTP\/1\.0/.test(header);
    return { answer: encodeUtf8(response("200 OK", body, header.startsWith("HEAD "), close)), close };
  };
}

function badRequest(): { answer: Uint8Array; close: boolean } {
  return { answer: encodeUtf8(response("400 Bad Request", "", false, true)), close: true };
}

function response(status: string, body: string, headOnly: boolean, close: boolean): string {
  const type = body.startsWith("<") ? "text/html" : "text/plain";
  const length = encodeUtf8(body).length;
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
    `Connection: ${close ? "close" : "keep-alive"}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${headOnly ? "" : body}`;
}
