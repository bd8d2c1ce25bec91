// Options behind an element or a type name (libipset's args.c, ipset.c: call_parser). One row per option: how it is read.

import type { Extensions, SkbInfo } from "./ip-set-elem.ts";
import { IpSetError, parameterError, syntaxError, unmodelled } from "./ip-set-error.ts";
import type { CreateOptions, SetType } from "./ip-set-type.ts";
import { checkSetName, parseHost, parseTcpUdpPort } from "./parse-elem.ts";
import { parseCounter, parseLength, parseNumber, parseU16, parseU32, parseU8 } from "./parse-number.ts";
import type { UserElem } from "./user-elem.ts";
import { emptyUserElem } from "./user-elem.ts";

/** (2^31 - 1) ms in whole seconds. */
const MAX_TIMEOUT = 2147483;
const MAX_COMMENT = 255;
const NO_SKBINFO: SkbInfo = { mark: 0, mask: 0, prio: 0, queue: 0 };

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Options of create under construction, and what the program says besides. */
interface CreateDraft extends Omit<CreateOptions, "ext"> {
  ext: Writable<Extensions>;
  warnings: string;
}

interface OptionRow<T> {
  /** Takes a value. */
  readonly value: boolean;
  read(text: string, into: T): void;
}

function value<T>(read: (text: string, into: T) => void): OptionRow<T> {
  return { value: true, read };
}

function flag<T>(read: (into: T) => void): OptionRow<T> {
  return { value: false, read: (_, into) => read(into) };
}

function parseTimeout(text: string): number {
  return parseNumber(text, 0, MAX_TIMEOUT);
}

// ---- create

function parseFamily(text: string): void {
  if (text === "inet6" || text === "ipv6" || text === "-6") throw unmodelled("family inet6");
  if (!["inet", "ipv4", "-4", "any", "unspec"].includes(text)) throw syntaxError(`unknown inet family ${text}`);
}

/** A mistake in the value, and below it what the option says about it. */
function explained<T>(more: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof IpSetError)) throw error;
    throw new IpSetError("session", `${error.message}\nSyntax error: ${more}`);
  }
}

function onlyOneMask(draft: CreateDraft): void {
  if (draft.netmask !== null || draft.bitmask !== null)
    throw syntaxError("bitmask and netmask are mutually exclusive, provide only one");
}

function readRange(text: string, draft: CreateDraft): void {
  const e = emptyUserElem();
  parseTcpUdpPort(text, e);
  draft.from = e.port;
  draft.to = e.portTo;
}

function ignored(name: string): OptionRow<CreateDraft> {
  return value((text, d) => {
    d.warnings += `Warning: Option '--${name} ${text}' is ignored. Please upgrade your syntax.\n`;
  });
}

const CREATE: Readonly<Record<string, OptionRow<CreateDraft>>> = {
  family: value((text) => parseFamily(text)),
  "-4": flag(() => undefined),
  "-6": flag(() => parseFamily("-6")),
  hashsize: value((text, d) => (d.hashsize = parseU32(text))),
  maxelem: value((text, d) => (d.maxelem = parseU32(text))),
  netmask: value((text, d) => {
    onlyOneMask(d);
    d.netmask = explained("netmask is out of the inclusive range of 1-32", () => parseLength(text, 1));
  }),
  bitmask: value((text, d) => {
    onlyOneMask(d);
    d.bitmask = explained("bitmask is not valid for family = inet", () => parseHost(text));
  }),
  bucketsize: value((text, d) => (d.bucketsize = parseU8(text))),
  initval: value((text, d) => (d.initval = parseU32(text))),
  timeout: value((text, d) => (d.ext.timeout = parseTimeout(text))),
  counters: flag((d) => (d.ext.counters = true)),
  comment: flag((d) => (d.ext.comment = true)),
  skbinfo: flag((d) => (d.ext.skbinfo = true)),
  // Taken, but ipset 7.17 on Linux 6.18 neither shows nor applies it.
  forceadd: flag(() => undefined),
  range: value(readRange),
  from: value((text, d) => (d.from = parseU16(text))),
  to: value((text, d) => (d.to = parseU16(text))),
  size: value((text, d) => (d.size = parseU32(text))),
  probes: ignored("probes"),
  resize: ignored("resize"),
  gc: ignored("gc"),
};

// ---- add, del, test

function parseComment(text: string): string {
  if (text.includes('"')) throw syntaxError('" character is not permitted in comments');
  if (text.length > MAX_COMMENT)
    throw syntaxError(`Comment is longer than the maximum allowed ${MAX_COMMENT} characters`);
  return text;
}

function skb(e: UserElem, change: Partial<SkbInfo>): void {
  e.skbinfo = { ...(e.skbinfo ?? NO_SKBINFO), ...change };
}

function parseSkbmark(text: string): { mark: number; mask: number } {
  const m = /^0x([0-9a-f]{1,8})(?:\/0x([0-9a-f]{1,8}))?/i.exec(text);
  if (m === null) throw syntaxError("Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)");
  return { mark: Number.parseInt(m[1] ?? "0", 16), mask: Number.parseInt(m[2] ?? "ffffffff", 16) };
}

function parseSkbprio(text: string): number {
  const m = /^([0-9a-f]+):([0-9a-f]+)/i.exec(text);
  if (m === null) throw syntaxError("Invalid skbprio format, it should be:MAJOR:MINOR (see manpage)");
  return ((Number.parseInt(m[1] ?? "0", 16) << 16) | (Number.parseInt(m[2] ?? "0", 16) & 0xffff)) >>> 0;
}

function setRef(text: string, e: UserElem, before: boolean): void {
  e.nameref = checkSetName(text);
  e.before = before;
}

const ELEM: Readonly<Record<string, OptionRow<UserElem>>> = {
  timeout: value((text, e) => (e.timeout = parseTimeout(text))),
  packets: value((text, e) => (e.packets = parseCounter(text))),
  bytes: value((text, e) => (e.bytes = parseCounter(text))),
  comment: value((text, e) => (e.comment = parseComment(text))),
  skbmark: value((text, e) => skb(e, parseSkbmark(text))),
  skbprio: value((text, e) => skb(e, { prio: parseSkbprio(text) })),
  skbqueue: value((text, e) => skb(e, { queue: parseU16(text) })),
  nomatch: flag((e) => (e.nomatch = true)),
  wildcard: flag((e) => (e.wildcard = true)),
  before: value((text, e) => setRef(text, e, true)),
  after: value((text, e) => setRef(text, e, false)),
};

// ---- the loop

function readOptions<T>(
  rows: Readonly<Record<string, OptionRow<T>>>,
  allowed: readonly string[],
  words: readonly string[],
  into: T,
): Set<string> {
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const name = allowed.find((a) => a === word || `--${a}` === word);
    const row = name === undefined ? undefined : rows[name];
    if (name === undefined || row === undefined) throw parameterError(`Unknown argument: \`${word}'`);
    if (row.value && i + 1 >= words.length) throw parameterError(`Missing mandatory argument of option \`${name}'`);
    if (row.value && seen.has(name)) throw syntaxError(`${name} already specified`);
    seen.add(name);
    row.read(row.value ? (words[++i] ?? "") : word, into);
  }
  return seen;
}

/** Words behind the type name; `warnings` is text for stderr. Throws IpSetError. */
export function parseCreateOptions(
  type: SetType,
  words: readonly string[],
): { readonly options: CreateOptions; readonly warnings: string } {
  const draft: CreateDraft = {
    ext: { timeout: null, counters: false, comment: false, skbinfo: false },
    hashsize: null,
    maxelem: null,
    netmask: null,
    bitmask: null,
    bucketsize: null,
    initval: null,
    from: null,
    to: null,
    size: null,
    warnings: "",
  };
  readOptions(CREATE, type.createOptions, words, draft);
  if (type.createOptions.includes("range")) {
    const missing = draft.from === null ? "range" : draft.to === null ? "to" : null;
    if (missing !== null) throw parameterError(`Mandatory option \`${missing}' is missing`);
  }
  return { options: draft, warnings: draft.warnings };
}

/** Words behind an element. Throws IpSetError. */
export function parseElemOptions(allowed: readonly string[], words: readonly string[], e: UserElem): void {
  readOptions(ELEM, allowed, words, e);
}
