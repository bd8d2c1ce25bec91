import { expect, test } from "vitest";
import { kubeletRules } from "../../src/kubelet/chains.ts";
import { ensureAll } from "../../src/node/ensure.ts";
import { doorOf, node, rules } from "../node/machine.ts";

/** What a node shows when its kubelet has started twice. */
function shown(minor: number, randomFully = true): Record<string, string[]> {
  const ns = node();
  for (let i = 0; i < 2; i++) ensureAll(doorOf(ns), "kubelet", kubeletRules(minor, randomFully));
  const user = (line: string): boolean => !line.startsWith("-P ");
  return Object.fromEntries(["mangle", "nat", "filter"].map((table) => [table, rules(ns, table).filter(user)]));
}

const LOCALNET =
  '-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP';
const MARKED =
  '-A KUBE-FIREWALL -m comment --comment "kubernetes firewall for dropping marked packets" -m mark --mark 0x8000/0x8000 -j DROP';
const SNAT = '-m comment --comment "kubernetes service traffic requiring SNAT"';

// kube-proxy.md §2 and §9.1: 1.9 and 1.10 are the same.
test.each([9, 10])("1.%i keeps the mark chains and the firewall", (minor) => {
  expect(shown(minor)).toEqual({
    mangle: [],
    nat: [
      "-N KUBE-MARK-DROP",
      "-N KUBE-MARK-MASQ",
      "-N KUBE-POSTROUTING",
      '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
      "-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000",
      "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
      `-A KUBE-POSTROUTING ${SNAT} -m mark --mark 0x4000/0x4000 -j MASQUERADE`,
    ],
    filter: ["-N KUBE-FIREWALL", "-A INPUT -j KUBE-FIREWALL", "-A OUTPUT -j KUBE-FIREWALL", MARKED],
  });
});

test("1.28 keeps a hint, canaries and the localnet rule", () => {
  expect(shown(28)).toEqual({
    mangle: ["-N KUBE-IPTABLES-HINT", "-N KUBE-KUBELET-CANARY"],
    nat: ["-N KUBE-KUBELET-CANARY"],
    filter: [
      "-N KUBE-FIREWALL",
      "-N KUBE-KUBELET-CANARY",
      "-A INPUT -j KUBE-FIREWALL",
      "-A OUTPUT -j KUBE-FIREWALL",
      LOCALNET,
    ],
  });
});

test.each([
  { minor: 15, randomFully: true, wanted: [`${SNAT} -m mark --mark 0x4000/0x4000 -j MASQUERADE`] },
  { minor: 16, randomFully: true, wanted: [`${SNAT} -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully`] },
  { minor: 18, randomFully: false, wanted: [`${SNAT} -m mark --mark 0x4000/0x4000 -j MASQUERADE`] },
  {
    minor: 19,
    randomFully: true,
    wanted: [
      "-m mark ! --mark 0x4000/0x4000 -j RETURN",
      "-j MARK --set-xmark 0x4000/0x0",
      `${SNAT} -j MASQUERADE --random-fully`,
    ],
  },
  { minor: 27, randomFully: true, wanted: [] },
])("KUBE-POSTROUTING of 1.$minor, random-fully $randomFully", ({ minor, randomFully, wanted }) => {
  const nat = shown(minor, randomFully)["nat"] ?? [];
  expect(nat.filter((line) => line.startsWith("-A KUBE-POSTROUTING"))).toEqual(
    wanted.map((spec) => `-A KUBE-POSTROUTING ${spec}`),
  );
});

test("the localnet rule comes with 1.19", () => {
  expect([18, 19].map((minor) => shown(minor)["filter"]?.includes(LOCALNET))).toEqual([false, true]);
});
