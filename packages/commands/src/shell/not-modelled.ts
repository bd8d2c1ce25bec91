// Programs that people type on nodes and that kubehop does not have: named, so that a typing error and a missing model look different.

const INSTALLERS = "kubehop installs nothing: every tool it models is there";
const SERVICES = "kubehop has no init system: agents are started by the cluster";

/** Name → what to do instead. */
const NOT_MODELLED: Readonly<Record<string, string>> = {
  yum: INSTALLERS,
  dnf: INSTALLERS,
  apt: INSTALLERS,
  "apt-get": INSTALLERS,
  apk: INSTALLERS,
  pip: INSTALLERS,
  rpm: INSTALLERS,
  dpkg: INSTALLERS,
  systemctl: SERVICES,
  service: SERVICES,
  journalctl: SERVICES,
  helm: "apply the rendered manifests with kubectl",
  kops: "write the cluster in the scenario",
  kubeadm: "write the cluster in the scenario",
  docker: "containers are pods of the scenario",
  crictl: "containers are pods of the scenario",
  nsenter: "run the step in the pod",
  ssh: "run the step at that place",
  ipvsadm: "the IPVS proxy mode is not here yet",
  ip6tables: "IPv6 is not modelled",
  nft: "use iptables",
  ebtables: "bridge filtering is not modelled",
  arptables: "ARP filtering is not modelled",
  tc: "queueing is not modelled",
  ss: "use conntrack",
  netstat: "use ip route or conntrack",
  ifconfig: "use ip addr",
  route: "use ip route",
  arp: "use ip neigh",
  arping: "use ping",
  traceroute: "use ping -t",
  mtr: "use ping -t",
  wget: "use curl",
  telnet: "use nc",
  nslookup: "names are answered by the cluster",
  dig: "names are answered by the cluster",
  host: "names are answered by the cluster",
  awk: "use grep",
  sed: "use grep",
  vi: "write files with cat <<'EOF'",
  vim: "write files with cat <<'EOF'",
  iperf: "throughput is not modelled",
  iperf3: "throughput is not modelled",
  calicoctl: "Calico comes later",
  etcdctl: "there is no etcd",
  nmap: "use nc -z",
  xargs: "type the words themselves",
};

/** Names of all of them, for documentation. */
export const NOT_MODELLED_NAMES: readonly string[] = Object.keys(NOT_MODELLED);

/** What to say about a program kubehop knows by name only; undefined for every other name. */
export function notModelledHint(name: string): string | undefined {
  return Object.hasOwn(NOT_MODELLED, name) ? NOT_MODELLED[name] : undefined;
}
