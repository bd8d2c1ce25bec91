// A small HTTP/1.1 server: one page for every path (RFC 9112). HEAD gets the header alone; keep-alive is honoured, so that who
// closes first is the client's choice as with real servers. A request's body is read over.

import { encodeUtf8 } from "@kubehop/sim";
import type { Reply, Responder } from "./serve.ts";

/** Longest header that is taken: nginx's four buffers of 8 KiB. */
const MAX_HEADER = 32_768;
const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.[01]$/;

interface Request {
  readonly head: boolean;
  readonly close: boolean;
  /** Bytes of body behind the header. */
  readonly body: number;
}

/** Answers each complete request with `page`, pipelined ones in their order. What is no HTTP gets 400, and the connection is closed. */
export function httpResponder(page: string): Responder {
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
      const reply = taken.request === undefined ? refusal(taken.status) : answer(page, taken.request);
      over = reply.close;
      replies.push(reply);
    }
    return replies;
  };
}

type Taken =
  | { readonly length: number; readonly request: Request }
  | { readonly length: number; readonly request: undefined; readonly status: string };

/** The first request of a text; undefined while it is incomplete. */
function takeRequest(text: string): Taken | undefined {
  // RFC 9112 §2.2: empty lines before a request line are skipped, and a bare line feed ends a line.
  const blank = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  const rest = text.slice(blank);
  const refuse = (status: string): Taken => ({ length: text.length, request: undefined, status });
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
  const connection = field(header, "connection")?.toLowerCase();
  const old = / HTTP\/1\.0\r?(\n|$)/.test(header);
  const body = Number(field(header, "content-length") ?? 0);
  return {
    head: header.startsWith("HEAD "),
    close: old ? connection !== "keep-alive" : connection === "close",
    body: Number.isSafeInteger(body) && body > 0 ? body : 0,
  };
}

function field(header: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*\\r?$`, "im").exec(header)?.[1];
}

function answer(page: string, { head, close }: Request): Reply {
  return { answer: encodeUtf8(response("200 OK", page, head, close)), close };
}

function refusal(status: string): Reply {
  return { answer: encodeUtf8(response(status, "", false, true)), close: true };
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
