// What the tables do not take, with the words and exit codes of iptables 1.8.9 on a 6.18 kernel.

import { describe, expect, it } from "vitest";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";

const hint = "Try `iptables -h' or 'iptables --help' for more information.\n";
const natText = '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n\n';

describe.each([
  ["nft", "nf_tables"],
  ["legacy", "legacy"],
] as const)("%s", (kind, name) => {
  const backend = new NetNamespace(new World(), "n").xt.backend(kind);
  const run = (words: string): { readonly stderr: string; readonly exit: number } => backend.command(words.split(" "));

  it.each(["PREROUTING", "NOSUCH"])("no DROP as a policy of nat's %s, looked at before the chain", (chain) => {
    expect(run(`-t nat -P ${chain} DROP`)).toMatchObject({
      stderr: `iptables v1.8.9 (${name}): ${natText}${hint}`,
      exit: 2,
    });
  });

  it("iptables-restore takes it", () => {
    expect(backend.restore("*nat\n:PREROUTING DROP [0:0]\nCOMMIT\n", {})).toBeNull();
    expect(run("-t nat -P PREROUTING ACCEPT").exit).toBe(0);
  });

  it("a negated prefix of no bits", () => {
    const { stderr, exit } = run("-A FORWARD ! -s 10.1.2.3/0 -j ACCEPT");
    const failed = "iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain FORWARD\n";
    expect([stderr, exit]).toEqual(kind === "nft" ? [failed, 4] : ["", 0]);
    expect(run("-A FORWARD -s 10.1.2.3/0 -j ACCEPT").exit).toBe(0);
  });
});

describe("a limit whose bucket does not fit into 32 bits", () => {
  const backend = (kind: "nft" | "legacy"): ReturnType<NetNamespace["xt"]["backend"]> =>
    new NetNamespace(new World(), "n").xt.backend(kind);
  const words = (rate: string, burst: number): string[] =>
    `-A INPUT -m limit --limit ${rate} --limit-burst ${burst}`.split(" ");

  it.each([
    ["1/day", 4],
    ["1/day", 5],
    ["1/day", 9],
    ["1/day", 10],
    ["3/day", 40],
    ["1/hour", 120],
    ["1/sec", 0],
  ])("%s, burst %i: legacy refuses it", (rate, burst) => {
    expect(backend("legacy").command(words(rate, burst))).toMatchObject({
      stderr: "iptables: Numerical result out of range.\n",
      exit: 1,
    });
    expect(backend("nft").command(words(rate, burst)).exit).toBe(0);
  });

  it.each([
    ["1/hour", 119],
    ["1/hour", 200],
    ["1/second", 10000],
  ])("%s, burst %i", (rate, burst) => {
    expect(backend("legacy").command(words(rate, burst)).exit).toBe(0);
  });

  it("iptables-restore tells the line of COMMIT", () => {
    const text = "*filter\n-A INPUT -s 1.1.1.1\n-A INPUT -m limit --limit 1/day\nCOMMIT\n";
    expect(backend("legacy").restore(text)).toMatchObject({ message: "iptables-restore: line 4 failed", exit: 1 });
  });

  it("nft reads a burst of 0 as the default", () => {
    const nft = backend("nft");
    nft.command(words("1/day", 0));
    expect(nft.command(["-S", "INPUT"]).stdout).toContain("-A INPUT -m limit --limit 1/day\n");
  });
});

describe("a refusal is told from a failure", () => {
  const ns = new NetNamespace(new World(), "n");
  const refused = (...args: string[]): unknown =>
    applyBatch(ns, { agent: "test", ops: [{ op: "iptables", args }] })?.unmodelled;

  it("of rules", () => {
    expect(refused("-A", "FORWARD", "-m", "string", "--string", "x", "-j", "DROP")).toBe(true);
    expect(refused("-D", "FORWARD", "-j", "DROP")).toBeUndefined();
    const text = "*filter\n-A FORWARD -m string --string x -j DROP\nCOMMIT\n";
    expect(ns.xt.backend("nft").restore(text, {})?.unmodelled).toBe(true);
  });

  it("of sets, connections and links, hushed or not", () => {
    const of = (op: "ipset" | "conntrack", ...args: string[]): unknown =>
      applyBatch(ns, { agent: "test", ops: [{ op, args }] })?.unmodelled;
    expect(of("ipset", "-q", "create", "m", "hash:mac")).toBe(true);
    expect(of("ipset", "add", "nosuch", "1.2.3.4")).toBeUndefined();
    expect(of("conntrack", "-I", "-s", "1.2.3.4")).toBe(true);
    expect(of("conntrack", "-D", "-s", "1.2.3.4")).toBeUndefined();
  });
});
