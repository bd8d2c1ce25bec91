/**
 * What differs between kube-proxy releases, read from a table of rows (first version, last version).
 *
 * Renderers ask for features, never for versions. Rows are kept for all releases whose change is known, but only
 * the layouts that have been proven against dumps may be asked for; see PROVEN_MINORS.
 */
import { ProxyRefusal } from "../model/refusal.ts";
import { FEATURE_ROWS } from "./feature-rows.ts";

/** Every switch of the iptables layout and the values it can take. */
export interface Features {
  /** Filter chain of REJECT rules for external addresses and node ports. */
  readonly externalRejectChain: "KUBE-SERVICES" | "KUBE-EXTERNAL-SERVICES";
  /** nat rules (and empty SVC chains) are written for a service without endpoints too. */
  readonly natRulesWithoutEndpoints: boolean;
  /** Per-service chains: XLB and FW for every load balancer IP, or EXT, SVL and FW only with source ranges. */
  readonly externalChains: "XLB" | "EXT";
  /** Node port with policy Local: packets from 127.0.0.0/8 are marked for masquerading first. */
  readonly localNodePortLoopbackMasq: boolean;
  /** First rule of KUBE-FORWARD drops INVALID packets. */
  readonly forwardDropsInvalid: boolean;
  /** RELATED,ESTABLISHED in KUBE-FORWARD: one rule each for source and destination in the CIDR, or one rule. */
  readonly forwardConntrack: "by-cluster-cidr" | "any";
  /** KUBE-POSTROUTING clears the mark: RETURN unmarked, xor, MASQUERADE; otherwise one matching rule. */
  readonly postroutingClearsMark: boolean;
  /** MASQUERADE --random-fully where iptables knows it. */
  readonly masqueradeRandomFully: boolean;
  /** How KUBE-MARK-MASQ sets the bit; both print alike in a dump. */
  readonly markOption: "--set-xmark" | "--or-mark";
  /** Digits after the point of `--probability`. */
  readonly probabilityDigits: 5 | 10;
  /** A port without name keeps the colon of `ns/name:`, which also changes every chain hash. */
  readonly unnamedPortColon: boolean;
  /** Host addresses are written with /32; a dump shows it in any case. */
  readonly hostPrefixLength: boolean;
  /** Balancing rules carry the comment `X -> endpoint` instead of `X`. */
  readonly balancingCommentNamesEndpoint: boolean;
  /** Comments of per-endpoint rules are dropped above this number of endpoints; 0: never. */
  readonly commentEndpointLimit: number;
  /** Order of a service's endpoints: by address (as Endpoints lists them) or by the text `ip:port`. */
  readonly endpointOrder: "address" | "text";
  /** kube-proxy also writes KUBE-FIREWALL's localnet rule. */
  readonly writesKubeletFirewall: boolean;
  /** KUBE-PROXY-FIREWALL drops what source ranges did not accept. */
  readonly proxyFirewallChain: boolean;
  /** filter/KUBE-NODEPORTS accepts health check node ports. */
  readonly healthCheckAccept: boolean;
  /** KUBE-PROXY-CANARY in mangle, nat and filter. */
  readonly canary: boolean;
  /** `--nodeport-addresses` exists. */
  readonly nodePortAddresses: boolean;
  /** `--iptables-localhost-nodeports` exists; before, node ports always answer on 127.0.0.1. */
  readonly localhostNodePortsFlag: boolean;
  /** internalTrafficPolicy is honoured. */
  readonly internalTrafficPolicy: boolean;
  /** Serving, terminating endpoints are used when nothing else is left. */
  readonly terminatingEndpoints: boolean;
  /** SCTP service ports. */
  readonly sctp: boolean;
  /** UDP conntrack clean-up: which addresses of a service are flushed when it changes. */
  readonly conntrackCleanup: "cluster-ip" | "all-addresses";
  /** Shortest time between two syncs in virtual ms; two may follow each other at once. */
  readonly minSyncPeriodMs: number;
  /** When conntrack entries of a new UDP node port are flushed: as its socket is opened, or with the others. */
  readonly nodePortConntrack: "on-open" | "after-rules";
}

export type FeatureName = keyof Features;

/** One row: `feature` has `value` from release 1.`first` to 1.`last` (open when absent). */
export type FeatureRow = {
  readonly [K in FeatureName]: {
    readonly feature: K;
    readonly value: Features[K];
    readonly first: number;
    readonly last?: number;
    /** Where the row was read. */
    readonly source: string;
  };
}[FeatureName];

/**
 * Minors whose whole layout has been compared with dumps of that release.
 * Another release is added here once its golden dump stands in the tests.
 */
export const PROVEN_MINORS: readonly number[] = [9, 10, 28];

/** Minor → the last patch level that has the layout, where a later one is known to have another; absent: all have it. */
const LAST_PATCH: Readonly<Record<number, { readonly patch: number; readonly source: string }>> = {
  9: { patch: 0, source: "only .0: later ones have #56164" },
};

/**
 * Minor number of `1.28`, `v1.28.3` or `1.9`.
 * @throws ProxyRefusal when the text is no release, or its layout is not modelled
 */
export function provenMinor(version: string): number {
  const { minor } = partsOf(version);
  const other = otherLayout(version);
  if (other !== undefined) throw new ProxyRefusal("kube-proxy", "version", `${version} is not modelled: ${other}`);
  if (PROVEN_MINORS.includes(minor)) return minor;
  const supported = PROVEN_MINORS.map((m) => `1.${m}`).join(", ");
  throw new ProxyRefusal("kube-proxy", "version", `${version} is not modelled; supported are ${supported}`);
}

/** Why a patch level has another layout than its minor; undefined: it has none that is known. */
export function otherLayout(version: string): string | undefined {
  const { minor, patch } = partsOf(version);
  const last = LAST_PATCH[minor];
  return last !== undefined && patch > last.patch ? last.source : undefined;
}

/** NaN for what is no release. */
function partsOf(version: string): { readonly minor: number; readonly patch: number } {
  const [, minor, patch = 0] = /^v?1\.(\d+)(?:\.(\d+))?$/.exec(version) ?? [];
  return { minor: Number(minor), patch: Number(patch) };
}

/** The features of a release. @throws ProxyRefusal as provenMinor does */
export function featuresOf(version: string): Features {
  return featuresOfMinor(provenMinor(version));
}

/** True when a row with these bounds holds for 1.`minor`. */
export function holdsFor(row: { readonly first: number; readonly last?: number }, minor: number): boolean {
  return row.first <= minor && minor <= (row.last ?? Number.POSITIVE_INFINITY);
}

/** The table read for one minor; a gap or an overlap in the table is our bug. */
function featuresOfMinor(minor: number): Features {
  const found: Record<string, unknown> = {};
  for (const row of FEATURE_ROWS) {
    if (!holdsFor(row, minor)) continue;
    if (row.feature in found) throw new Error(`feature ${row.feature} has two rows for 1.${minor}`);
    found[row.feature] = row.value;
  }
  return found as unknown as Features;
}
