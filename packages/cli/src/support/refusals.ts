// What is left out on purpose and on the largest scale, with something that asks for it: a test asks, and must be refused.

export interface Refusal {
  readonly what: string;
  /** How it is asked for: a line of `cluster:`, a manifest, or a command on a node. */
  readonly by: { readonly cluster: string } | { readonly manifest: string } | { readonly command: string };
}

export const REFUSALS: readonly Refusal[] = [
  { what: "IPv6 and dual stack", by: { command: "ip -6 addr" } },
  { what: "IPv6 addresses of machines", by: { cluster: "hosts: { client: { ip: fd00::1 } }" } },
  { what: "kube-proxy in IPVS mode", by: { cluster: "proxy: ipvs" } },
  { what: "kube-proxy in nftables mode", by: { cluster: "proxy: nftables" } },
  { what: "Calico", by: { cluster: "cni: calico" } },
  { what: "Cilium", by: { cluster: "cni: cilium" } },
  { what: "flannel's host-gw and other backends", by: { cluster: "cni: { flannel: { backend: host-gw } }" } },
  {
    what: "NetworkPolicy",
    by: { manifest: "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: deny }\n" },
  },
  { what: "Ingress", by: { manifest: "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web }\n" } },
  { what: "nft rules of one's own", by: { command: "nft list ruleset" } },
  { what: "bridge filtering (ebtables)", by: { command: "ebtables -L" } },
  { what: "traffic control", by: { command: "tc qdisc show" } },
  { what: "VLAN devices", by: { command: "ip link add link eth0 name eth0.5 type vlan id 5" } },
  { what: "bonding", by: { command: "ip link add bond0 type bond" } },
  { what: "macvlan, ipvlan", by: { command: "ip link add m0 link eth0 type macvlan" } },
  { what: "IP tunnels (ipip, gre)", by: { command: "ip link add t0 type ipip remote 192.168.99.1" } },
  { what: "WireGuard", by: { command: "ip link add wg0 type wireguard" } },
  { what: "IPsec", by: { command: "ip xfrm state" } },
  {
    what: "network namespaces made at a prompt (the scenario key `namespaces:` makes them)",
    by: { command: "ip netns add blue" },
  },
  { what: "membership in multicast groups (IGMP)", by: { command: "ip maddress show" } },
  { what: "VRFs", by: { command: "ip vrf show" } },
];

/** The request on one line, for the page. */
export function refusalText({ by }: Refusal): string {
  if ("command" in by) return by.command;
  if ("cluster" in by) return `cluster: { ${by.cluster} }`;
  return /^kind: \w+$/m.exec(by.manifest)?.[0] ?? "";
}
