// The half of the support page that is about the network stack: netfilter, conntrack, devices, routes, sysctls, kernels.
import {
  conntrackSupport,
  type DeviceSupport,
  deviceSupport,
  type ExtensionSupport,
  KEPT_SYSCTLS,
  KERNEL_FLAVOURS,
  linkChangeSupport,
  opSupport,
  type OptionSupport,
  routingSupport,
  setTypeSupport,
  sysctlSupport,
  xtablesSupport,
} from "@kubehop/netstack";
import { areaEvidence, PROOF_WORDS } from "@kubehop/oracle";
import { code, codes, section, table } from "./markdown.ts";
import { LABS, type Owned, proofTable, RECORDED, ROUND_TRIP, TOOL, type Word, wordsOf } from "./proofs.ts";

export function kernelPart(): string[] {
  return [kernels(), netfilter(), conntrack(), devices(), doors(), sysctls()];
}

/** What stands behind an area, in a cell. */
export function proofOf(area: string): string {
  const { proof, by } = areaEvidence(area);
  return by === "" ? PROOF_WORDS[proof] : `${PROOF_WORDS[proof]}: ${by}`;
}

function kernels(): string {
  const [oldest, ...rest] = Object.values(KERNEL_FLAVOURS);
  const rows = [oldest, ...rest].flatMap((flavour) =>
    flavour === undefined ? [] : [[flavour.version, proofOf(`kernel ${flavour.version}`)]],
  );
  const keys = Object.keys(oldest ?? {}).filter((key) => key !== "version");
  const values = keys.map((key) => [
    code(key),
    ...Object.values(KERNEL_FLAVOURS).map((flavour) => String((flavour as unknown as Record<string, unknown>)[key])),
  ]);
  return section(
    "Kernels",
    table(["flavour", "seen"], rows),
    "They differ in these rows only; `true` means that the kernel does so:",
    table(["row", ...Object.keys(KERNEL_FLAVOURS)], values),
  );
}

const option = ({ name, invert }: OptionSupport): string => `${invert ? "[!] " : ""}--${name}`;

const XT_COLUMNS = [RECORDED, LABS, TOOL, ROUND_TRIP];

/** The options, and the match or target itself where it can stand alone: it has no options, or a recording has it without. */
function extensionWords(kind: "matches" | "targets", { name, options }: ExtensionSupport): Owned {
  const thing = `${kind} ${name}`;
  const taken = options.filter(({ refused }) => !refused);
  const isProvenAlone = RECORDED.has(thing) && !taken.some((o) => RECORDED.has(`${thing} --${o.name}`));
  const alone = options.length === 0 || isProvenAlone ? [{ text: "alone", thing }] : [];
  return {
    owner: code(name),
    words: [...alone, ...taken.map((o) => ({ text: code(option(o)), thing: `${thing} --${o.name}` }))],
  };
}

function refusedOptions(extensions: readonly ExtensionSupport[]): string {
  const rows = extensions.flatMap(({ name, options }) => {
    const refused = options.filter((o) => o.refused).map(option);
    return refused.length === 0 ? [] : [`of ${code(name)} ${codes(refused)}`];
  });
  return rows.length === 0 ? "none" : rows.join(", ");
}

function netfilter(): string {
  const { tables, matches, targets, refusedMatches, refusedTargets, releases } = xtablesSupport();
  const sets = setTypeSupport();
  return section(
    "iptables",
    "Both back ends, `nft` and `legacy`. **recorded**: a rule with it counted packets on a 6.18 kernel and counts the same here. **random labs**: it is drawn there, and what the rule did to packets, connections and counters is compared. **real tool**: what iptables 1.8.9 took and printed is compared in the test suite. **round trip**: drawn with values at their edges. **alone** is the match or target without options, `[!]` an option that takes a `!` in front.",
    proofTable(
      ["match", "options"],
      matches.map((m) => extensionWords("matches", m)),
      XT_COLUMNS,
    ),
    proofTable(
      ["target", "options"],
      targets.map((t) => extensionWords("targets", t)),
      XT_COLUMNS,
    ),
    `Refused by name: options ${refusedOptions([...matches, ...targets])}; matches ${codes(refusedMatches)}; targets ${codes(refusedTargets)}.`,
    table(
      ["table", "built-in chains"],
      tables.map(({ name, chains }) => [code(name), chains.join(" ")]),
    ),
    table(
      ["tool", "back ends", "texts"],
      releases.map(({ version, nft }) => [version, nft ? "legacy, nft" : "legacy", proofOf(`iptables ${version}`)]),
    ),
    proofTable(
      ["`ipset`", "modelled"],
      [{ owner: "types of sets", words: wordsOf("set ", sets.modelled) }],
      [RECORDED, LABS, ROUND_TRIP],
    ),
    `Refused types of sets: ${codes(sets.refused)}.`,
  );
}

function conntrack(): string {
  const { protocols, verbs, refusedVerbs, filters, protocolFilters, output, refusedOutput } = conntrackSupport();
  return section(
    "Connection tracking",
    table(
      ["protocol", "proof", "filters of the command behind `-p`"],
      [
        ...protocols.map((name) => [
          name,
          proofOf(`conntrack ${name}`),
          codes(protocolFilters.find(({ protocol }) => protocol === name)?.filters ?? []),
        ]),
        ["every other (by addresses)", proofOf("conntrack others"), "–"],
      ],
    ),
    table(
      ["`conntrack`", "modelled", "refused"],
      [
        ["commands", codes(verbs), codes(refusedVerbs)],
        ["filters", codes(filters), "–"],
        ["`-o`", codes(output), codes(refusedOutput)],
      ],
    ),
    "Not there: expectations and helpers (FTP, SIP …), so no connection is ever made by another one's payload.",
  );
}

/** Its kind and what it is made with. */
function deviceWords({ kind, options }: DeviceSupport): Owned {
  const words = options.map(({ name, note }) => ({
    text: note === "" ? code(name) : `${code(name)} (${note})`,
    thing: `device ${kind} ${name}`,
  }));
  return { owner: kind, words: [{ text: "itself", thing: `device ${kind}` }, ...words] };
}

function devices(): string {
  const loopback = { owner: "loopback", words: [{ text: "in every namespace", thing: "device loopback" }] };
  return section(
    "Devices",
    "**recorded**: a device of this kind stands in the lab of a recording; what it was made with is not told apart.",
    proofTable(["kind", "made with"], [loopback, ...deviceSupport().map(deviceWords)], [RECORDED, LABS]),
    proofTable(
      ["can be changed on", "what"],
      linkChangeSupport().map(({ of, names }) => ({ owner: of, words: wordsOf("change ", names) })),
      [LABS],
    ),
    "Every other kind (`vlan`, `bond`, `macvlan`, `ipvlan`, `tun`, `gre`, `ipip`, `geneve`, `wireguard` …) is refused by name. Spanning tree, VLAN filtering, IGMP snooping and queueing disciplines are not modelled; bridges forward multicast to all ports. Nor is membership in multicast groups: nobody joins one beyond 224.0.0.1, and IGMP is neither sent nor understood.",
  );
}

function doors(): string {
  const ops = opSupport();
  const refused = ops.filter(({ modelled }) => !modelled).map(({ op }) => op);
  const { types, route, rule } = routingSupport();
  const bySubsystem = [...new Set(ops.map(({ of }) => of))].map((of) => ({
    owner: of,
    words: wordsOf(
      "op ",
      ops.filter((row) => row.of === of && row.modelled).map(({ op }) => op),
    ),
  }));
  return section(
    "Configuration",
    "Everything that changes a namespace is one of these operations, whoever asks: an agent, a scenario or a typed command.",
    proofTable(["of", "operations"], bySubsystem, [LABS]),
    refused.length === 0 ? "" : `Refused: ${codes(refused)}.`,
    proofTable(
      ["of", "what can be said"],
      [
        { owner: "route types", words: wordsOf("route type ", types) },
        { owner: "a route", words: wordsOf("route ", route) },
        { owner: "a routing rule", words: wordsOf("rule ", rule) },
      ],
      [LABS],
    ),
  );
}

interface SysctlGroup {
  readonly below: string;
  /** Those that do something. */
  readonly words: readonly Word[];
  readonly kept: readonly string[];
}

/** Names below one prefix together. */
function grouped(names: readonly string[], module?: string): SysctlGroup[] {
  const prefixes = new Map<string, string[]>();
  for (const name of names) {
    const cut = name.lastIndexOf(".") + 1;
    const list = prefixes.get(name.slice(0, cut)) ?? [];
    prefixes.set(name.slice(0, cut), [...list, name.slice(cut)]);
  }
  return [...prefixes].map(([prefix, words]) => ({
    below: module === undefined ? code(prefix) : `${code(prefix)} with module ${code(module)}`,
    words: words
      .filter((word) => !KEPT_SYSCTLS.includes(word))
      .map((word) => ({ text: code(word), thing: `sysctl ${prefix}${word}` })),
    kept: words.filter((word) => KEPT_SYSCTLS.includes(word)),
  }));
}

function sysctls(): string {
  const { plain, perDevice, modules } = sysctlSupport();
  const groups = [
    ...grouped(plain),
    ...grouped(perDevice),
    ...modules.flatMap(({ module, names }) => grouped(names, module)),
  ];
  const kept = groups.filter((group) => group.kept.length > 0);
  return section(
    "sysctls",
    "A name that is not here does not exist: reading and writing it fails as on a kernel without it. `DEV` is a device, `default`, or (under `conf`) `all`. **recorded** and **random labs**: it has a value of its own there.",
    proofTable(
      ["below", "names"],
      groups.map(({ below, words }) => ({ owner: below, words })),
      [RECORDED, LABS],
    ),
    table(
      ["below", "kept and shown, without effect"],
      kept.map((group) => [group.below, codes(group.kept)]),
    ),
  );
}
