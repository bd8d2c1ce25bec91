import { NetNamespace, openDoor, World } from "@kubehop/netstack";
import { describe, expect, test } from "vitest";
import { flannelRules } from "../../src/index.ts";
import { installRules } from "../../src/flannel/install-rules.ts";
import type { RuleInput } from "../../src/flannel/rules.ts";
import { must, rules } from "../node.ts";

function input(version: string, more: Partial<RuleInput> = {}): RuleInput {
  return { version, network: "10.1.4.0/22", subnet: "10.1.5.0/24", ipMasq: true, randomFully: true, ...more };
}

/** N and S for the two networks, C for the comment. */
function short(spec: string): string {
  return spec
    .replaceAll("10.1.4.0/22", "N")
    .replaceAll("10.1.5.0/24", "S")
    .replaceAll(/-m comment --comment "flanneld (masq|forward)"/g, "C");
}

function listed(version: string, more: Partial<RuleInput> = {}): string[] {
  return flannelRules(input(version, more)).map(
    ({ chain, spec, at }) => `${at === "insert" ? "-I" : "-A"} ${chain} ${short(spec)}`,
  );
}

const P = "-A POSTROUTING";
const F = "-A FLANNEL-POSTRTG";
const FORWARD = ["-A FORWARD -s N -j ACCEPT", "-A FORWARD -d N -j ACCEPT"];
const FWD = ["-A FLANNEL-FWD -s N C -j ACCEPT", "-A FLANNEL-FWD -d N C -j ACCEPT"];
const IN_POSTROUTING = [
  `${P} -s N -d N -j RETURN`,
  `${P} -s N ! -d 224.0.0.0/4 -j MASQUERADE`,
  `${P} ! -s N -d S -j RETURN`,
  `${P} ! -s N -d N -j MASQUERADE`,
];
const RANDOM = IN_POSTROUTING.map((rule) => rule.replace("MASQUERADE", "MASQUERADE --random-fully"));
const OWN_0_20 = [
  `${F} -s N -d N C -j RETURN`,
  `${F} -s N ! -d 224.0.0.0/4 C -j MASQUERADE --random-fully`,
  `${F} ! -s N -d S C -j RETURN`,
  `${F} ! -s N -d N C -j MASQUERADE --random-fully`,
];
const MARK = `${F} -m mark --mark 0x4000/0x4000 C -j RETURN`;
const OWN_0_21 = [
  MARK,
  `${F} -s S -d N C -j RETURN`,
  `${F} -s N -d S C -j RETURN`,
  `${F} ! -s N -d S C -j RETURN`,
  `${F} -s N ! -d 224.0.0.0/4 C -j MASQUERADE --random-fully`,
  `${F} ! -s N -d N C -j MASQUERADE --random-fully`,
];
const JUMPS = { masq: "POSTROUTING C -j FLANNEL-POSTRTG", forward: "FORWARD C -j FLANNEL-FWD" };

function own(verb: "-I" | "-A", masq: readonly string[]): string[] {
  return [`${verb} ${JUMPS.masq}`, ...masq, `${verb} ${JUMPS.forward}`, ...FWD];
}

// Read at each tag of flannel-io/flannel.
describe("rules by release", () => {
  test.each([
    { version: "0.6.0", wanted: IN_POSTROUTING.filter((rule) => !rule.includes("-d S")) },
    { version: "0.7.1", wanted: IN_POSTROUTING.filter((rule) => !rule.includes("-d S")) },
    { version: "0.8.0", wanted: IN_POSTROUTING },
    { version: "0.9.0", wanted: IN_POSTROUTING },
    { version: "0.9.1", wanted: [...IN_POSTROUTING, ...FORWARD] },
    { version: "0.10.0", wanted: [...IN_POSTROUTING, ...FORWARD] },
    { version: "0.11.0", wanted: [...RANDOM, ...FORWARD] },
    { version: "0.17.0", wanted: [...RANDOM, ...FORWARD].map((rule) => rule.replace(" -j", " C -j")) },
    { version: "0.19.2", wanted: [...RANDOM, ...FORWARD].map((rule) => rule.replace(" -j", " C -j")) },
    { version: "0.20.0", wanted: own("-I", OWN_0_20) },
    { version: "0.20.2", wanted: own("-I", [MARK, ...OWN_0_20]) },
    { version: "0.21.0", wanted: own("-I", OWN_0_21) },
    { version: "0.21.3", wanted: own("-A", OWN_0_21) },
    { version: "0.25.1", wanted: own("-A", OWN_0_21) },
    { version: "0.28.9", wanted: own("-A", OWN_0_21) },
  ])("$version", ({ version, wanted }) => {
    expect(listed(version)).toEqual(wanted);
  });

  test.each(["0.11.0", "0.20.0", "0.21.4", "0.28.9"])("%s does without --random-fully", (version) => {
    const plain = listed(version).map((rule) => rule.replace(" --random-fully", ""));
    expect(listed(version, { randomFully: false })).toEqual(plain);
  });

  test.each(["0.21.0", "0.21.3"])("%s has no masquerade rules where iptables lacks --random-fully", (version) => {
    const jump = version === "0.21.0" ? "-I" : "-A";
    expect(listed(version, { randomFully: false })).toEqual([`${jump} ${JUMPS.forward}`, ...FWD]);
  });

  test.each(["0.10.0", "0.28.9"])("%s without --ip-masq only forwards", (version) => {
    expect(listed(version, { ipMasq: false }).filter((rule) => /POST/.test(rule))).toEqual([]);
    expect(listed(version, { ipMasq: false }).length).toBeGreaterThan(0);
  });
});

describe("on a node", () => {
  const STRANGER = ["-s", "172.17.0.0/16", "-j", "MASQUERADE"];

  function installed(...versions: string[]): NetNamespace {
    const ns = new NetNamespace(new World(1), "node1");
    must(ns, { op: "iptables", args: ["-t", "nat", "-A", "POSTROUTING", ...STRANGER] });
    for (const version of versions) expect(installRules(openDoor(ns), input(version))).toBeNull();
    return ns;
  }

  test.each(["0.6.0", "0.8.0", "0.9.1", "0.11.0", "0.17.0", "0.20.0", "0.21.3", "0.28.9"])(
    "%s: a restart changes nothing",
    (version) => {
      const once = installed(version);
      const twice = installed(version, version, version);
      for (const table of ["nat", "filter"]) expect(rules(twice, table)).toEqual(rules(once, table));
    },
  );

  test.each([
    { version: "0.10.0", place: "behind", wanted: ["MASQUERADE", "RETURN", "MASQUERADE", "RETURN", "MASQUERADE"] },
    { version: "0.20.0", place: "before", wanted: ["FLANNEL-POSTRTG", "MASQUERADE"] },
    { version: "0.28.9", place: "behind", wanted: ["MASQUERADE", "FLANNEL-POSTRTG"] },
  ])("$version stands $place what others have put into POSTROUTING", ({ version, wanted }) => {
    const jumps = rules(installed(version), "nat").filter((line) => line.startsWith("-A POSTROUTING"));
    expect(jumps.map((line) => /-j (\S+)/.exec(line)?.[1])).toEqual(wanted);
  });

  // ensureIPTables: the order of the rules is important, so all of them are made again.
  test.each(["0.10.0", "0.28.9"])("%s makes the whole set again when one rule is missing", (version) => {
    const ns = installed(version);
    const whole = rules(ns, "nat");
    const chain = version === "0.10.0" ? "POSTROUTING" : "FLANNEL-POSTRTG";
    must(ns, { op: "iptables", args: ["-t", "nat", "-D", chain, "2"] });
    expect(installRules(openDoor(ns), input(version))).toBeNull();
    expect(rules(ns, "nat")).toEqual(whole);
  });

  test("0.8 appends the missing rule at the end", () => {
    const ns = installed("0.8.0");
    must(ns, { op: "iptables", args: ["-t", "nat", "-D", "POSTROUTING", "2"] });
    expect(installRules(openDoor(ns), input("0.8.0"))).toBeNull();
    expect(rules(ns, "nat").at(-1)).toBe("-A POSTROUTING -s 10.1.4.0/22 -d 10.1.4.0/22 -j RETURN");
  });
});
