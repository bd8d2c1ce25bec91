// The half of the support page that is about the network stack: netfilter, conntrack, devices, routes, sysctls, kernels.
import {
  conntrackSupport,
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
import { areaEvidence, type ExtensionEvidence, PROOF_WORDS, RECORDED_SYSCTLS, XT_EVIDENCE } from "@kubehop/oracle";
import { code, codes, section, table } from "./markdown.ts";

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

/** One row: each option in the column of the strongest proof it has. */
function extensionRow(evidence: ExtensionEvidence | undefined, { name, options }: ExtensionSupport): string[] {
  const inPackets = evidence?.packets;
  const inText = evidence?.text;
  const cell = (present: boolean, list: readonly OptionSupport[]): string =>
    list.length > 0 ? codes(list.map(option)) : present && options.length === 0 ? "✓" : "";
  const taken = options.filter(({ refused }) => !refused);
  const decided = taken.filter((o) => inPackets?.includes(o.name) === true);
  const printed = taken.filter((o) => !decided.includes(o) && inText?.includes(o.name) === true);
  const rest = taken.filter((o) => !decided.includes(o) && !printed.includes(o));
  return [
    code(name),
    cell(inPackets !== undefined, decided) || (inPackets === undefined ? "" : "✓"),
    cell(inPackets === undefined && inText !== undefined, printed),
    cell(evidence === undefined, rest),
    options.some(({ refused }) => refused) ? codes(options.filter(({ refused }) => refused).map(option)) : "",
  ];
}

function netfilter(): string {
  const { tables, matches, targets, refusedMatches, refusedTargets, releases } = xtablesSupport();
  const head = ["recorded packets", "text of iptables 1.8.9", "unit tests only", "refused"];
  const sets = setTypeSupport();
  return section(
    "iptables",
    "Both back ends, `nft` and `legacy`. An option stands in the column of the strongest proof it has: **recorded packets** means that a rule with it counted packets on a 6.18 kernel and counts the same here; **text of iptables 1.8.9** that what the real tool accepts and prints is compared; the rest has our own tests. ✓ is the match or target itself.",
    table(
      ["match", ...head],
      matches.map((m) => extensionRow(XT_EVIDENCE.matches[m.name], m)),
    ),
    table(
      ["target", ...head],
      targets.map((t) => extensionRow(XT_EVIDENCE.targets[t.name], t)),
    ),
    `Refused by name: matches ${codes(refusedMatches)}; targets ${codes(refusedTargets)}.`,
    table(
      ["table", "built-in chains"],
      tables.map(({ name, chains }) => [code(name), chains.join(" ")]),
    ),
    table(
      ["tool", "back ends", "texts"],
      releases.map(({ version, nft }) => [version, nft ? "legacy, nft" : "legacy", proofOf(`iptables ${version}`)]),
    ),
    `ipset: ${sets.modelled.length === 0 ? "not modelled, refused by name" : `set types ${codes(sets.modelled)}; refused ${codes(sets.refused)}`}.`,
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

function devices(): string {
  const options = ({ name, note }: { readonly name: string; readonly note: string }): string =>
    note === "" ? code(name) : `${code(name)} (${note})`;
  return section(
    "Devices",
    table(
      ["kind", "made with"],
      [
        ["loopback", "every namespace has one"],
        ...deviceSupport().map(({ kind, options: list }) => [kind, list.map(options).join(", ") || "–"]),
      ],
    ),
    table(
      ["can be changed on", "what"],
      linkChangeSupport().map(({ of, names }) => [of, codes(names)]),
    ),
    "Every other kind (`vlan`, `bond`, `macvlan`, `ipvlan`, `tun`, `gre`, `ipip`, `geneve`, `wireguard` …) is refused by name. Spanning tree, VLAN filtering, IGMP snooping and queueing disciplines are not modelled; bridges forward multicast to all ports.",
  );
}

function doors(): string {
  const ops = opSupport();
  const refused = ops.filter(({ modelled }) => !modelled).map(({ op }) => op);
  const { types, route, rule } = routingSupport();
  const bySubsystem = [...new Set(ops.map(({ of }) => of))].map((of) => [
    of,
    codes(ops.filter((row) => row.of === of && row.modelled).map(({ op }) => op)),
  ]);
  return section(
    "Configuration",
    "Everything that changes a namespace is one of these operations, whoever asks: an agent, a scenario or a typed command.",
    table(["of", "operations"], bySubsystem),
    refused.length === 0 ? "" : `Refused: ${codes(refused)}.`,
    table(
      ["of", "what can be said"],
      [
        ["route types", codes(types)],
        ["a route", codes(route)],
        ["a routing rule", codes(rule)],
      ],
    ),
  );
}

/** Names below one prefix in one row; those that do nothing, and those a recording sets, in their own columns. */
function grouped(names: readonly string[], module?: string): string[][] {
  const prefixes = new Map<string, string[]>();
  for (const name of names) {
    const cut = name.lastIndexOf(".") + 1;
    const list = prefixes.get(name.slice(0, cut)) ?? [];
    prefixes.set(name.slice(0, cut), [...list, name.slice(cut)]);
  }
  return [...prefixes].map(([prefix, words]) => {
    const recorded = words.filter((word) => RECORDED_SYSCTLS.includes(prefix.replace("DEV", "all") + word));
    const kept = words.filter((word) => KEPT_SYSCTLS.includes(word));
    return [
      module === undefined ? code(prefix) : `${code(prefix)} with module ${code(module)}`,
      codes(recorded),
      codes(words.filter((word) => !recorded.includes(word) && !kept.includes(word))),
      codes(kept),
    ];
  });
}

function sysctls(): string {
  const { plain, perDevice, modules } = sysctlSupport();
  return section(
    "sysctls",
    "A name that is not here does not exist: reading and writing it fails as on a kernel without it. `DEV` is a device, `default`, or (under `conf`) `all`.",
    table(
      ["below", "set in a recording", "unit tests only", "kept and shown, without effect"],
      [...grouped(plain), ...grouped(perDevice), ...modules.flatMap(({ module, names }) => grouped(names, module))],
    ),
  );
}
