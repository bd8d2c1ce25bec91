/**
 * Jumps from built-in chains, by release, in the order kube-proxy ensures them.
 *
 * Each one is made with a separate iptables call and *prepended* when it is missing, so a fresh node ends up with
 * the reverse of this order per chain. Twin: `iptablesJumpChains` in `pkg/proxy/iptables/proxier.go`.
 */
import {
  KUBE_EXTERNAL_SERVICES,
  KUBE_FIREWALL,
  KUBE_FORWARD,
  KUBE_NODEPORTS,
  KUBE_POSTROUTING,
  KUBE_PROXY_FIREWALL,
  KUBE_SERVICES,
} from "../chains/names.ts";
import { holdsFor } from "./features.ts";

export type ProxyTable = "filter" | "nat";

/** One jump; `onlyNew` adds `-m conntrack --ctstate NEW` before the comment. */
export interface JumpRow {
  readonly table: ProxyTable;
  readonly from: string;
  readonly to: string;
  readonly comment?: string;
  readonly onlyNew?: boolean;
  readonly first: number;
  readonly last?: number;
}

const services = { to: KUBE_SERVICES, comment: "kubernetes service portals" };
const external = {
  table: "filter",
  to: KUBE_EXTERNAL_SERVICES,
  comment: "kubernetes externally-visible service portals",
  onlyNew: true,
} as const;
const forwarding = {
  table: "filter",
  from: "FORWARD",
  to: KUBE_FORWARD,
  comment: "kubernetes forwarding rules",
} as const;
const firewall = {
  table: "filter",
  to: KUBE_PROXY_FIREWALL,
  comment: "kubernetes load balancer firewall",
  onlyNew: true,
  first: 25,
} as const;

export const JUMP_ROWS: readonly JumpRow[] = [
  { ...external, from: "INPUT", first: 10 },
  { ...external, from: "FORWARD", first: 20 },
  { table: "filter", from: "INPUT", to: KUBE_NODEPORTS, comment: "kubernetes health check service ports", first: 21 },
  // Before 1.10 filter/KUBE-SERVICES hangs in INPUT, unconditionally (article of 1.9 shows the jump).
  { ...services, table: "filter", from: "INPUT", first: 9, last: 9 },
  { ...services, table: "filter", from: "FORWARD", onlyNew: true, first: 14 },
  { ...services, table: "filter", from: "OUTPUT", first: 9, last: 9 },
  { ...services, table: "filter", from: "OUTPUT", onlyNew: true, first: 10 },
  { ...services, table: "filter", from: "INPUT", onlyNew: true, first: 14, last: 19 },
  { ...forwarding, first: 14 },
  { ...firewall, from: "INPUT" },
  { ...firewall, from: "OUTPUT" },
  { ...firewall, from: "FORWARD" },
  { ...services, table: "nat", from: "OUTPUT", first: 9 },
  { ...services, table: "nat", from: "PREROUTING", first: 9 },
  { table: "nat", from: "POSTROUTING", to: KUBE_POSTROUTING, comment: "kubernetes postrouting rules", first: 9 },
  // 1.9.0 creates the jump under a comment that its own clean-up does not know.
  { ...forwarding, comment: "kubernetes forward rules", first: 9, last: 9 },
  { ...forwarding, first: 10, last: 13 },
  { table: "filter", from: "INPUT", to: KUBE_FIREWALL, first: 27 },
  { table: "filter", from: "OUTPUT", to: KUBE_FIREWALL, first: 27 },
];

/** The jumps of one minor, in ensuring order. */
export function jumpsOf(minor: number): readonly JumpRow[] {
  return JUMP_ROWS.filter((row) => holdsFor(row, minor));
}

/** Rule specification of a jump, as separate iptables arguments (after the chain name). */
export function jumpArgs(row: JumpRow): readonly string[] {
  const state = row.onlyNew ? ["-m", "conntrack", "--ctstate", "NEW"] : [];
  const comment = row.comment === undefined ? [] : ["-m", "comment", "--comment", row.comment];
  return [...state, ...comment, "-j", row.to];
}
