// What a container runtime asks of a network: the CNI operations ADD and DEL on a pod's sandbox (CNI specification §"ADD", §"DEL").

import type { Door } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";

/** A pod's empty network namespace, made by the runtime before ADD. */
export interface PodSandbox {
  /** Container id, the key of IPAM's bookkeeping. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the pod's namespace. */
  readonly door: Door;
  /** What a document fixes and chance would decide: canonical text each. */
  readonly pins: SandboxPins;
}

export interface SandboxPins {
  readonly ip?: string | undefined;
  readonly mac?: string | undefined;
  /** Name and address of the host end of the veth pair. */
  readonly veth?: string | undefined;
  readonly vethMac?: string | undefined;
}

export interface AddResult {
  /** The pod's address, dotted text. */
  readonly ip: string;
  /** Name of the host end of the pod's veth pair. */
  readonly hostVeth: string;
}

export interface CniPlugin {
  /** Wire a sandbox. @throws CniError when the plugin refuses, with the text the real one reports. */
  add(sandbox: PodSandbox): AddResult;
  /** Undo it; a sandbox that was never added is fine. */
  del(sandbox: PodSandbox): void;
}

/** ADD failed: the sandbox stays unwired and the pod is not started. */
export class CniError extends Refusal {
  override readonly name = "CniError";
}
