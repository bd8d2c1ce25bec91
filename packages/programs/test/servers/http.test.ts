import type { Pod } from "@kubehop/kube";
import { decodeUtf8, encodeUtf8 } from "@kubehop/sim";
import { expect, test } from "vitest";
import { httpResponder } from "../../src/servers/http.ts";
import { hasBusybox, NGINX_PAGE, serversOf } from "../../src/servers/images.ts";

const GET = encodeUtf8("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

function podOf(image: string): Pod {
  return { spec: { containers: [{ name: "c", image, ports: [] }] } } as unknown as Pod;
}

test("nginx 1.7.9 answers with its own header, written before the page", () => {
  const [server] = serversOf(podOf("nginx:1.7.9"));
  const [reply] = httpResponder({ body: server?.body ?? "", site: server?.site, now: () => 1_528_617_600_000 })(GET);
  const [head, body] = (reply?.answer ?? []).map((piece) => decodeUtf8(piece));
  expect(head?.split("\r\n")).toEqual([
    "HTTP/1.1 200 OK",
    "Server: nginx/1.7.9",
    "Date: Sun, 10 Jun 2018 08:00:00 GMT",
    "Content-Type: text/html",
    "Content-Length: 612",
    "Last-Modified: Tue, 23 Dec 2014 16:25:09 GMT",
    "Connection: keep-alive",
    'ETag: "54999765-264"',
    "Accept-Ranges: bytes",
    "",
    "",
  ]);
  expect(body).toBe(NGINX_PAGE);
});

test("a release that is not known says no more than it must, in one write", () => {
  const [server] = serversOf(podOf("docker.io/library/nginx"));
  const [reply] = httpResponder({ body: server?.body ?? "", site: server?.site, now: () => 0 })(GET);
  expect(reply?.answer.length).toBe(1);
  expect(decodeUtf8(reply?.answer[0] ?? new Uint8Array()).split("\r\n\r\n")[0]).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 612\r\nConnection: keep-alive",
  );
});

test("HEAD gets the header alone", () => {
  const [reply] = httpResponder({ body: "x", now: () => 0 })(
    encodeUtf8("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"),
  );
  expect(reply?.close).toBe(true);
  expect(decodeUtf8(reply?.answer[0] ?? new Uint8Array()).endsWith("Connection: close\r\n\r\n")).toBe(true);
});

function answers(...chunks: string[]): string[] {
  const respond = httpResponder({ body: "page\n", now: () => 0 });
  return chunks.flatMap((chunk) =>
    respond(encodeUtf8(chunk)).map(({ answer, close }) => {
      const text = answer.map((piece) => decodeUtf8(piece)).join("");
      return `${text.split("\r\n")[0]?.slice(9)}${text.endsWith("page\n") ? " page" : ""}${close ? " close" : ""}`;
    }),
  );
}

const OK = "200 OK page";

test.each([
  { title: "a request in pieces", chunks: ["GE", "T / HTTP/1.1\r\nHost: a\r", "\n\r\n"], wanted: [OK] },
  { title: "no answer to half a request", chunks: ["GET / HTTP/1.1\r\nHost: a\r\n"], wanted: [] },
  {
    title: "two requests in one segment",
    chunks: ["GET / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\n"],
    wanted: [OK, "200 OK"],
  },
  {
    title: "nothing behind a request that closes",
    chunks: ["GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"],
    wanted: [`${OK} close`],
  },
  { title: "HTTP/1.0 closes", chunks: ["GET / HTTP/1.0\r\n\r\n"], wanted: [`${OK} close`] },
  { title: "HTTP/1.0 that wants more", chunks: ["GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"], wanted: [OK] },
  { title: "bare line feeds", chunks: ["GET / HTTP/1.0\n\n"], wanted: [`${OK} close`] },
  { title: "empty lines in front", chunks: ["\r\n\r\nGET / HTTP/1.1\r\n\r\n"], wanted: [OK] },
  {
    title: "a body is read over, in bytes",
    chunks: ["POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n", "ää", "GET / HTTP/1.1\r\n\r\n"],
    wanted: [OK, OK],
  },
  { title: "no HTTP", chunks: ["hello\n", "GET / HTTP/1.1\r\n\r\n"], wanted: ["400 Bad Request close"] },
  { title: "another version", chunks: ["GET / HTTP/2\r\n"], wanted: ["400 Bad Request close"] },
  {
    title: "chunks",
    chunks: ["PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"],
    wanted: ["501 Not Implemented close"],
  },
  {
    title: "a header without end",
    chunks: [`GET / HTTP/1.1\r\nA: ${"a".repeat(32_768)}`],
    wanted: ["400 Bad Request close"],
  },
])("http: $title", ({ chunks, wanted }) => {
  expect(answers(...chunks)).toEqual(wanted);
});

test("small images have busybox's tools", () => {
  expect(
    ["alpine:3.7", "k8s.gcr.io/k8s-dns-kube-dns-amd64:1.14.8", "centos:latest"].map((image) =>
      hasBusybox(podOf(image)),
    ),
  ).toEqual([true, true, false]);
});
