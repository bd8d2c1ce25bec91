/**
 * Rules printed in three articles about real clusters. The order of services is that of a Go map in the article, so
 * it is pinned; everything else follows from the release.
 */
import { describe, expect, it } from "vitest";
import { jumpArgs, jumpsOf, renderIptables } from "../../src/index.ts";
import type { NodeFacts, ProxyInput } from "../../src/index.ts";
import { declaredChains, dumpLine, dumpRules } from "../support/canonical.ts";
import { endpoint, service } from "../support/services.ts";

/** Jumps as a dump prints them: the reverse of the ensuring order, per chain. */
function jumpDump(minor: number, table: string, chain: string): string[] {
  const rows = jumpsOf(minor).filter((row) => row.table === table && row.from === chain);
  return rows.toReversed().map((row) => dumpLine(`-A ${chain} ${jumpArgs(row).map(quoted).join(" ")}`));
}

function quoted(word: string): string {
  return word.includes(" ") ? `"${word}"` : word;
}

describe("KOPS cluster, kube-proxy 1.9", () => {
  const ips = [
    ["100.96.5.17", "100.96.54.235", "100.96.54.247", "100.96.54.253", "100.96.55.154"],
    ["100.96.55.156", "100.96.9.43", "100.96.9.45", "100.96.9.48", "100.96.9.52"],
  ].flat();
  const input: ProxyInput = {
    version: "1.9",
    node: { name: "ip-172-20-121-84", clusterCIDR: "100.96.0.0/11" },
    services: [
      service("prod/export", {
        clusterIP: "100.67.30.133",
        endpoints: ips.toReversed().map((ip) => endpoint(ip, 80)),
      }),
    ],
  };
  const rendered = renderIptables(input);
  const svc = '-A KUBE-SVC-3IL52ANAN3BQ2L74 -m comment --comment "prod/export:"';
  const half = "-m statistic --mode random --probability";

  it("writes every rule of the article", () => {
    const rules = dumpRules(rendered.nat);
    const shown = `
-A KUBE-SERVICES ! -s 100.96.0.0/11 -d 100.67.30.133/32 -p tcp -m comment --comment "prod/export: cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SERVICES -d 100.67.30.133/32 -p tcp -m comment --comment "prod/export: cluster IP" -m tcp --dport 80 -j KUBE-SVC-3IL52ANAN3BQ2L74
${svc} ${half} 0.10000000009 -j KUBE-SEP-4XYJJELQ3E7C4ILJ
${svc} ${half} 0.11110999994 -j KUBE-SEP-2ARYYMMMNDJELHE4
${svc} ${half} 0.12500000000 -j KUBE-SEP-OAQPXBQCZ2RBB4R7
${svc} ${half} 0.14286000002 -j KUBE-SEP-SCYIBWIJAXIRXS6R
${svc} ${half} 0.16667000018 -j KUBE-SEP-G4DTLZEMDSEVF3G4
${svc} ${half} 0.20000000019 -j KUBE-SEP-NXPFCT6ZBXHAOXQN
${svc} ${half} 0.25000000000 -j KUBE-SEP-7DUMGWOXA5S7CFHJ
${svc} ${half} 0.33332999982 -j KUBE-SEP-LNIY4F5PIJA3CQPM
${svc} ${half} 0.50000000000 -j KUBE-SEP-SLBETXT7UIBTZCPK
${svc} -j KUBE-SEP-FMCOTKNLEICO2V37
-A KUBE-SEP-OAQPXBQCZ2RBB4R7 -s 100.96.54.247/32 -m comment --comment "prod/export:" -j KUBE-MARK-MASQ
-A KUBE-SEP-OAQPXBQCZ2RBB4R7 -p tcp -m comment --comment "prod/export:" -m tcp -j DNAT --to-destination 100.96.54.247:80
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -m mark --mark 0x4000/0x4000 -j MASQUERADE`
      .trim()
      .split("\n");
    expect(rules.filter((rule) => shown.includes(rule)).toSorted()).toEqual(shown.toSorted());
    expect(rules.filter((rule) => rule.startsWith(svc))).toEqual(shown.filter((rule) => rule.startsWith(svc)));
    expect(declaredChains(rendered.nat).filter((chain) => chain.startsWith("KUBE-SEP-"))).toHaveLength(10);
  });

  it("hangs its chains where the article shows them, without a state match", () => {
    const portals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES';
    expect(jumpDump(9, "filter", "INPUT")).toEqual([`-A INPUT ${portals}`]);
    expect(jumpDump(9, "filter", "OUTPUT")).toEqual([`-A OUTPUT ${portals}`]);
    expect(jumpDump(9, "nat", "PREROUTING")).toEqual([`-A PREROUTING ${portals}`]);
    expect(jumpDump(9, "nat", "OUTPUT")).toEqual([`-A OUTPUT ${portals}`]);
  });
});

describe("kubeadm cluster, kube-proxy 1.10 with a cluster CIDR", () => {
  const backends = ["10.1.6.6", "10.1.5.5", "10.1.6.5", "10.1.5.4"].map((ip) => endpoint(ip, 80));
  const input: ProxyInput = {
    version: "1.10",
    node: { name: "sugi-kubeadm-node01", clusterCIDR: "10.1.4.0/22" },
    services: [
      service("default/kubernetes:https", {
        clusterIP: "10.1.0.1",
        port: 443,
        endpoints: [endpoint("192.168.120.225", 6443)],
      }),
      service("default/nginx-service", { clusterIP: "10.1.0.125", port: 8000, nodePort: 30080, endpoints: backends }),
      service("kube-system/kube-dns:dns", {
        protocol: "udp",
        clusterIP: "10.1.0.10",
        port: 53,
        endpoints: [endpoint("10.1.4.2", 53)],
      }),
      service("kube-system/kube-dns:dns-tcp", {
        clusterIP: "10.1.0.10",
        port: 53,
        endpoints: [endpoint("10.1.4.2", 53)],
      }),
    ],
    pin: {
      services: [
        "default/nginx-service:",
        "kube-system/kube-dns:dns",
        "kube-system/kube-dns:dns-tcp",
        "default/kubernetes:https",
      ],
    },
  };
  const rendered = renderIptables(input);
  const rules = dumpRules(rendered.nat);
  const chain = (name: string): string[] =>
    rules.filter((rule) => rule.startsWith(`-A ${name} `)).map((rule) => rule.slice(4 + name.length));

  it("KUBE-SERVICES, in the order of the article", () => {
    const pair = (ip: string, proto: string, title: string, port: number, target: string): string[] => {
      const match = `-d ${ip}/32 -p ${proto} -m comment --comment "${title} cluster IP" -m ${proto} --dport ${port} -j`;
      return [`! -s 10.1.4.0/22 ${match} KUBE-MARK-MASQ`, `${match} ${target}`];
    };
    expect(chain("KUBE-SERVICES")).toEqual([
      ...pair("10.1.0.125", "tcp", "default/nginx-service:", 8000, "KUBE-SVC-GKN7Y2BSGW4NJTYL"),
      ...pair("10.1.0.10", "udp", "kube-system/kube-dns:dns", 53, "KUBE-SVC-TCOU7JCQXEZGVUNU"),
      ...pair("10.1.0.10", "tcp", "kube-system/kube-dns:dns-tcp", 53, "KUBE-SVC-ERIFXISQEP7F7OF4"),
      ...pair("10.1.0.1", "tcp", "default/kubernetes:https", 443, "KUBE-SVC-NPX46M4PTMTKRN6Y"),
      '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ]);
  });

  it("KUBE-SVC and KUBE-SEP of the Service, KUBE-NODEPORTS", () => {
    const title = '-m comment --comment "default/nginx-service:"';
    const chance = `${title} -m statistic --mode random --probability`;
    expect(chain("KUBE-SVC-GKN7Y2BSGW4NJTYL")).toEqual([
      `${chance} 0.25000000000 -j KUBE-SEP-E5HSR3R2B7URHFJI`,
      `${chance} 0.33332999982 -j KUBE-SEP-R2MSMBFMMKEJBLAL`,
      `${chance} 0.50000000000 -j KUBE-SEP-CAKGWV44IP65RES6`,
      `${title} -j KUBE-SEP-2XH37R654LGYZT6Q`,
    ]);
    expect(chain("KUBE-SEP-2XH37R654LGYZT6Q")).toEqual([
      `-s 10.1.6.6/32 ${title} -j KUBE-MARK-MASQ`,
      `-p tcp ${title} -m tcp -j DNAT --to-destination 10.1.6.6:80`,
    ]);
    expect(chain("KUBE-NODEPORTS")).toEqual([
      `-p tcp ${title} -m tcp --dport 30080 -j KUBE-MARK-MASQ`,
      `-p tcp ${title} -m tcp --dport 30080 -j KUBE-SVC-GKN7Y2BSGW4NJTYL`,
    ]);
  });

  it("KUBE-MARK-MASQ has the article's 12 references", () => {
    expect(rules.filter((rule) => rule.endsWith("-j KUBE-MARK-MASQ"))).toHaveLength(12);
  });

  it("KUBE-FORWARD and KUBE-POSTROUTING", () => {
    const answered = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
    expect(dumpRules(rendered.filter)).toEqual([
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT',
      `-A KUBE-FORWARD -s 10.1.4.0/22 -m comment --comment "kubernetes forwarding conntrack pod source rule" ${answered}`,
      `-A KUBE-FORWARD -d 10.1.4.0/22 -m comment --comment "kubernetes forwarding conntrack pod destination rule" ${answered}`,
    ]);
    expect(chain("KUBE-POSTROUTING")).toEqual([
      '-m comment --comment "kubernetes service traffic requiring SNAT" -m mark --mark 0x4000/0x4000 -j MASQUERADE',
    ]);
    expect(jumpDump(10, "filter", "FORWARD")).toEqual([
      '-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD',
    ]);
  });
});

describe("one node with Docker's bridge, kube-proxy 1.10 without a cluster CIDR", () => {
  const node: NodeFacts = { name: "node", nodeIP: "192.168.0.11" };
  const ips = ["172.17.0.2", "172.17.0.3", "172.17.0.4"];
  const svc = service("default/nginx-service-nodeport", {
    clusterIP: "10.254.198.92",
    nodePort: 32110,
    endpoints: ips.map((ip) => endpoint(ip, 80, "node")),
  });
  const rendered = renderIptables({ version: "1.10", node, services: [svc] });
  const title = '-m comment --comment "default/nginx-service-nodeport:"';

  it("nothing of a cluster IP is masqueraded", () => {
    const rules = dumpRules(rendered.nat).filter((rule) => rule.startsWith("-A KUBE-SERVICES"));
    expect(rules).toEqual([
      '-A KUBE-SERVICES -d 10.254.198.92/32 -p tcp -m comment --comment "default/nginx-service-nodeport: cluster IP" -m tcp --dport 80 -j KUBE-SVC-I64SNEMOLCWHJHS3',
      '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ]);
    expect(dumpRules(rendered.filter)).toHaveLength(1);
  });

  it("three endpoints, a third each", () => {
    const rules = dumpRules(rendered.nat);
    const chance = `${title} -m statistic --mode random --probability`;
    expect(rules.filter((rule) => rule.startsWith("-A KUBE-SVC-"))).toEqual([
      `-A KUBE-SVC-I64SNEMOLCWHJHS3 ${chance} 0.33332999982 -j KUBE-SEP-MMWJ6M2J72TU3J64`,
      `-A KUBE-SVC-I64SNEMOLCWHJHS3 ${chance} 0.50000000000 -j KUBE-SEP-GRLEVIWNO4P37GSQ`,
      `-A KUBE-SVC-I64SNEMOLCWHJHS3 ${title} -j KUBE-SEP-74XRUOWV76LDS3ID`,
    ]);
    expect(rules.filter((rule) => rule.startsWith("-A KUBE-NODEPORTS"))).toEqual([
      `-A KUBE-NODEPORTS -p tcp ${title} -m tcp --dport 32110 -j KUBE-MARK-MASQ`,
      `-A KUBE-NODEPORTS -p tcp ${title} -m tcp --dport 32110 -j KUBE-SVC-I64SNEMOLCWHJHS3`,
    ]);
  });
});
