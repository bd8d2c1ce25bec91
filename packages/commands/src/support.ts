// The commands of this package with their options, and what is refused, read from the tables that parse them: for docs/SUPPORT.md.

import { REFUSED_BRCTL_WORDS } from "./bridge/brctl.ts";
import { defaultRegistry } from "./default-registry.ts";
import { IP_OBJECTS, REFUSED_IP_OBJECTS } from "./ip/ip.ts";
import { KUBECTL_SPEC } from "./kubectl/kubectl-args.ts";
import { KUBECTL_VERBS, REFUSED_KUBECTL_VERBS } from "./kubectl/kubectl.ts";
import { CURL_SPEC } from "./net/curl-options.ts";
import { NC_SPEC } from "./net/nc-options.ts";
import { PING_SPEC } from "./net/ping-options.ts";
import type { OptionSpec } from "./options.ts";
import { NOT_MODELLED_NAMES, notModelledHint } from "./shell/not-modelled.ts";
import { DMESG_SPEC } from "./system/dmesg.ts";
import { SYSCTL_SPEC } from "./system/sysctl.ts";
import { TCPDUMP_SPEC } from "./tcpdump/tcpdump.ts";
import { DIFF_SPEC } from "./text/diff.ts";
import { GREP_SPEC } from "./text/grep.ts";

export interface CommandSupport {
  readonly name: string;
  readonly summary: string;
  /** Options and verbs taken. Empty: see the summary. */
  readonly words: readonly string[];
  /** Options and verbs that the real tool has and that are refused by name. */
  readonly refused: readonly string[];
}

type Words = Pick<CommandSupport, "words" | "refused">;

/** Options of a getopt command line: long names that stand for a letter are not repeated. */
function wordsOf(spec: OptionSpec): Words {
  const letters = spec.short.replaceAll(":", "").split("");
  const long = Object.entries(spec.long ?? {}).filter(([, key]) => !letters.includes(key));
  return {
    words: [...letters.map((l) => `-${l}`), ...new Set(long.map(([name]) => `--${name.replace("=", "")}`))],
    refused: [
      ...(spec.refusedShort ?? "")
        .replaceAll(":", "")
        .split("")
        .map((letter) => `-${letter}`),
      ...(spec.refusedLong ?? []).map((name) => `--${name}`),
    ],
  };
}

/** `address add`, `route get`; iproute2's second words for the same verb are left out. */
function ipWords(): Words {
  const verbs = IP_OBJECTS.flatMap(({ name, verbs: list }) =>
    list.filter(([verb]) => !["lst", "list"].includes(verb)).map(([verb, run]) => [`${name} ${verb}`, run] as const),
  );
  const bare = IP_OBJECTS.filter((object) => object.verbs.length === 0).map(({ name }) => name);
  return {
    words: verbs.filter(([, run]) => run !== undefined).map(([words]) => words),
    refused: [...verbs.filter(([, run]) => run === undefined).map(([words]) => words), ...bare, ...REFUSED_IP_OBJECTS],
  };
}

function kubectlWords(): Words {
  const options = wordsOf(KUBECTL_SPEC);
  return {
    words: [...Object.keys(KUBECTL_VERBS), "exec", ...options.words],
    refused: [...REFUSED_KUBECTL_VERBS, ...options.refused],
  };
}

const WORDS: Readonly<Record<string, () => Words>> = {
  ip: ipWords,
  kubectl: kubectlWords,
  brctl: () => ({ words: [], refused: REFUSED_BRCTL_WORDS }),
  ping: () => wordsOf(PING_SPEC),
  curl: () => wordsOf(CURL_SPEC),
  nc: () => wordsOf(NC_SPEC),
  netcat: () => wordsOf(NC_SPEC),
  tcpdump: () => wordsOf(TCPDUMP_SPEC),
  diff: () => wordsOf(DIFF_SPEC),
  grep: () => wordsOf(GREP_SPEC),
  egrep: () => wordsOf(GREP_SPEC),
  fgrep: () => wordsOf(GREP_SPEC),
  dmesg: () => wordsOf(DMESG_SPEC),
  sysctl: () => wordsOf(SYSCTL_SPEC),
};

/** Every command of a new lab, in order of name. */
export function commandSupport(): CommandSupport[] {
  return defaultRegistry()
    .list()
    .map(({ name, summary }) => ({ name, summary, ...(WORDS[name]?.() ?? { words: [], refused: [] }) }));
}

/** Programs known by name only, and what to do instead. A program that has come is none of them. */
export function refusedCommands(): { readonly name: string; readonly instead: string }[] {
  const registry = defaultRegistry();
  return NOT_MODELLED_NAMES.filter((name) => registry.get(name) === undefined).map((name) => ({
    name,
    instead: notModelledHint(name) ?? "",
  }));
}
