// A lab as plain data, buildable on any kernel: namespaces, the batches that make them what they are, and which of them are mute.

import type { ConfigOp } from "@kubehop/netstack";
import type { Kernel } from "./kernel.ts";
import { QUIET_ICMP } from "./quiet.ts";

/** What has to be built. */
export interface LabLayout {
  readonly namespaces: readonly string[];
  /** Applied in order. */
  readonly build: readonly { readonly ns: string; readonly ops: readonly ConfigOp[] }[];
  /** Hosts that answer ARP and nothing else, with their devices. */
  readonly mute: readonly { readonly ns: string; readonly devices: readonly string[] }[];
}

export interface LabSpec extends LabLayout {
  readonly title: string;
  /** Namespaces that carry rules and connections: these are asked for counters and conntrack. */
  readonly routers: readonly string[];
  readonly backend: "nft" | "legacy";
  /** Addresses between which tunnels run: what is masked depends on them. */
  readonly vteps: readonly string[];
}

/** A kernel refused a batch of the lab. */
export class LabRefused extends Error {
  override readonly name = "LabRefused";
}

export function buildLab(kernel: Kernel, lab: LabLayout): void {
  kernel.addNamespaces(lab.namespaces);
  const apply = (ns: string, ops: readonly ConfigOp[]): void => {
    const error = kernel.apply(ns, { agent: "verify", ops });
    if (error !== null)
      throw new LabRefused(`${kernel.title}: ${ns}: ${JSON.stringify(ops[error.index])}: ${error.message}`);
  };
  // First, so that a lab that is about rationing can take it back.
  for (const ns of lab.namespaces) apply(ns, QUIET_ICMP);
  for (const { ns, ops } of lab.build) apply(ns, ops);
  for (const { ns, devices } of lab.mute) kernel.mute(ns, devices);
  kernel.watch();
}
