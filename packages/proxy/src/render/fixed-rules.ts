/** Chains and rules that do not depend on any service. */
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_FIREWALL,
  KUBE_FORWARD,
  KUBE_MARK_MASQ,
  KUBE_NODEPORTS,
  KUBE_POSTROUTING,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from "../chains/names.ts";
import { ipv4InCidr } from "../model/ipv4.ts";
import type { RenderContext } from "./context.ts";
import { comment } from "./words.ts";

const SNAT_COMMENT = "kubernetes service traffic requiring SNAT";
const NODEPORTS_COMMENT = "kubernetes service nodeports; NOTE: this must be the last rule in this chain";

/** Top-level chains, in the order of the restore input. */
export function declareTopChains(ctx: RenderContext): void {
  const { features } = ctx;
  ctx.filter.declare(KUBE_SERVICES);
  if (features.externalRejectChain === KUBE_EXTERNAL_SERVICES) ctx.filter.declare(KUBE_EXTERNAL_SERVICES);
  ctx.filter.declare(KUBE_FORWARD);
  if (features.healthCheckAccept) ctx.filter.declare(KUBE_NODEPORTS);
  if (features.proxyFirewallChain) ctx.filter.declare(KUBE_PROXY_FIREWALL);
  for (const chain of [KUBE_SERVICES, KUBE_NODEPORTS, KUBE_POSTROUTING, KUBE_MARK_MASQ]) ctx.nat.declare(chain);
}

/** KUBE-POSTROUTING and KUBE-MARK-MASQ: the bit is set while a packet is balanced and read when it leaves. */
export function writeMasquerading(ctx: RenderContext): void {
  const { features, mark, nat } = ctx;
  const random = features.masqueradeRandomFully && ctx.node.iptablesRandomFully !== false ? " --random-fully" : "";
  if (features.postroutingClearsMark) {
    nat.append(KUBE_POSTROUTING, `-m mark ! --mark ${mark}/${mark} -j RETURN`);
    // Cleared, so that an encapsulated copy of the packet is not masqueraded a second time.
    nat.append(KUBE_POSTROUTING, `-j MARK --xor-mark ${mark}`);
    nat.append(KUBE_POSTROUTING, `${comment(SNAT_COMMENT)} -j MASQUERADE${random}`);
  } else {
    nat.append(KUBE_POSTROUTING, `${comment(SNAT_COMMENT)} -m mark --mark ${mark}/${mark} -j MASQUERADE${random}`);
  }
  const value = features.markOption === "--or-mark" ? mark : `${mark}/${mark}`;
  nat.append(KUBE_MARK_MASQ, `-j MARK ${features.markOption} ${value}`);
}

/** kubelet's localnet rule, written by kube-proxy too: 127.0.0.0/8 opened by route_localnet is closed to outsiders. */
export function writeKubeletFirewall(ctx: RenderContext): void {
  if (!ctx.features.writesKubeletFirewall || !localhostNodePorts(ctx)) return;
  ctx.filter.declare(KUBE_FIREWALL);
  ctx.filter.append(
    KUBE_FIREWALL,
    `${comment("block incoming localnet connections")} -d 127.0.0.0/8 ! -s 127.0.0.0/8` +
      " -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
  );
}

/** End of nat/KUBE-SERVICES: packets to a local address go on to the node ports. */
export function writeNodePortsTail(ctx: RenderContext): void {
  const head = comment(NODEPORTS_COMMENT);
  const addresses = ctx.node.nodePortAddresses ?? [];
  if (matchesAll(addresses)) {
    const notLoopback = localhostNodePorts(ctx) ? "" : " ! -d 127.0.0.0/8";
    ctx.nat.append(KUBE_SERVICES, `${head} -m addrtype --dst-type LOCAL${notLoopback} -j ${KUBE_NODEPORTS}`);
    return;
  }
  for (const ip of ctx.node.addresses ?? []) {
    if (!addresses.some((cidr) => ipv4InCidr(ip, cidr))) continue;
    if (ipv4InCidr(ip, "127.0.0.0/8") && !localhostNodePorts(ctx)) continue;
    ctx.nat.append(KUBE_SERVICES, `${head} -d ${ip} -j ${KUBE_NODEPORTS}`);
  }
}

/** KUBE-FORWARD: lets masqueraded and answered traffic through a FORWARD chain whose policy is DROP. */
export function writeForward(ctx: RenderContext): void {
  const { features, filter, mark, node } = ctx;
  if (features.forwardDropsInvalid) filter.append(KUBE_FORWARD, "-m conntrack --ctstate INVALID -j DROP");
  filter.append(KUBE_FORWARD, `${comment("kubernetes forwarding rules")} -m mark --mark ${mark}/${mark} -j ACCEPT`);
  const answered = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
  if (features.forwardConntrack === "any") {
    filter.append(KUBE_FORWARD, `${comment("kubernetes forwarding conntrack rule")} ${answered}`);
    return;
  }
  const cidr = node.clusterCIDR;
  if (cidr === undefined) return;
  const source = comment("kubernetes forwarding conntrack pod source rule");
  const destination = comment("kubernetes forwarding conntrack pod destination rule");
  filter.append(KUBE_FORWARD, `-s ${cidr} ${source} ${answered}`);
  filter.append(KUBE_FORWARD, `${destination} -d ${cidr} ${answered}`);
}

/** True when `--nodeport-addresses` leaves every local address open. */
export function matchesAll(nodePortAddresses: readonly string[]): boolean {
  return nodePortAddresses.length === 0 || nodePortAddresses.some((cidr) => cidr.endsWith("/0"));
}

/** Node ports answer on 127.0.0.1: the flag is on and the node port addresses include a loopback one. */
export function localhostNodePorts(ctx: Pick<RenderContext, "node" | "features">): boolean {
  if (!ctx.features.localhostNodePortsFlag) return true;
  const addresses = ctx.node.nodePortAddresses ?? [];
  const loopbackOpen =
    matchesAll(addresses) || addresses.some((cidr) => ipv4InCidr(cidr.split("/")[0] ?? "", "127.0.0.0/8"));
  return ctx.node.localhostNodePorts !== false && loopbackOpen;
}
