// The half of the support page that is about clusters: Kubernetes objects, kube-proxy, network plugins, commands, scenario keys.
import { BRIDGE_FEATURES, flannelRules } from "@kubehop/cni";
import { commandSupport, refusedCommands } from "@kubehop/commands";
import {
  IGNORED_KINDS,
  KIND_NAMES,
  KINDS,
  REFUSED_ANNOTATIONS,
  REFUSED_KINDS,
  type SupportRow,
  supportRows,
} from "@kubehop/kube";
import { faultSupport, FLAVOURS, plannedRows, SHORTCUTS } from "@kubehop/lab";
import { FEATURE_ROWS, otherLayout, PROVEN_MINORS } from "@kubehop/proxy";
import { proofOf } from "./kernel-part.ts";
import { code, codes, section, table } from "./markdown.ts";

export function clusterPart(): string[] {
  return [releases(), kinds(), proxy(), plugins(), commands(), faults(), shortcuts(), scenarioKeys()];
}

function releases(): string {
  const rows = Object.values(FLAVOURS).map((f) => [
    f.kubernetes,
    f.kernel,
    `${f.iptables.version} (${f.iptables.backend})`,
    f.iproute2,
    f.flannel,
    f.plugins,
    f.docker ?? "–",
    otherLayout(`${f.kubernetes}.1`) ?? "all",
    f.source,
  ]);
  return section(
    "Releases of Kubernetes",
    "What a release brings along when the scenario does not say otherwise. Every other release is refused.",
    table(
      ["Kubernetes", "kernel", "iptables", "iproute2", "flannel", "CNI plugins", "dockerd", "patch levels", "after"],
      rows,
    ),
  );
}

/** Below a pod template everything is as of a Pod: told once. */
const TEMPLATE = /^spec\.template\./;

function fields(rows: readonly SupportRow[], support: SupportRow["support"]): string {
  const own = rows.filter(
    (row) => row.support === support && !TEMPLATE.test(row.field) && !/^(apiVersion|kind)$/.test(row.field),
  );
  return codes(own.map(({ field }) => field));
}

function kinds(): string {
  const common = supportRows(KINDS.Pod.shape()).filter(({ field }) => field.startsWith("metadata."));
  const names = new Set(common.map(({ field }) => field));
  const rows = KIND_NAMES.map((kind) => {
    const all = supportRows(KINDS[kind].shape());
    const own = all.filter(({ field }) => !names.has(field));
    const template = all.some(({ field }) => TEMPLATE.test(field)) ? " `spec.template` as a Pod" : "";
    return [
      `${kind} (${KINDS[kind].apiVersions.join(", ")})`,
      `${fields(own, "modelled")}${template}`,
      fields(own, "ignored"),
      fields(own, "refused"),
    ];
  });
  const reasons = new Map<string, string>();
  for (const kind of KIND_NAMES)
    for (const { field, support, note } of supportRows(KINDS[kind].shape()))
      if (support === "refused") reasons.set(field.replace(/^spec\.template\.(spec|metadata)\./, "$1."), note ?? "");
  return section(
    "Kubernetes objects",
    "Ignored fields do nothing to the network: they are accepted and listed by `validate`. Refused ones would change it. Any other field is an error.",
    table(
      ["kind", "modelled", "ignored", "refused"],
      [["every kind", fields(common, "modelled"), fields(common, "ignored"), fields(common, "refused")], ...rows],
    ),
    table(
      ["refused field", "because"],
      [...reasons].map(([field, note]) => [code(field), note]),
    ),
    table(
      ["refused annotation", "because"],
      Object.entries(REFUSED_ANNOTATIONS).map(([key, note]) => [code(key), note]),
    ),
    table(["refused kind", "because"], Object.entries(REFUSED_KINDS)),
    `Ignored kinds: ${IGNORED_KINDS.join(", ")}. Every other kind is refused.`,
  );
}

function proxy(): string {
  const minors = PROVEN_MINORS.map((minor) => `1.${minor}`);
  const names = [...new Set(FEATURE_ROWS.map(({ feature }) => feature))];
  const valueFor = (feature: string, minor: number): string => {
    const row = FEATURE_ROWS.find((r) => r.feature === feature && r.first <= minor && minor <= (r.last ?? Infinity));
    return row === undefined ? "–" : String(row.value);
  };
  return section(
    "kube-proxy",
    "iptables mode. Layouts that were compared with dumps of that release:",
    table(
      ["layout", "proof"],
      minors.map((release) => [release, proofOf(`proxy ${release}`)]),
    ),
    table(
      ["feature", ...minors],
      names.map((feature) => [code(feature), ...PROVEN_MINORS.map((minor) => valueFor(feature, minor))]),
    ),
  );
}

/** Releases at which flannel's rules change, found by asking for all of them. */
function flannelReleases(): string[] {
  const candidates = Array.from({ length: 26 }, (_, i) => i + 5).flatMap((minor) =>
    Array.from({ length: 10 }, (_, patch) => `0.${minor}.${patch}`),
  );
  const rules = (version: string): string =>
    JSON.stringify(
      flannelRules({ version, network: "10.244.0.0/16", subnet: "10.244.1.0/24", ipMasq: true, randomFully: true }),
    );
  return candidates.filter((version, i) => i > 0 && rules(version) !== rules(candidates[i - 1] ?? version));
}

function plugins(): string {
  const bridge = Object.entries(BRIDGE_FEATURES).map(([name, row]) => [
    code(name),
    row.first,
    "until" in row ? row.until : "",
    row.source,
  ]);
  return section(
    "Pod networks",
    table(
      ["network", "modelled"],
      [
        ["flannel", `backend vxlan, \`--ip-masq\`; rules change with ${flannelReleases().join(", ")}`],
        ["bridge and host-local plugins", "rows below"],
        ["docker", "pods on docker0 of one node; dockerd's chains by release"],
      ],
    ),
    table(["bridge plugin", "from", "before", "source"], bridge),
  );
}

/** Rows that say the same are one row with several names. */
function joined(rows: readonly (readonly [name: string, ...rest: string[]])[]): string[][] {
  const names = new Map<string, { readonly rest: readonly string[]; readonly list: string[] }>();
  for (const [name, ...rest] of rows) {
    const key = rest.join("\n");
    const known = names.get(key);
    if (known === undefined) names.set(key, { rest, list: [name] });
    else known.list.push(name);
  }
  return [...names.values()].map(({ rest, list }) => [codes(list), ...rest]);
}

function commands(): string {
  const list = commandSupport();
  const proof = (name: string): string => proofOf(`command ${name.replace(/^(iptables)-.*$/, "$1")}`);
  const words = list.filter((c) => c.words.length > 0 || c.refused.length > 0);
  return section(
    "Commands",
    "Options that the real tool does not know fail in its words; options it has and kubehop has not are refused by name.",
    table(["command", "does", "proof"], joined(list.map(({ name, summary }) => [name, summary, proof(name)]))),
    table(
      ["command", "words and options", "refused"],
      joined(words.map((c) => [c.name, c.words.length === 0 ? "see above" : codes(c.words), codes(c.refused)])),
    ),
    table(["refused command", "instead"], joined(refusedCommands().map(({ name, instead }) => [name, instead]))),
  );
}

function faults(): string {
  return section(
    "Faults",
    "What no command can do, as steps of a scenario. A link's loss, delay, duplicates and order are those of sch_netem, drawn by the run's seed.",
    table(
      ["key", "does", "beside it", ""],
      faultSupport().map(({ key, meaning, beside, refused }) => [
        code(key),
        meaning,
        codes(beside),
        refused ? "refused" : "modelled",
      ]),
    ),
  );
}

function shortcuts(): string {
  return section(
    "Without packets",
    "What a cluster does over its network and kubehop does not.",
    table(
      ["what", "here"],
      SHORTCUTS.map(({ what, here }) => [what, here]),
    ),
  );
}

function scenarioKeys(): string {
  return section(
    "Scenario keys to come",
    "Known to the grammar, refused until what they need is there. All keys that work: [SCENARIO.md](SCENARIO.md).",
    table(
      ["in", "key", "waits for"],
      plannedRows().map(({ where, key, waitsFor }) => [where, code(key), waitsFor]),
    ),
  );
}
