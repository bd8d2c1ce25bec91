import { describe, expect, it } from "vitest";
import { conntrackCleanup, featuresOf } from "../../src/index.ts";
import type { ServicePort } from "../../src/index.ts";
import { endpoint, service } from "../support/services.ts";

function dns(more: Partial<ServicePort>): ServicePort {
  return service("kube-system/dns:dns", {
    protocol: "udp",
    clusterIP: "10.96.0.10",
    port: 53,
    nodePort: 30053,
    externalIPs: ["192.0.2.7"],
    ...more,
  });
}

function commands(version: string, before: readonly ServicePort[], after: readonly ServicePort[]) {
  const { before: first, after: last } = conntrackCleanup(before, after, featuresOf(version));
  return { before: first.map((args) => args.join(" ")), after: last.map((args) => args.join(" ")) };
}

const empty = dns({});
const one = dns({ endpoints: [endpoint("10.1.0.1", 53)] });
const other = dns({ endpoints: [endpoint("10.1.0.2", 53)] });

describe("conntrackCleanup", () => {
  it("1.10: first endpoint flushes the cluster IP; the node port went when it was opened", () => {
    expect(commands("1.10", [empty], [one])).toEqual({ before: [], after: ["-D --orig-dst 10.96.0.10 -p udp"] });
    expect(commands("1.10", [], [empty]).before).toEqual(["-D -p udp --dport 30053"]);
  });

  it("1.28: first endpoint flushes every address and the node port after the rules stand", () => {
    expect(commands("1.28", [empty], [one])).toEqual({
      before: [],
      after: ["-D --orig-dst 10.96.0.10 -p udp", "-D --orig-dst 192.0.2.7 -p udp", "-D -p udp --dport 30053"],
    });
  });

  it("a replaced endpoint: its pairs with the service's addresses", () => {
    expect(commands("1.10", [one], [other]).after).toEqual(["-D --orig-dst 10.96.0.10 --dst-nat 10.1.0.1 -p udp"]);
    expect(commands("1.28", [one], [other]).after).toEqual([
      "-D -p udp --dport 30053 --dst-nat 10.1.0.1",
      "-D --orig-dst 10.96.0.10 --dst-nat 10.1.0.1 -p udp",
      "-D --orig-dst 192.0.2.7 --dst-nat 10.1.0.1 -p udp",
    ]);
  });

  it("a deleted service: its cluster IP only", () => {
    expect(commands("1.28", [one], []).after).toEqual(["-D --orig-dst 10.96.0.10 -p udp"]);
  });

  it("TCP and unchanged services: nothing", () => {
    const tcp = { ...one, protocol: "tcp" as const };
    expect(commands("1.28", [tcp], []).after).toEqual([]);
    expect(commands("1.28", [one], [one])).toEqual({ before: [], after: [] });
  });
});
