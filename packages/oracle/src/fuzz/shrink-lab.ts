// Makes the lab of a finding smaller while the difference shows: whole namespaces first, with all that leads to them, then single
// settings. Links are not taken apart: a device without its other half would have the real kernel waited for. A lab that does not
// stand without something is told by our own kernel, and costs the real one nothing.

import type { ConfigOp } from "@kubehop/netstack";
import type { LiveDifference } from "../live/compare.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import type { FuzzFinding } from "./fuzz.ts";
import { shrinkList } from "./shrink.ts";

/** What both kernels show of the finding on another lab; null: the lab does not stand. */
export type CompareOn = (lab: LabSpec) => readonly LiveDifference[] | null;

export function shrinkLab(finding: FuzzFinding, compare: CompareOn, tries: number): FuzzFinding {
  const [wanted] = finding.differences;
  if (wanted === undefined) return finding;
  let found = finding;
  const holds = (lab: LabSpec): boolean => {
    const differences = compare(lab) ?? [];
    // The same at the same place: a lab that lacks something differs in other ways too.
    const same = differences.find((one) => kindOf(one) === kindOf(wanted));
    if (same === undefined) return false;
    found = { ...finding, lab, differences: [same, ...differences.filter((one) => one !== same)] };
    return true;
  };
  const budget = { tries };
  const used = namespacesOfSteps(finding);
  for (const ns of finding.lab.namespaces)
    if (!used.has(ns) && budget.tries-- > 0) holds(withoutNamespace(found.lab, ns));
  const { lab } = found;
  const settings = lab.build.flatMap(({ ops }) => ops.filter(isSetting));
  shrinkList(settings, (kept) => holds(withSettings(lab, new Set(kept))), budget);
  return found;
}

/** What differs, but for what chance and clocks decide: ids, ports, checksums. */
function kindOf({ what, where, kernel, ours }: LiveDifference): string {
  const texts = [kernel, ours].map((text) => (text.split("\n", 1)[0] ?? "").replaceAll(/\d+/g, "#"));
  return [what, where, ...texts].join("\n");
}

function namespacesOfSteps({ before, fuzzCase }: FuzzFinding): ReadonlySet<string> {
  const steps = [...before, fuzzCase].flatMap((one) => one.steps);
  return new Set(steps.map((step) => ("ops" in step ? step.ops.ns : "frame" in step ? step.frame[0] : step.udp[0])));
}

const SETTINGS: ReadonlySet<ConfigOp["op"]> = new Set<ConfigOp["op"]>([
  "sysctl",
  "modprobe",
  "route-add",
  "rule-add",
  "neigh-replace",
  "fdb-replace",
]);

/** Without it all links still come up. */
function isSetting(op: ConfigOp): boolean {
  return SETTINGS.has(op.op) || (op.op === "link-set" && op.up === undefined && op.master === undefined);
}

function withSettings(lab: LabSpec, kept: ReadonlySet<ConfigOp>): LabSpec {
  return { ...lab, build: filtered(lab, (_, op) => kept.has(op) || !isSetting(op)) };
}

function withoutNamespace(lab: LabSpec, gone: string): LabSpec {
  const lost = new Set(
    lab.build.flatMap(({ ns, ops }) => ops.flatMap((op) => (peerIn(op, gone) ? [`${ns}/${op.name}`] : []))),
  );
  for (const { ns, ops } of lab.build) {
    if (ns !== gone) continue;
    for (const op of ops)
      if (op.op === "link-add" && op.link.type === "veth") lost.add(`${op.link.peer.netns ?? ns}/${op.link.peer.name}`);
  }
  const isLost = (ns: string, op: ConfigOp): boolean => namesOf(op).some((name) => lost.has(`${ns}/${name}`));
  return {
    ...lab,
    namespaces: lab.namespaces.filter((ns) => ns !== gone),
    routers: lab.routers.filter((ns) => ns !== gone),
    mute: lab.mute.filter(({ ns }) => ns !== gone),
    build: filtered(lab, (ns, op) => ns !== gone && !isLost(ns, op)),
  };
}

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;

function peerIn(op: ConfigOp, ns: string): op is LinkAdd {
  return op.op === "link-add" && op.link.type === "veth" && op.link.peer.netns === ns;
}

/** Devices that an operation names; a sysctl's is the last but one of its words, with slashes for dots. */
function namesOf(op: ConfigOp): string[] {
  if (op.op === "sysctl")
    return op.key
      .split(".")
      .slice(-2, -1)
      .map((name) => name.replaceAll("/", "."));
  const fields: Readonly<Record<string, unknown>> = { ...op };
  return ["name", "dev", "iif", "oif"].flatMap((key) => {
    const value = fields[key];
    return typeof value === "string" ? [value] : [];
  });
}

function filtered({ build }: LabSpec, keep: (ns: string, op: ConfigOp) => boolean): LabSpec["build"] {
  return build
    .map(({ ns, ops }) => ({ ns, ops: ops.filter((op) => keep(ns, op)) }))
    .filter(({ ops }) => ops.length > 0);
}
