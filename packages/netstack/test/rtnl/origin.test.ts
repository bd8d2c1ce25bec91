// Who wrote a row is kept beside it, told with the packets that use it, and forgotten when a packet teaches something else.

import { expect, test } from "vitest";
import { parseMac } from "../../src/addr/mac.ts";
import { brFdbFind } from "../../src/bridge/br-fdb.ts";
import { bridgeOf } from "../../src/bridge/bridge.ts";
import type { NetNamespace } from "../../src/netns/net-namespace.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp, RuleOrigin } from "../../src/rtnl/batch.ts";
import { udpOpen } from "../../src/sock/udp.ts";
import type { JourneyRecorder } from "../../src/trace/journey.ts";
import { ALL, bridgeLab, frame, HOST } from "../dev/lab.ts";
import { twoHosts } from "../sock/lab.ts";

const TYPED: RuleOrigin = { agent: "typed", object: "typed in step 1", position: "a.yaml:3" };

function apply(ns: NetNamespace, agent: string, op: ConfigOp, origin?: RuleOrigin): void {
  expect(applyBatch(ns, { agent, ops: [op], ...(origin === undefined ? {} : { origin }) })).toBeNull();
}

/** Origins of the rows of a kind that packets used, one after the other. */
function origins(recorder: JourneyRecorder, kind: "route" | "neigh", ns: NetNamespace): (string | undefined)[] {
  const steps = recorder.packets().flatMap((journey) => journey.steps);
  return steps.flatMap((step) =>
    step.kind === kind && step.ns === ns.name && "origin" in step ? [step.origin?.object] : [],
  );
}

function ask(ns: NetNamespace, recorder: JourneyRecorder, dst: string): void {
  recorder.clear();
  udpOpen(ns, { connectTo: { addr: dst, port: 9 } }).send(new Uint8Array(1));
  ns.world.softirq();
}

test("a route and a neighbour name the agent, or what stands behind the batch; the kernel's own name nobody", () => {
  const { a, recorder } = twoHosts();
  const dev = "eth0";
  apply(a, "flanneld", { op: "route-add", dst: "10.9.0.0/16", via: "10.0.0.2", dev });
  apply(a, "ip", { op: "neigh-replace", dst: "10.0.0.2", dev, lladdr: "02:00:00:00:00:77", nud: "permanent" }, TYPED);
  ask(a, recorder, "10.9.0.1");
  expect([origins(recorder, "route", a)[0], origins(recorder, "neigh", a)[0]]).toEqual(["flanneld", "typed in step 1"]);
  ask(a, recorder, "10.0.0.2");
  expect(origins(recorder, "route", a)[0]).toBeUndefined();
});

test("an address that was learned anew is nobody's", () => {
  const { a, b, recorder } = twoHosts();
  apply(a, "x", { op: "neigh-replace", dst: "10.0.0.2", dev: "eth0", lladdr: "02:00:00:00:00:77", nud: "stale" });
  ask(a, recorder, "10.0.0.2");
  expect(origins(recorder, "neigh", a)).toEqual(["x"]);
  // The other one asks, and so tells its address.
  ask(b, recorder, "10.0.0.1");
  ask(a, recorder, "10.0.0.2");
  expect(origins(recorder, "neigh", a)).toEqual([undefined]);
});

test("a forwarding entry that has moved is nobody's", () => {
  const lab = bridgeLab(2);
  const sw = lab.ns("sw");
  const entry = (): string | undefined => {
    const [dev, mac] = [sw.devices.byName("br0"), parseMac(HOST(8))];
    const bridge = dev === undefined ? undefined : bridgeOf(dev);
    return bridge === undefined || mac === undefined ? "?" : brFdbFind(bridge, mac)?.origin?.object;
  };
  apply(sw, "x", { op: "fdb-add", dev: "p1", mac: HOST(8), master: true, state: "dynamic" });
  expect(entry()).toBe("x");
  lab.send("h2", "e0", frame(ALL, HOST(8)));
  expect(entry()).toBeUndefined();
});
