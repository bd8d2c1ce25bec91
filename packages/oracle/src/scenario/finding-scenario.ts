// A difference that a search found as a scenario file: the lab as commands, then every case's rules and packets as steps. No expected
// values are taken from the kernel: `verify` asks it again.

import { fromHex } from "@kubehop/netstack";
import type { ConfigOp } from "@kubehop/netstack";
import { caseOps } from "../fuzz/fuzz-case.ts";
import type { FuzzCase } from "../fuzz/fuzz-case.ts";
import { differenceLines } from "../fuzz/fuzz-report.ts";
import type { FuzzFinding } from "../fuzz/fuzz.ts";
import { frameText } from "../live/frame-text.ts";
import type { PlayStep } from "../live/kernel.ts";
import type { LabSpec } from "../live/lab-spec.ts";
import { QUIET_ICMP } from "../live/quiet.ts";
import { opCommands } from "./op-commands.ts";
import { comment, runItem, scalar, title } from "./yaml-lines.ts";

/** `kernel`: what it was compared with, e.g. `Linux 6.18.44, iptables v1.8.9`. */
export function findingScenario(finding: FuzzFinding, kernel: string): string {
  const { seed, index, lab, fuzzCase, before } = finding;
  const cases = [...before, fuzzCase].map((one, i) => caseItems(lab, one, i === 0));
  const name = `case ${index} of seed ${seed}, ${lab.title}, ${lab.backend}`;
  return [
    ...comment(headerOf(finding, kernel, cases)),
    `scenario: ${title(name)}`,
    "namespaces:",
    ...lab.namespaces.map((ns) => `  ${ns}: ${namespaceText(lab, ns)}`),
    "build:",
    ...comment(["ICMP errors are not rationed: they would be told by a clock."]).map((line) => `  ${line}`),
    ...runItem(lab.namespaces, commandsOf(QUIET_ICMP)),
    ...buildItems(lab),
    "steps:",
    ...cases.flat(2),
    "",
  ].join("\n");
}

function headerOf(
  { differences, before, fuzzCase }: FuzzFinding,
  kernel: string,
  cases: readonly string[][][],
): string[] {
  const [first] = differences;
  const earlier = cases.slice(0, -1).flat().length;
  const own = (cases.at(-1) ?? []).length - fuzzCase.steps.length;
  const told = first === undefined ? [] : differenceLines({ ...first, step: first.step + earlier + own });
  return [
    `A difference between kubehop and ${kernel}, made small:`,
    ...told,
    ...(differences.length > 1 ? [`and ${differences.length - 1} more in the same step`] : []),
    ...(before.length === 0 ? [] : [`It shows only behind the steps of ${before.length} earlier cases.`]),
    "`kubehop verify FILE` compares the two again, `kubehop run FILE` shows what kubehop does.",
  ];
}

function namespaceText({ build, mute }: LabSpec, ns: string): string {
  const nics = build.filter((batch) => batch.ns === ns).flatMap(({ ops }) => ops.flatMap((op) => nicText(op)));
  const devices = mute.filter((one) => one.ns === ns).flatMap((one) => one.devices);
  const parts = [
    ...(nics.length === 0 ? [] : [`nics: { ${nics.join(", ")} }`]),
    ...(devices.length === 0 ? [] : [`mute: [${devices.join(", ")}]`]),
  ];
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function nicText(op: ConfigOp): string[] {
  if (op.op !== "link-add" || op.link.type !== "nic") return [];
  const { name, address, mtu } = op;
  const mac = address === undefined ? "" : `, mac: "${address}"`;
  return [`${name}: { segment: ${op.link.segment}${mac}${mtu === undefined ? "" : `, mtu: ${mtu}`} }`];
}

/** Batches that follow each other in one namespace are typed as one. */
function buildItems({ build }: LabSpec): string[] {
  const blocks: { ns: string; commands: string[] }[] = [];
  for (const { ns, ops } of build) {
    const commands = commandsOf(ops);
    const last = blocks.at(-1);
    if (last?.ns === ns) last.commands.push(...commands);
    else blocks.push({ ns, commands });
  }
  return blocks.filter(({ commands }) => commands.length > 0).flatMap(({ ns, commands }) => runItem([ns], commands));
}

/** The steps of a case, each as its lines; connections of the cases before it are forgotten. */
function caseItems(lab: LabSpec, fuzzCase: FuzzCase, isFirst: boolean): string[][] {
  const rules = lab.routers.flatMap((ns) => {
    const forget: ConfigOp[] = isFirst ? [] : [{ op: "conntrack", args: ["-F"] }];
    const commands = commandsOf([...caseOps(lab, fuzzCase, ns), ...forget]);
    return commands.length === 0 ? [] : [runItem([ns], commands)];
  });
  return [...rules, ...fuzzCase.steps.map((step) => stepItem(step))];
}

function stepItem(step: PlayStep): string[] {
  if ("ops" in step) return runItem([step.ops.ns], commandsOf(step.ops.ops));
  if ("frame" in step) {
    const [ns, dev, hex] = step.frame;
    const text = `  # ${frameText(hex)}`;
    return [text, `  - { in: ${ns}, inject: { dev: ${scalar(dev)}, frame: "${spacedFrame(hex)}" } }`];
  }
  const [ns, sport, dst, dport, hex] = step.udp;
  const bytes = hex === "" ? "" : `, bytes: "${hex}"`;
  return [`  - { in: ${ns}, datagram: { sport: ${sport}, to: "${dst}:${dport}"${bytes} } }`];
}

function commandsOf(ops: readonly ConfigOp[]): string[] {
  return ops.flatMap((op) => opCommands(op));
}

const ETH = 14;

/** Blanks behind both MACs, the type, and the header of IPv4. */
function spacedFrame(hex: string): string {
  const bytes = fromHex(hex);
  const isIp = bytes[12] === 8 && bytes[13] === 0 && bytes.length > ETH;
  const cuts = [0, 6, 12, ETH, ...(isIp ? [ETH + ((bytes[ETH] ?? 0) & 15) * 4] : []), bytes.length];
  const parts = cuts.slice(1).map((end, i) => hex.slice((cuts[i] ?? 0) * 2, end * 2));
  return parts.filter((part) => part !== "").join(" ");
}
