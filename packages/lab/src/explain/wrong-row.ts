// Which machine's row sent a frame to where nobody took it: a neighbour's MAC, or a forwarding entry.

import { authorOf, type Background } from "./background.ts";
import type { Way } from "./find-flow.ts";
import { isRight } from "./mac-owners.ts";
import type { StepOf } from "./phrases.ts";

/** Drops of frames that the MAC in their header led astray. */
const BY_MAC: ReadonlySet<string> = new Set(["OTHERHOST", "NO_TX_TARGET"]);

/** `neigh 10.244.1.0 on node1 = …:99, node2 flannel.1 has …:02`, then who wrote the row; a row that is missing has no author. Empty: no row led there. */
export function wrongRow(steps: Way["steps"], drop: StepOf<"drop">, background: Background): string[] {
  const neigh = BY_MAC.has(drop.reason) ? neighOf(steps, drop) : undefined;
  if (neigh === undefined) return [];
  const owner = background.ownerOf(neigh);
  if (drop.reason === "NO_TX_TARGET" && owner?.address !== undefined && isRight(owner))
    return [`the fdb of ${neigh.dev} has no row for ${background.placeName(owner.address.ns)} ${owner.address.dev}`];
  const fdb = steps.findLast((step) => step.kind === "fdb" && step.mac === neigh.lladdr && step.ns !== drop.ns);
  // The MAC is right: the frame was carried to another machine.
  if (fdb?.kind === "fdb" && (owner === undefined || isRight(owner))) return [fdbText(fdb, background), ...author(fdb)];
  return [`${neighText(neigh, background)}${background.otherMac(neigh)}`, ...author(neigh)];
}

/** The row whose MAC the dropped frame had: that of the inner frame of a tunnel is older than that of the outer one. */
function neighOf(steps: Way["steps"], drop: StepOf<"drop">): StepOf<"neigh"> | undefined {
  const mac = frameMac(steps, drop) ?? /([\da-f]{2}:){5}[\da-f]{2}/.exec(drop.detail)?.[0];
  const found = steps.findLast((step) => step.kind === "neigh" && step.lladdr !== "" && step.lladdr === mac);
  return found?.kind === "neigh" ? found : undefined;
}

/** Destination of the frame as it came in where it was dropped. */
function frameMac(steps: Way["steps"], { ns, reason }: StepOf<"drop">): string | undefined {
  const rx = steps.findLast((step) => step.kind === "rx" && step.ns === ns);
  if (reason !== "OTHERHOST" || rx?.kind !== "rx") return undefined;
  return [...rx.frame.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function neighText({ nexthop, ns, lladdr }: StepOf<"neigh">, background: Background): string {
  return `neigh ${nexthop} on ${background.placeName(ns)} = ${lladdr}`;
}

function fdbText({ mac, dev, ns, port }: StepOf<"fdb">, background: Background): string {
  return `fdb ${mac} dev ${dev} on ${background.placeName(ns)} → ${background.named(port)}`;
}

function author({ origin }: StepOf<"neigh"> | StepOf<"fdb">): string[] {
  return origin?.agent === "boot" ? [] : authorOf(origin);
}
