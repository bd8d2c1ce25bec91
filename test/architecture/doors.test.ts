// Who may reach behind a namespace's doors. Agents, plugins and servers may not: what they do, a daemon beside a kernel could do.
import { describe, expect, it } from "vitest";
import { packageNames, sourceFiles } from "./sources.ts";
import type { SourceFile } from "./sources.ts";

/** Parts of the stack that hang on a namespace: `ns.xt`, `namespaceOf(world, name).ct`, `const { ct } = ns`. */
const PARTS = "xt|ct|nat|fib|arp|hooks|sockets|sysctl|modules|ipv4";
const REACH = new RegExp(
  `(?:\\bns|\\))\\??\\.(?:${PARTS})\\b|\\{[^{}\\n]*\\b(?:${PARTS})\\b[^{}\\n]*\\} = \\w*\\.?ns\\b`,
);
/** Those below lab hold a Door, and devices belong to its listings. */
const DEVICES = /(?:\bns|\))\??\.(?:devices|lo)\b|\.inDev\b/;

/** Everybody else, and why. Tools of a person stand where the kernel's own tools stand; the lab's knobs are all in `cluster/`. */
const MAY: Readonly<Record<string, string>> = {
  "packages/commands/src/netfilter/iptables.ts": "iptables, -save and -restore answer in the back end's words",
  "packages/commands/src/ip/route.ts": "ip route asks whether a table exists",
  "packages/commands/src/shell/files.ts": "cat and echo on /proc/sys",
  "packages/commands/src/system/sysctl.ts": "sysctl reads, lists and writes",
  "packages/commands/src/system/known-sysctl.ts": "which names sysctl knows",
  "packages/commands/src/system/modprobe.ts": "lsmod and rmmod ask what is loaded",
  "packages/lab/src/cluster/agent-process.ts": "looks: how many connections a batch deleted",
  "packages/lab/src/cluster/agents.ts": "kube-proxy's iptables-save when it starts",
  "packages/lab/src/cluster/choices.ts": "knob: all that chance may decide, one after the other",
  "packages/lab/src/cluster/machines.ts": "knob: which iptables a machine has",
  "packages/lab/src/cluster/pick.ts": "knob: which endpoint chance picks",
  "packages/lab/src/cluster/socket-pins.ts": "knob: which ports and numbers sockets draw",
  "packages/lab/src/cluster/served.ts": "looks: which request a server answered, by conntrack",
  "packages/lab/src/steps/rows.ts": "looks: tables for expectations",
  "packages/lab/src/steps/watch.ts": "looks: who made a rule",
  "packages/lab/src/explain/memory.ts": "looks: rules for explanations",
  "packages/lab/src/report/frame-story.ts": "looks: who made the rule that dropped a packet, for captures",
  "packages/oracle/src/scenario/config-of.ts": "looks: rules that a run left behind",
  "packages/oracle/src/scenario/listeners.ts": "looks: who listens",
  "packages/oracle/src/scenario/repeatable.ts": "looks: MACs that were drawn, the plain back end",
  "packages/oracle/src/scenario/record-script.ts": "looks: connections, listeners and drawn ports of a run",
  "packages/oracle/src/scenario/play-frames.ts": "looks: which back ends have rules",
  "packages/oracle/src/recorded/case-state.ts": "sets what a recording found in place, and looks",
  "packages/oracle/src/recorded/replay.ts": "looks, and the knob of recorded choices",
  "packages/oracle/src/live/our-kernel.ts": "looks: what the real kernel is compared with",
  "packages/oracle/src/round-trip/trip.ts": "iptables-restore and -save, as a person's tools",
};

const AGENTS = ["cni", "kube", "programs", "proxy", "sim"];

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
}

function reaches({ path, text }: SourceFile): boolean {
  const code = withoutComments(text);
  return REACH.test(code) || (AGENTS.includes(path.split("/")[1] ?? "") && DEVICES.test(code));
}

describe("behind the doors", () => {
  const outside = packageNames().filter((name) => name !== "netstack");
  const found = outside.flatMap((name) => sourceFiles(`packages/${name}/src`)).filter(reaches);

  it("reach only those that are listed, and they do", () => {
    expect(found.map(({ path }) => path).toSorted()).toEqual(Object.keys(MAY).toSorted());
  });

  it("lists no agent, plugin or server", () => {
    expect(Object.keys(MAY).filter((path) => AGENTS.includes(path.split("/")[1] ?? ""))).toEqual([]);
  });

  it.each([
    ["packages/lab/src/a.ts", "ns.xt.backend()", true],
    ["packages/lab/src/a.ts", "this.#namespace(name)?.ct.list()", true],
    ["packages/lab/src/a.ts", "const { world, ct } = place.ns;", true],
    ["packages/lab/src/a.ts", "// ns.xt.backend()", false],
    ["packages/lab/src/a.ts", "ctx.nat.append(rule); ns.devices.list();", false],
    ["packages/cni/src/a.ts", "ns.devices.byName(name)", true],
    ["packages/cni/src/a.ts", "door.link(name)", false],
  ])("in %s: %s", (path, text, wanted) => {
    expect(reaches({ path, text })).toBe(wanted);
  });
});
