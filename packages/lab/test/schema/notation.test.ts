import { describe, expect, it } from "vitest";
import {
  parseCount,
  parseDuration,
  parseFlow,
  parseFraction,
  parsePath,
  parsePodText,
  parseServiceText,
} from "../../src/schema/notation.ts";

describe("times", () => {
  it.each([
    ["200ms", 200],
    ["5s", 5000],
    ["1m30s", 90_000],
    ["2.5s", 2500],
    ["1h", 3_600_000],
    ["0s", 0],
  ])("%s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
  it.each(["5", "", "s", "5 s", "-1s", "5d", "1e3s"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("counts", () => {
  it.each([
    ["3", 3, 3],
    ["0", 0, 0],
    [">=1", 1, Infinity],
    [">1", 2, Infinity],
    ["<=5", 0, 5],
    ["<5", 0, 4],
    ["2..4", 2, 4],
  ])("%s", (text, min, max) => {
    expect(parseCount(text)).toMatchObject({ min, max });
  });
  it.each(["-1", "4..2", "x", ">=", "1.5", ""])("%j is none", (text) => {
    expect(parseCount(text)).toBeUndefined();
  });
});

describe("shares", () => {
  it.each([
    ["1/4", 0.25],
    ["33%", 0.33],
    ["0.5", 0.5],
    [".5", 0.5],
    ["1", 1],
    ["0", 0],
  ])("%s", (text, fraction) => {
    expect(parseFraction(text)).toBeCloseTo(fraction);
  });
  it.each(["1/0", "3/2", "120%", "-1", "x"])("%j is none", (text) => {
    expect(parseFraction(text)).toBeUndefined();
  });
});

describe("flows", () => {
  it.each([
    ["client > web:80", "client", undefined, "web", 80, "tcp"],
    ["client:4000>10.0.0.1:53/udp", "client", 4000, "10.0.0.1", 53, "udp"],
    ["a > svc/web:80", "a", undefined, "svc/web", 80, "tcp"],
    ["a > svc/web", "a", undefined, "svc/web", undefined, "tcp"],
    ["a > svc/prod/web:80/sctp", "a", undefined, "svc/prod/web", 80, "sctp"],
    ["export#3:80 > client", "export#3", 80, "client", undefined, "tcp"],
    ["a > b/icmp", "a", undefined, "b", undefined, "icmp"],
  ])("%s", (text, from, fromPort, to, toPort, protocol) => {
    expect(parseFlow(text)).toEqual({
      text,
      from: { name: from, port: fromPort },
      to: { name: to, port: toPort },
      protocol,
    });
  });
  it.each([
    ["a b", '"a b" is not a flow: it needs one ">"'],
    ["a > ", "a flow needs a name or an address on both sides"],
    ["a > b:0", "port 0 is out of range (1–65535)"],
    ["a > b:1/quic", 'unknown protocol "quic" in flow'],
    ["a:1 > b/icmp", 'icmp has no ports in flow "a:1 > b/icmp"'],
    ["a > fd00::1", "IPv6 is not modelled yet: fd00::1"],
    ["a > b c", '"b c" is not NAME[:port]'],
  ])("%s is wrong", (text, message) => {
    expect(parseFlow(text)).toBe(message);
  });
});

describe("pods and Services", () => {
  it.each([
    ["export#3", undefined, undefined, "export", 3],
    ["deploy/web#1", undefined, "deploy", "web", 1],
    ["prod/export", "prod", undefined, "export", undefined],
    ["prod/deployment/export#2", "prod", "deployment", "export", 2],
  ])("%s", (text, namespace, kind, name, index) => {
    expect(parsePodText(text)).toEqual({ namespace, kind, name, index });
  });
  it.each(["", "a#", "a#0", "a/b/c/d", "a/b/c", "a//b"])("%j is none", (text) => {
    expect(parsePodText(text)).toBeTypeOf("string");
  });
  it("Services", () => {
    expect(parseServiceText("svc/web")).toEqual({ namespace: undefined, name: "web" });
    expect(parseServiceText("service/prod/web")).toEqual({ namespace: "prod", name: "web" });
    expect(parseServiceText("web")).toBeUndefined();
  });
});

describe("paths", () => {
  it.each([
    ["cluster.nodes.node1.modules.br_netfilter", ["cluster", "nodes", "node1", "modules", "br_netfilter"]],
    ["steps[0].run", ["steps", 0, "run"]],
    ['a["net.ipv4.ip_forward"]', ["a", "net.ipv4.ip_forward"]],
  ])("%s", (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });
  it.each(["", "a..b", "a[", "a.[0]"])("%j is none", (text) => {
    expect(parsePath(text)).toBeUndefined();
  });
});
