import { expect, test } from "vitest";
import { formatMac } from "../../src/addr/mac.ts";
import type { FdbOp } from "../../src/rtnl/fdb.ts";
import { applyFdbOp, dumpFdb } from "../../src/rtnl/fdb.ts";
import { printFdb } from "../../src/rtnl/print-fdb.ts";
import { ALL, bridgeLab, Capture, frame, HOST } from "../dev/lab.ts";
import type { Lab } from "../dev/lab.ts";

function rows(lab: Lab): string[] {
  return dumpFdb(lab.ns("sw"), { br: "br0" }).map((row) => printFdb(row));
}

/** Rows that are not of the bridge's or the ports' own addresses. */
function learned(lab: Lab): string[] {
  return rows(lab).filter((row) => !row.endsWith("permanent"));
}

function fdb(lab: Lab, op: FdbOp): string {
  return applyFdbOp(lab.ns("sw"), op)?.message ?? "";
}

test("R3.2: learned, moved, and gone after 300 s", () => {
  const lab = bridgeLab(2);
  lab.send("h1", "e0", frame(ALL, HOST(8)));
  expect(learned(lab)).toEqual([`${HOST(8)} dev p1 master br0 `]);
  lab.send("h2", "e0", frame(ALL, HOST(8)));
  expect(learned(lab)).toEqual([`${HOST(8)} dev p2 master br0 `]);
  lab.world.clock.runUntil(299_999);
  expect(learned(lab).length).toBe(1);
  lab.world.clock.runUntil(300_000);
  expect(learned(lab)).toEqual([]);
});

test("seen again lives on; an expired entry floods", () => {
  const lab = bridgeLab(3);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  lab.world.clock.runUntil(200_000);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  lab.world.clock.runUntil(400_000);
  const seen = new Capture(lab.dev("sw", "p2"), lab.dev("sw", "p3"));
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(seen.take()).toEqual(["p2:out"]);
  lab.world.clock.runUntil(500_000);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  expect(seen.take()).toEqual(["p3:out", "p2:out"]);
});

test("ageing 0: nothing is learned", () => {
  const lab = bridgeLab(2);
  lab.apply("sw", { op: "link-set", dev: "br0", ageingTime: 0 });
  lab.send("h1", "e0", frame(ALL, HOST(8)));
  expect(learned(lab)).toEqual([]);
});

test("learning off", () => {
  const lab = bridgeLab(2);
  lab.apply("sw", { op: "link-set", dev: "p1", learning: false });
  lab.send("h1", "e0", frame(ALL, HOST(8)));
  expect(learned(lab)).toEqual([]);
});

test("R3.2: an own address as source is not moved, and is complained about ten times in five seconds", () => {
  const lab = bridgeLab(2);
  const own = formatMac(lab.dev("sw", "p2").addr);
  for (let i = 0; i < 12; i++) lab.send("h1", "e0", frame(ALL, own));
  const says = `br0: received packet on p1 with own address as source address (addr:${own}, vlan:0)`;
  expect(lab.ns("sw").dmesg.map((l) => l.text)).toEqual(Array.from({ length: 10 }, () => says));
  expect(rows(lab)).toContain(`${own} dev p2 master br0 permanent`);
});

test("R3.2: a static entry moves when the address is seen elsewhere, a permanent one never", () => {
  const lab = bridgeLab(2);
  fdb(lab, { op: "fdb-add", dev: "p1", mac: HOST(8), master: true, state: "static" });
  fdb(lab, { op: "fdb-add", dev: "p1", mac: HOST(9), master: true, state: "permanent" });
  lab.send("h2", "e0", frame(ALL, HOST(8)));
  lab.send("h2", "e0", frame(ALL, HOST(9)));
  expect(rows(lab)).toContain(`${HOST(8)} dev p2 master br0 static`);
  expect(rows(lab)).toContain(`${HOST(9)} dev p1 master br0 permanent`);
  lab.world.clock.runUntil(1_000_000);
  expect(learned(lab)).toEqual([`${HOST(8)} dev p2 master br0 static`]);
});

test("R3.15: a port that goes down loses what was learned, keeps static and own rows; one that leaves loses all", () => {
  const lab = bridgeLab(2);
  const own = formatMac(lab.dev("sw", "p1").addr);
  lab.send("h1", "e0", frame(ALL, HOST(8)));
  fdb(lab, { op: "fdb-add", dev: "p1", mac: HOST(9), master: true, state: "static" });
  lab.apply("sw", { op: "link-set", dev: "p1", up: false });
  expect(rows(lab).filter((r) => r.includes("dev p1"))).toEqual([
    `${HOST(9)} dev p1 master br0 static`,
    `${own} dev p1 master br0 permanent`,
  ]);
  lab.apply("sw", { op: "link-set", dev: "p1", master: null });
  expect(rows(lab).filter((r) => r.includes("dev p1"))).toEqual([]);
});

// Texts of iproute2 6.1 on 6.18.
test.each([
  {
    what: "twice",
    op: { op: "fdb-add", dev: "p1", mac: HOST(8), master: true, state: "static" },
    says: "RTNETLINK answers: File exists",
  },
  {
    what: "all zeros",
    op: { op: "fdb-add", dev: "p1", mac: "00:00:00:00:00:00", master: true, state: "static" },
    says: "RTNETLINK answers: Invalid argument",
  },
  {
    what: "delete what is not there",
    op: { op: "fdb-del", dev: "p1", mac: HOST(9), master: true },
    says: "RTNETLINK answers: No such file or directory",
  },
  {
    what: "delete at another port",
    op: { op: "fdb-del", dev: "p2", mac: HOST(8), master: true },
    says: "RTNETLINK answers: No such file or directory",
  },
  {
    what: "a device without a master",
    op: { op: "fdb-add", dev: "br0", mac: HOST(9), master: true, state: "static" },
    says: "RTNETLINK answers: Operation not supported",
  },
  { what: "no such device", op: { op: "fdb-del", dev: "eth9", mac: HOST(9) }, says: 'Cannot find device "eth9"' },
  { what: "replace", op: { op: "fdb-replace", dev: "p2", mac: HOST(8), master: true, state: "dynamic" }, says: "" },
] as const)("$what", ({ op, says }) => {
  const lab = bridgeLab(2);
  fdb(lab, { op: "fdb-add", dev: "p1", mac: HOST(8), master: true, state: "static" });
  expect(fdb(lab, op)).toBe(says);
});

test("ages in whole seconds", () => {
  const lab = bridgeLab(2);
  lab.send("h2", "e0", frame(ALL, HOST(2)));
  lab.world.clock.runUntil(4500);
  lab.send("h1", "e0", frame(HOST(2), HOST(1)));
  lab.world.clock.runUntil(7000);
  const row = dumpFdb(lab.ns("sw")).find((r) => r.mac === HOST(2));
  expect([row?.used, row?.updated]).toEqual([2, 7]);
  expect(row && printFdb(row, { stats: true })).toBe(`${HOST(2)} dev p2 used 2/7 master br0 `);
});
