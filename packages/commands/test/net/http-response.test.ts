import { encodeUtf8 } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { HttpResponse } from "../../src/net/http-response.ts";

function read(parts: readonly string[], headOnly = false): HttpResponse {
  const response = new HttpResponse(headOnly);
  for (const part of parts) response.push(encodeUtf8(part));
  return response;
}

const ANSWER = "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhéll";

describe("HttpResponse", () => {
  it.each([
    ["in one piece", [ANSWER]],
    ["letter by letter", Array.from(ANSWER)],
    ["cut inside the empty line", [ANSWER.slice(0, ANSWER.indexOf("hé") - 1), ANSWER.slice(ANSWER.indexOf("hé") - 1)]],
    ["with bare line feeds", [ANSWER.replaceAll("\r", "")]],
  ])("reads an answer %s", (_name, parts) => {
    const response = read(parts);
    expect(response).toMatchObject({ state: "complete", status: 404, length: 5, received: 5, closes: true });
    expect(response.header.replaceAll("\r", "")).toBe(
      "HTTP/1.1 404 Not Found\nContent-Length: 5\nConnection: close\n\n",
    );
    expect(response.takeBody()).toBe("héll");
  });

  it("waits for the end of the header", () => {
    expect(read(["HTTP/1.1 200 OK\r\nA: b\r\n"])).toMatchObject({ state: "header", header: "" });
  });

  it("knows what is no HTTP by the first bytes", () => {
    expect([read(["HT"]).state, read(["HTT", "X/1.1"]).state, read(["web-1\n\n"]).state]).toEqual([
      "header",
      "notHttp",
      "notHttp",
    ]);
  });

  it("expects no body of an answer to HEAD, and reads to the end where no length is given", () => {
    expect(read(["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"], true).state).toBe("complete");
    const open = read(["HTTP/1.0 200 OK\r\n\r\nab", "c"]);
    expect([open.state, open.received]).toEqual(["body", 3]);
    open.end();
    expect([open.state, open.takeBody()]).toEqual(["complete", "abc"]);
  });
});
