// The config door answers a refused iptables call with an errno, as well as with the tool's text.

import { describe, expect, it } from "vitest";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import type { BatchError, ConfigOp, XtBackendName } from "../../../src/rtnl/batch.ts";

describe.each<XtBackendName>(["nft", "legacy"])("%s", (backend) => {
  const ns = new NetNamespace(new World(1), "a");
  const call = (op: ConfigOp): BatchError | null => applyBatch(ns, { agent: "test", ops: [op] });
  const iptables = (words: string): BatchError | null => call({ op: "iptables", args: words.split(" "), backend });
  for (const words of ["-N A", "-N B", "-N LOOP", "-A A -j ACCEPT", "-A B -j A"]) iptables(words);

  it("takes what is right", () => {
    expect(iptables("-C B -j A")).toBeNull();
  });

  it.each([
    ["-N A", "EEXIST"],
    ["-E A B", "EEXIST"],
    ["-X NONE", "ENOENT"],
    ["-C A -j DROP", "ENOENT"],
    ["-D A -j DROP", "ENOENT"],
    ["-F NONE", "ENOENT"],
    ["-D A 7", "E2BIG"],
    ["-A A -p nonsense -j ACCEPT", "EINVAL"],
    ["-t nonsense -N A", "ENOENT"],
    ["-A A -m bpf --bytecode 1 -j ACCEPT", "EOPNOTSUPP"],
  ])("iptables %s: %s", (words, errno) => {
    expect(iptables(words)?.errno).toBe(errno);
  });

  it("iptables-restore: a rule that is not there", () => {
    const text = "*filter\n-D A -j DROP\nCOMMIT\n";
    expect(call({ op: "iptables-restore", text, noflush: true, backend })?.errno).toBe("ENOENT");
  });
});
