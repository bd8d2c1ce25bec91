// What the live checks prove: read from what they draw, so that nothing can be claimed here that is not drawn.
import { type ConfigOp, type ExtensionSupport, xtablesSupport } from "@kubehop/netstack";
import { Random } from "@kubehop/sim";
import { Chooser } from "../fuzz/choose.ts";
import { caseOps } from "../fuzz/fuzz-case.ts";
import { KINDS } from "../fuzz/kinds.ts";
import { MATCHES, PROTOCOL_WORDS, TARGETS } from "../fuzz/rule-samples.ts";
import { drawSets } from "../fuzz/sets.ts";
import type { FuzzLab } from "../fuzz/topology.ts";
import { type Draw, MATCH_DRAWS } from "../round-trip/match-draws.ts";
import { drawSetState } from "../round-trip/set-draws.ts";
import { TARGET_DRAWS } from "../round-trip/target-draws.ts";
import { Words } from "../round-trip/words.ts";

/**
 * labs: compared with the kernel in random labs (`kubehop verify --fuzz`).
 * text: through the real programs and back (`kubehop verify --round-trip`).
 */
export type LiveCheck = "labs" | "text";

/** As drawn, in words: `matches tcp`, `matches tcp --dport`, `set hash:ip`, `device vxlan ttl`, `route via`, `sysctl net.ipv4.ip_forward`. */
export type Things = ReadonlySet<string>;

/** Many enough for the rarest words of a draw to come; a test draws others and finds the same. */
const LABS_PER_KIND = 200;
const DRAWINGS = 600;
const SET_STATES = 200;

const memory = new Map<LiveCheck, Things>();

/** Everything that a live check draws. Kept, as drawing takes a moment. */
export function liveEvidence(check: LiveCheck): Things {
  const known = memory.get(check) ?? (check === "labs" ? thingsOfLabs("support") : thingsOfRoundTrip("support"));
  memory.set(check, known);
  return known;
}

export function thingsOfLabs(seed: string): Things {
  const labs = Object.entries(KINDS).flatMap(([kind, draw]) =>
    Array.from({ length: LABS_PER_KIND }, (_, i) => {
      const c = new Chooser(new Random(`${seed} ${kind} ${i}`));
      const lab = draw(c);
      return { lab, sets: drawSets(c, lab).text };
    }),
  );
  return new Set([
    ...thingsOfRules([...MATCHES, ...TARGETS].flatMap(({ texts }) => texts)),
    ...thingsOfRules(Object.values(PROTOCOL_WORDS)),
    ...labs.flatMap(({ sets }) => setTypes(sets)),
    ...labs.flatMap(({ lab, sets }) => opsOf(lab, sets).flatMap(thingsOfOp)),
  ]);
}

export function thingsOfRoundTrip(seed: string): Things {
  const { matches, targets } = xtablesSupport();
  const drawn = (letter: "m" | "j", extensions: readonly ExtensionSupport[], draws: Readonly<Record<string, Draw>>) =>
    extensions.flatMap(({ name }) => {
      const draw = draws[name];
      return draw === undefined ? [] : thingsOfRules([`-${letter} ${name} ${drawings(`${seed} ${name}`, draw)}`]);
    });
  const states = Array.from({ length: SET_STATES }, (_, i) => drawSetState(new Words(new Random(`${seed} ${i}`))));
  return new Set([
    ...drawn("m", matches, MATCH_DRAWS),
    ...drawn("j", targets, TARGET_DRAWS),
    ...states.flatMap(setTypes),
  ]);
}

/** Many drawings of one extension, from chains of the first and the last hook. */
function drawings(seed: string, draw: Draw): string {
  const w = new Words(new Random(seed));
  const hooks = draw.hooks === undefined ? (["PREROUTING", "POSTROUTING", "OUTPUT"] as const) : draw.hooks;
  const protocol = draw.protocols?.[0] ?? "tcp";
  return Array.from({ length: DRAWINGS }, (_, i) => {
    const chosen = draw.hooks ?? hooks.slice(i % hooks.length, (i % hooks.length) + 1);
    return draw.words(w, { kind: "legacy", table: draw.tables?.[0] ?? "filter", hooks: chosen, protocol });
  }).join(" ");
}

const EXTENSIONS = { m: "matches", j: "targets" } as const;

/** Matches and targets of rule texts, and those of their options that are modelled. */
export function thingsOfRules(texts: readonly string[]): string[] {
  const support = xtablesSupport();
  const parts = texts.flatMap((text) => text.split(/(?<!\S)(?=-[mj] )/));
  return parts.flatMap((part) => {
    const [, letter, name = ""] = /^-([mj]) (\S+)/.exec(part) ?? [];
    if (letter !== "m" && letter !== "j") return [];
    const kind = EXTENSIONS[letter];
    const extension = support[kind].find((one) => one.name === name);
    if (extension === undefined) return [];
    const words = new Set(part.split(/\s+/));
    const options = extension.options.filter((o) => !o.refused && o.spellings.some((s) => words.has(`--${s}`)));
    return [`${kind} ${name}`, ...options.map((o) => `${kind} ${name} --${o.name}`)];
  });
}

export function setTypes(text: string): string[] {
  return [...text.matchAll(/^create \S+ (\S+)/gm)].map(([, type = ""]) => `set ${type}`);
}

function opsOf(lab: FuzzLab, sets: string): readonly ConfigOp[] {
  const [router = ""] = lab.routers;
  const ofCase = caseOps(lab, { rules: { [router]: "" }, sets: { [router]: sets } }, router);
  return [...lab.build.flatMap(({ ops }) => ops), ...ofCase];
}

/** Fields of an operation on routes, rules or links, under the name they have on the page. */
function fields(of: string, value: object, except: readonly string[]): string[] {
  return Object.keys(value).flatMap((key) => (except.includes(key) ? [] : [`${of} ${key}`]));
}

/** What an operation of a lab sets, by the family it belongs to. */
export function thingsOfOp(op: ConfigOp): string[] {
  const things = [`op ${op.op}`];
  switch (op.op) {
    case "link-add":
      return [...things, `device ${op.link.type}`, ...fields(`device ${op.link.type}`, op.link, ["type"])];
    case "link-set":
      return [...things, ...(op.dev === "lo" ? ["device loopback"] : []), ...fields("change", op, ["op", "dev"])];
    case "route-add":
    case "route-replace":
    case "route-append":
    case "route-prepend":
      return [...things, `route type ${op.type ?? "unicast"}`, ...fields("route", op, ["op"])];
    case "rule-add":
      return [...things, ...fields("rule", op, ["op"])];
    case "sysctl":
      return [...things, sysctlThing(op.key)];
    default:
      return things;
  }
}

/** A device's name is written DEV, as on the page. */
function sysctlThing(key: string): string {
  return `sysctl ${key.replace(/(?<=\.(?:conf|neigh)\.).+(?=\.\w+$)/, "DEV")}`;
}
