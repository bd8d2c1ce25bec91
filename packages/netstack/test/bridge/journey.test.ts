import { expect, test } from "vitest";
import type { Step } from "../../src/trace/step.ts";
import { ALL, bridgeLab, ETH_P_TEST, frame, HOST } from "../dev/lab.ts";
import type { Lab } from "../dev/lab.ts";

/** Steps of what follows, as `ns fn: what`. */
function journey(lab: Lab): string[] {
  const seen: string[] = [];
  const word = (s: Step): string => {
    if (s.kind === "rx" || s.kind === "xmit") return `${s.kind} ${s.dev} ${s.frame.length}`;
    if (s.kind === "fdb") return `${s.dev} ${s.mac} → ${s.port}`;
    return s.kind === "drop" ? `drop ${s.reason}` : s.kind;
  };
  lab.world.tracer = { step: (s) => seen.push(`${s.ns} ${s.fn}: ${word(s)}`) };
  return seen;
}

function quietLab(): Lab {
  const lab = bridgeLab(2);
  for (const ns of lab.world.namespaces.values()) ns.packetTypes.set(ETH_P_TEST, () => undefined);
  lab.apply("sw", { op: "link-set", dev: "br0", address: "02:00:00:00:00:77" });
  return lab;
}

test("a frame that is flooded, then known, then for the bridge", () => {
  const lab = quietLab();
  const seen = journey(lab);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(seen.splice(0)).toEqual([
    "h1 dev_hard_start_xmit: xmit e0 60",
    "sw __netif_receive_skb_core: rx p1 60",
    `sw br_handle_frame_finish: br0 ${HOST(2)} → flood`,
    "sw dev_hard_start_xmit: xmit p2 60",
    "h2 __netif_receive_skb_core: rx e0 60",
  ]);
  lab.send("h2", "e0", frame(HOST(1), HOST(2)));
  expect(seen.splice(0)[2]).toBe(`sw br_handle_frame_finish: br0 ${HOST(1)} → p1`);
  lab.send("h2", "e0", frame("02:00:00:00:00:77", HOST(2)));
  expect(seen.splice(0).slice(2)).toEqual([
    "sw br_handle_frame_finish: br0 02:00:00:00:00:77 → local",
    "sw __netif_receive_skb_core: rx br0 60",
  ]);
});

test("what the bridge device sends itself", () => {
  const lab = quietLab();
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  const seen = journey(lab);
  lab.send("sw", "br0", frame(HOST(1), HOST(7)));
  expect(seen[1]).toBe(`sw br_dev_xmit: br0 ${HOST(1)} → p1`);
});

test("copies of a flood name the frame they came from", () => {
  const lab = quietLab();
  const pairs = new Set<string>();
  lab.world.tracer = { step: (s) => pairs.add(`${s.ns} ${s.parent}`) };
  lab.send("h1", "e0", frame(ALL, HOST(1)));
  expect([...pairs]).toEqual(["h1 0", "sw 0", "sw 1", "h2 1"]);
});
