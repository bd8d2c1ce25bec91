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
  const reply = httpResponder({ body: server?.body ?? "", site: server?.site, now: () => 1_528_617_600_000 })(GET);
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
  const reply = httpResponder({ body: server?.body ?? "", site: server?.site, now: () => 0 })(GET);
  expect(reply?.answer.length).toBe(1);
  expect(decodeUtf8(reply?.answer[0] ?? new Uint8Array()).split("\r\n\r\n")[0]).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 612\r\nConnection: keep-alive",
  );
});

test("HEAD gets the header alone", () => {
  const reply = httpResponder({ body: "x", now: () => 0 })(encodeUtf8("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  expect(reply?.close).toBe(true);
  expect(decodeUtf8(reply?.answer[0] ?? new Uint8Array()).endsWith("Connection: close\r\n\r\n")).toBe(true);
});

test("small images have busybox's tools", () => {
  expect(
    ["alpine:3.7", "k8s.gcr.io/k8s-dns-kube-dns-amd64:1.14.8", "centos:latest"].map((image) =>
      hasBusybox(podOf(image)),
    ),
  ).toEqual([true, true, false]);
});
