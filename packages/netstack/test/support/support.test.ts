// What the stack says of itself is what it does.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { applyBatch } from "../../src/rtnl/apply.ts";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import {
  conntrackSupport,
  deviceSupport,
  KEPT_SYSCTLS,
  opSupport,
  setTypeSupport,
  sysctlSupport,
  xtablesSupport,
} from "../../src/support/support.ts";

const { matches, targets, refusedMatches, refusedTargets } = xtablesSupport();

function iptables(...args: string[]): string {
  const ns = new NetNamespace(new World(), "n1");
  return applyBatch(ns, { agent: "test", ops: [{ op: "iptables", args }] })?.message ?? "accepted";
}

describe("matches and targets", () => {
  it.each(refusedMatches)("-m %s is refused by name", (name) => {
    expect(iptables("-A", "INPUT", "-m", name)).toContain(`match "${name}" is not modelled`);
  });

  it.each(refusedTargets)("-j %s is refused by name", (name) => {
    expect(iptables("-A", "INPUT", "-j", name)).toContain(`target "${name}" is not modelled`);
  });

  it("what is modelled is not refused", () => {
    const words = [...matches.map(({ name }) => ["-m", name]), ...targets.map(({ name }) => ["-j", name])];
    expect(words.filter((more) => iptables("-A", "INPUT", ...more).includes("not modelled"))).toEqual([]);
  });

  it("an option of a modelled target may be refused", () => {
    const refused = targets.flatMap(({ name, options }) =>
      options.filter((option) => option.refused).map((option) => `${name} --${option.name}`),
    );
    expect(refused).toContain("CT --helper");
    expect(refused).not.toContain("CT --zone");
    expect(iptables("-t", "raw", "-A", "PREROUTING", "-j", "CT", "--helper", "ftp")).toContain("not modelled");
  });
});

describe("sysctls", () => {
  const { plain, perDevice, modules } = sysctlSupport();

  it("all listed names exist, those of modules only with the module", () => {
    const ns = new NetNamespace(new World(), "n1");
    const inLo = perDevice.map((name) => name.replace("DEV", "lo"));
    expect([...plain, ...inLo].filter((name) => ns.sysctl.get(name) === undefined)).toEqual([]);
    expect(modules.map(({ module }) => module)).toContain("br_netfilter");
    for (const { module, names } of modules) {
      expect(names.filter((name) => ns.sysctl.get(name) !== undefined)).toEqual([]);
      ns.modules.load(module);
      expect(names.filter((name) => ns.sysctl.get(name) === undefined)).toEqual([]);
    }
  });

  it("names of devices are shown once", () => {
    expect(plain).not.toContain("net.ipv4.conf.lo.rp_filter");
    expect(perDevice).toContain("net.ipv4.conf.DEV.rp_filter");
    expect(perDevice).toContain("net.ipv4.neigh.DEV.gc_stale_time");
    expect(plain).toContain("net.ipv4.neigh.default.gc_thresh1");
  });
});

describe("sysctls that do nothing", () => {
  const root = new URL("../../src", import.meta.url).pathname;
  /** Where fields are declared and named, not read. */
  const declarations = /(?:ipv4\/(?:devconf|sysctls|ipv4-state)|neigh\/neigh-parms|support\/support)\.ts$/;
  const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !declarations.test(path))
    .map((path) => readFileSync(join(root, path), "utf8"))
    .join("\n");
  const { plain, perDevice } = sysctlSupport();
  // Fields of these three owners carry the sysctl's own name; the two that hold a pair or another name are told apart.
  const renamed: Readonly<Record<string, string>> = {
    ip_local_port_range: "local_port_first",
    ping_group_range: "ping_group_first",
  };
  const words = [...plain.filter((name) => name.startsWith("net.ipv4.")), ...perDevice].map(
    (name) => name.split(".").at(-1) ?? "",
  );

  it.each([...new Set(words)])("%s", (word) => {
    const read = new RegExp(String.raw`\.${renamed[word] ?? word}\b|"${word}"`).test(sources);
    expect(KEPT_SYSCTLS.includes(word)).toBe(!read);
  });
});

it("every kind of device can be made", () => {
  const ns = new NetNamespace(new World(), "n1");
  const links = {
    bridge: { type: "bridge" },
    dummy: { type: "dummy" },
    veth: { type: "veth", peer: { name: "peer" } },
    vxlan: { type: "vxlan", id: 1, dstport: 8472 },
    nic: { type: "nic", segment: "lan" },
  } as const;
  expect(deviceSupport().map(({ kind }) => kind)).toEqual(Object.keys(links));
  const ops = Object.entries(links).map(([name, link]) => ({ op: "link-add", name: `${name}0`, link }) as const);
  expect(applyBatch(ns, { agent: "test", ops })).toBeNull();
});

it("sets and their operations come and go together", () => {
  const ipset = opSupport().filter(({ op }) => op.startsWith("ipset"));
  expect(ipset).toHaveLength(2);
  expect(ipset.every(({ modelled }) => modelled === setTypeSupport().modelled.length > 0)).toBe(true);
});

it("protocols with a tracker", () => {
  const { protocols } = conntrackSupport();
  expect([...protocols].sort()).toEqual(["gre", "icmp", "sctp", "tcp", "udp", "udplite"]);
});
