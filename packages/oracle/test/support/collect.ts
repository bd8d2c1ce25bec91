// Which matches, targets and options occur in the recordings: read from the recordings, so that nothing is claimed that is not there.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type ExtensionSupport, KEPT_SYSCTLS } from "@kubehop/netstack";
import type { ExtensionEvidence, XtEvidence } from "../../src/support/evidence.ts";

const XTABLES = "../../../netstack/test/netfilter/xtables/data/";

const RULE_SETS = ["rulefuzz", "rulefuzz-60211", "rulefuzz-773301", "rulefuzz-sets-424207"];
const LABS = ["dataset", "example20", "routers-6.18.44"];

interface Fuzz {
  readonly ipsets?: string;
  readonly cases: readonly { readonly ipsets?: string; readonly counters: readonly string[] }[];
}
interface RecordedPlace {
  readonly sysctl: Readonly<Record<string, string>>;
  readonly links: readonly { readonly linkinfo?: { readonly info_kind?: string } }[];
}
interface Dataset {
  readonly lab: Readonly<Record<string, RecordedPlace>>;
  readonly cases: readonly {
    readonly rules: Readonly<Record<string, readonly [number, number]>>;
    readonly setup?: readonly { readonly cmd: string }[];
  }[];
}
interface ToolRow {
  readonly args: readonly string[];
  readonly rc: number;
  readonly save?: readonly string[];
}

function json<T>(path: string): T {
  const bytes = readFileSync(new URL(path, import.meta.url));
  return JSON.parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()) as T;
}

/** Rules that counted a packet while a recording was made. */
function rulesWithPackets(): string[] {
  const fuzz = RULE_SETS.flatMap((name) =>
    json<Fuzz>(`../data/${name}.json.gz`).cases.flatMap(({ counters }) =>
      counters.filter((line) => /^\[[1-9]/.test(line)),
    ),
  );
  const lab = LABS.flatMap((name) =>
    json<Dataset>(`../data/${name}.json.gz`).cases.flatMap(({ rules }) => Object.keys(rules)),
  );
  return [...fuzz, ...lab];
}

/** Left out of the comparison with the tool (netstack's test of one rule at a time). */
const NOT_COMPARED = /hashlimit|-m set|-m tos|-j TOS|-j QUEUE|--proto=tcp|-ptcp/;

/** Rules whose printed text is compared with that of iptables 1.8.9: as typed and as printed. */
function rulesOfTheTool(): string[] {
  return ["nft", "legacy"].flatMap((kind) =>
    json<ToolRow[]>(`${XTABLES}iptables-1.8.9-${kind}.json`)
      .filter(({ rc, args }) => rc === 0 && !NOT_COMPARED.test(args.join(" ")))
      .flatMap(({ args, save = [] }) => [` ${args.join(" ")}`, ...save]),
  );
}

/** Every sysctl that a recording says the value of, or sets for a case, in order. */
export function recordedSysctls(): string[] {
  const names = LABS.map((name) => json<Dataset>(`../data/${name}.json.gz`)).flatMap(({ lab, cases }) => [
    ...Object.values(lab).flatMap(({ sysctl }) => Object.keys(sysctl)),
    ...cases.flatMap(({ setup = [] }) => setup.map(({ cmd }) => /^sysctl -w (\S+)=/.exec(cmd)?.[1] ?? "")),
  ]);
  const any = names.filter((name) => name !== "").map((name) => name.replace(/(?<=\.(?:conf|neigh)\.)[^.]+/, "all"));
  // What is kept but decides nothing is not proven by being set.
  return [...new Set(any)].filter((name) => !KEPT_SYSCTLS.includes(name.split(".").at(-1) ?? "")).sort();
}

/** Every kind of device in a recorded lab, in order. */
export function recordedDevices(): string[] {
  const places = LABS.flatMap((name) => Object.values(json<Dataset>(`../data/${name}.json.gz`).lab));
  const kinds = places.flatMap(({ links }) => links.map(({ linkinfo }) => linkinfo?.info_kind ?? "loopback"));
  return [...new Set(kinds)].sort();
}

/** Every type of set in a recording, in order. */
export function recordedSetTypes(): string[] {
  const texts = RULE_SETS.map((name) => json<Fuzz>(`../data/${name}.json.gz`)).flatMap(({ ipsets, cases }) => [
    ipsets ?? "",
    ...cases.map((one) => one.ipsets ?? ""),
  ]);
  const types = texts.flatMap((text) => [...text.matchAll(/^create \S+ (\S+)/gm)].map(([, type = ""]) => type));
  return [...new Set(types)].sort();
}

type Found = Map<string, Set<string>>;

/** Adds `matches tcp` → `dport` and so on for one rule in iptables-save's form. */
function addRule(found: Found, rule: string): void {
  let owner: string | undefined;
  for (const [, letter, name = "", option] of rule.matchAll(
    /(?<=\s)(?:-([mjgp]) (\S+)|--([\w-]+))(?=\s|$)|"(?:[^"\\]|\\.)*"/g,
  )) {
    if (letter !== undefined) {
      // `-p tcp` brings its match in with its first option.
      owner = `${letter === "m" || letter === "p" ? "matches" : "targets"} ${name}`;
      if (letter === "p") continue;
      if (!found.has(owner)) found.set(owner, new Set());
    } else if (owner !== undefined && option !== undefined) {
      if (!found.has(owner)) found.set(owner, new Set());
      found.get(owner)?.add(option);
    }
  }
}

function optionsByExtension(rules: readonly string[]): Found {
  const found: Found = new Map();
  for (const rule of rules) addRule(found, rule);
  return found;
}

/** The names of an extension's own options among those found; abbreviations and options of other extensions fall out. */
function ownOptions({ options }: ExtensionSupport, found: ReadonlySet<string>): string[] {
  return options.filter(({ spellings }) => spellings.some((s) => found.has(s))).map(({ name }) => name);
}

/** Evidence for the extensions given, in their order. */
export function collectEvidence(
  extensions: Readonly<Record<keyof XtEvidence, readonly ExtensionSupport[]>>,
): XtEvidence {
  const packets = optionsByExtension(rulesWithPackets());
  const text = optionsByExtension(rulesOfTheTool());
  const one = (kind: keyof XtEvidence, extension: ExtensionSupport): ExtensionEvidence => {
    const key = `${kind} ${extension.name}`;
    const [decided, printed] = [packets, text].map((found) => {
      const options = found.get(key);
      return options === undefined ? undefined : ownOptions(extension, options);
    });
    return {
      ...(decided === undefined ? {} : { packets: decided }),
      ...(printed === undefined ? {} : { text: printed }),
    };
  };
  const all = (kind: keyof XtEvidence): XtEvidence["matches"] =>
    Object.fromEntries(
      extensions[kind]
        .map((extension) => [extension.name, one(kind, extension)] as const)
        .filter(([, evidence]) => Object.keys(evidence).length > 0),
    );
  return { matches: all("matches"), targets: all("targets") };
}
