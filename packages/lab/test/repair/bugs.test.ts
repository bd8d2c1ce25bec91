// The true repair of every bug in scenarios/ is among the answers: as its issue, its article or its own repair step has it.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { Fix } from "../../src/model/outcome.ts";
import type { Cell } from "../../src/model/scenario.ts";
import { findFixes } from "../../src/repair/search.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
const BUGS = join(ROOT, "scenarios/bugs");

interface Repair {
  readonly file: string;
  readonly cell: Cell;
  /** Each of them must be among the answers. */
  readonly repairs: readonly (string | RegExp)[];
}

const REPAIRS: readonly Repair[] = [
  // flannel's start-up check and every guide: load the module.
  {
    file: "bugs/A1-br-netfilter-missing",
    cell: { call_iptables: "absent" },
    repairs: ["modprobe br_netfilter on node1"],
  },
  {
    file: "bugs/A1-br-netfilter-missing",
    cell: { call_iptables: "0" },
    repairs: ["sysctl -w net.bridge.bridge-nf-call-iptables=1 on node1"],
  },
  {
    file: "articles/004_kops-br-netfilter",
    cell: { br_netfilter: "absent" },
    repairs: ["modprobe br_netfilter on node1"],
  },
  // kubernetes#13375: hairpin mode on the port; flannel's manifest sets it since 0.10.0.
  {
    file: "bugs/A4-hairpin-off",
    cell: { hairpinMode: "false", br_netfilter: "loaded" },
    repairs: ["bridge link set dev vethself hairpin on on node1", "set cluster.cni.flannel.hairpinMode: true"],
  },
  // kubernetes#40182: the policy by hand; flanneld's own rules since 0.9.1.
  {
    file: "bugs/B1-docker-forward-drop",
    cell: { flannel: "0.9.0", policy: "DROP" },
    repairs: ["iptables -P FORWARD ACCEPT on every node", 'set cluster.cni.flannel.version: "0.9.1"'],
  },
  // openshift/sdn#269: conntrack has to see direct traffic too.
  {
    file: "bugs/C22-tuple-collision-vip-direct",
    cell: { direct: "untracked" },
    repairs: [/^iptables -t raw -D PREROUTING .*-i cni0 -j CT --notrack on node1/],
  },
  // plugins#858: delete the neighbour (the release that announces itself is older, not newer).
  {
    file: "bugs/A10-stale-arp-ip-reuse",
    cell: { plugins: "1.3.0", entry: "kept" },
    repairs: [/^ip neigh del 10\.244\.0\.2 dev cni0 on node1/],
  },
  // kubernetes#56903: kernels that resolve the clash.
  { file: "bugs/C1-conntrack-dns-race", cell: { kernel: "4.9" }, repairs: ['set cluster.kernel: "6.18"'] },
  // kubernetes#98305: the release that deletes entries of the node port.
  // Of the stream's requests those count that begin after it, by hand, when they began to fail.
  {
    file: "bugs/C8-udp-nodeport-stale",
    cell: { kubernetes: "1.10" },
    repairs: ["conntrack -D -p udp --dport 30053 on node1", 'set cluster.kubernetes: "1.28"'],
  },
  // Entries of a repeated SYN are not renewed by later kernels.
  { file: "bugs/C15-tcp-prenat-syn-blackhole", cell: { kernel: "3.10" }, repairs: ['set cluster.kernel: "6.18"'] },
  // flannel#1614: the MTU, the clamp, or the message let through.
  {
    file: "bugs/F1-mtu-blackhole",
    cell: { mtu: "1500", icmp: "filtered" },
    repairs: [
      "ip link set dev eth0 mtu 1450 on server",
      /--set-mss 1410 on node2$/,
      "iptables -D OUTPUT -p icmp -m icmp --icmp-type 3/4 -j DROP on node2",
    ],
  },
  // kubernetes#92035: kube-proxy clears the mark.
  {
    file: "bugs/C28-mark-survives-encap-double-nat",
    cell: { kubernetes: "1.10" },
    repairs: ['set cluster.kubernetes: "1.28"'],
  },
  // cilium#14859: question and answer either both past conntrack or neither.
  {
    file: "bugs/C29-masquerade-own-reply",
    cell: { request: "bypasses" },
    repairs: [/^iptables -t raw -D PREROUTING .*-i eth0 -j CT --notrack on node1$/],
  },
  // kubernetes#90259: the rule of KUBE-FIREWALL.
  { file: "bugs/D1-cve-2020-8558", cell: { kubernetes: "1.10" }, repairs: ['set cluster.kubernetes: "1.28"'] },
  // kubernetes#57534: a default route to anywhere.
  {
    file: "bugs/F22-no-default-route-clusterip",
    cell: { default_route: "gone" },
    repairs: ["ip route add default via 192.168.99.1 dev eth0 on node1"],
  },
];

function fixesOf({ file, cell }: Repair): readonly Fix[] {
  const path = join(ROOT, "scenarios", `${file}.yaml`);
  const source = {
    file: path,
    text: readFileSync(path, "utf8"),
    readFile: (name: string) => readFileSync(join(dirname(path), name), "utf8"),
  };
  const loaded = loadScenario(source.file, source.text, source.readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ message }) => message).join("\n"));
  const plan = loaded.scenario.cells.find((one) => Object.entries(cell).every(([k, v]) => one.cell[k] === v));
  if (plan?.half !== "broken") throw new Error(`${file}: no such broken cell`);
  return findFixes(plan, source, { seed: 1, run: cellRunner(source.readFile), replays: 120 }).fixes;
}

describe("the repair of", () => {
  it.each(REPAIRS)("$file $cell", (row) => {
    const fixes = fixesOf(row);
    expect(fixes.length).toBeLessThanOrEqual(5);
    for (const repair of row.repairs) {
      const found = fixes.find(({ text }) => (typeof repair === "string" ? text === repair : repair.test(text)));
      // With it, everything holds that the fixed half of the file says.
      expect(found?.tried ?? fixes.map(({ text }) => text).join("\n")).toMatch(/^(\d+) of \1$/);
    }
  });

  it("every file in scenarios/bugs is known here", () => {
    const files = readdirSync(BUGS).filter((name) => name.endsWith(".yaml"));
    const known = new Set(REPAIRS.map(({ file }) => `${file.replace(/^bugs\//, "")}.yaml`));
    expect(files.filter((file) => !known.has(file))).toEqual([]);
  });
});
