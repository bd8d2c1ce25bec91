import { beforeEach, describe, expect, it } from "vitest";
import { ipsetCommand } from "../../../src/netfilter/ipset/command.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";

let ns: NetNamespace;
beforeEach(() => {
  ns = new NetNamespace(new World(), "n1");
});

const SETS = "create a hash:net initval 0x7\nadd a 10.0.0.0/8\nadd a 10.1.0.0/16 nomatch\n";

describe("sets by the config door", () => {
  it("takes a whole restore text", () => {
    expect(applyBatch(ns, { agent: "felix", ops: [{ op: "ipset-restore", text: SETS }] })).toBeNull();
    expect(ipsetCommand(ns, ["test", "a", "10.1.2.3"]).exit).toBe(1);
    expect(ipsetCommand(ns, ["test", "a", "10.2.2.3"]).exit).toBe(0);
  });

  it("names the operation and the line at fault, and keeps what came before", () => {
    const ops = [
      { op: "ipset", args: ["create", "a", "hash:ip"] },
      { op: "ipset-restore", text: "add a 10.0.0.1\nadd a 10.0.0.1\nadd a 10.0.0.2\n" },
    ] as const;
    expect(applyBatch(ns, { agent: "x", ops })).toEqual({
      index: 1,
      errno: "EINVAL",
      message: "ipset v7.17: Error in line 2: Element cannot be added to the set: it's already added",
    });
    expect(ipsetCommand(ns, ["save", "a"]).stdout.split("\n").slice(1)).toEqual(["add a 10.0.0.1", ""]);
  });

  it("repeats itself with exist", () => {
    const op = { op: "ipset-restore", text: SETS, exist: true } as const;
    expect(applyBatch(ns, { agent: "x", ops: [op, op] })).toBeNull();
  });
});
