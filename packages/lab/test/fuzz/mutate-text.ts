// Seeded damage to YAML text: what editors, merges, bad wires and malice do to a file.
import { Random } from "@kubehop/sim";

type Damage = (text: string, random: Random, corpus: readonly string[]) => string;

/** Mostly one kind of damage, at most four, one after the other. */
export function damaged(text: string, random: Random, corpus: readonly string[]): string {
  let now = text;
  for (let left = random.below(3) === 0 ? 1 + random.below(4) : 1; left > 0; left--)
    now = pick(DAMAGES, random)(now, random, corpus);
  return now.slice(0, 400_000);
}

export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[random.below(items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

const DAMAGES: readonly Damage[] = [
  flipByte,
  flipByte,
  insertPiece,
  insertPiece,
  insertPiece,
  deleteSpan,
  repeatSpan,
  swapLines,
  dropLine,
  doubleLine,
  shiftLine,
  renameKey,
  changeValue,
  changeValue,
  changeValue,
  splice,
  nest,
  aliasBomb,
  cutEnd,
];

/** A position from 0 to the length, both included. */
function at(text: string, random: Random): number {
  return random.below(text.length + 1);
}

function put(text: string, from: number, to: number, piece: string): string {
  return text.slice(0, from) + piece + text.slice(to);
}

function flipByte(text: string, random: Random): string {
  const place = at(text, random);
  const code = (text.charCodeAt(place) || 32) ^ (1 << random.below(16));
  return put(text, place, place + 1, String.fromCharCode(code));
}

/** What matters to a YAML reader, to regular expressions and to tables of names. */
const PIECES: readonly string[] = [
  ...Array.from("{}[]:,-#&*!|>'\"%@`?~\t\n\r\0 \u0085\u2028\uFEFF\uD800\u00e9\u{1F642}$\\"),
  ": ",
  " #",
  "\n---\n",
  "\n...\n",
  "<<: *a",
  "&a ",
  "*a",
  "!!binary ",
  "!!int x",
  "? ",
  "- - - ",
  "${",
  "${x}",
  "$${x}",
  "${__proto__}",
  "__proto__: ",
  "constructor",
  "\r\n",
  "|2-\n",
  "'''",
  '"\\x"',
  '"\\uD800"',
  "1e999",
  "-0",
  "0x",
  ".inf",
  ".nan",
  "null",
  "9".repeat(400),
  "a".repeat(5000),
  "((((((((((a*)*)*)*)*)*)*)*)*)*)*b",
  "%YAML 1.1\n---\n",
];

function insertPiece(text: string, random: Random): string {
  const place = at(text, random);
  return put(text, place, place, pick(PIECES, random));
}

function deleteSpan(text: string, random: Random): string {
  const from = at(text, random);
  return put(text, from, from + random.below(40), "");
}

function repeatSpan(text: string, random: Random): string {
  const from = at(text, random);
  const span = text.slice(from, from + 1 + random.below(60));
  return put(text, from, from, span.repeat(1 + random.below(pick([2, 20, 500], random))));
}

function lines(text: string): string[] {
  return text.split("\n");
}

function swapLines(text: string, random: Random): string {
  const all = lines(text);
  const [a, b] = [random.below(all.length), random.below(all.length)];
  [all[a], all[b]] = [all[b] ?? "", all[a] ?? ""];
  return all.join("\n");
}

function dropLine(text: string, random: Random): string {
  const all = lines(text);
  all.splice(random.below(all.length), 1 + random.below(3));
  return all.join("\n");
}

function doubleLine(text: string, random: Random): string {
  const all = lines(text);
  const from = random.below(all.length);
  const copy = all.slice(from, from + 1 + random.below(8));
  all.splice(random.below(all.length), 0, ...copy);
  return all.join("\n");
}

function shiftLine(text: string, random: Random): string {
  const all = lines(text);
  const index = random.below(all.length);
  const line = all[index] ?? "";
  all[index] = random.below(2) === 0 ? line.replace(/^ {1,2}/, "") : " ".repeat(1 + random.below(4)) + line;
  return all.join("\n");
}

/** Every word before a colon is a key. */
const KEY = /[\w-]+(?=:(?:\s|$))/g;

function renameKey(text: string, random: Random, corpus: readonly string[]): string {
  const keys = [...text.matchAll(KEY)];
  const others = [...pick(corpus, random).matchAll(KEY)];
  if (keys.length === 0 || others.length === 0) return text;
  const [key, other] = [pick(keys, random), pick(others, random)[0]];
  return put(text, key.index, key.index + key[0].length, random.below(3) === 0 ? other.toUpperCase() : other);
}

const VALUES: readonly string[] = [
  "",
  "null",
  "true",
  "yes",
  "[]",
  "{}",
  "[[[]]]",
  "{ a: { b: { c: {} } } }",
  "0",
  "-1",
  "1.10",
  "0644",
  "99999999999999999999",
  "1e308",
  ".nan",
  ".inf",
  '""',
  "' '",
  "ok",
  "timeout",
  "node1",
  "10.0.0.0/8",
  "255.255.255.255",
  "fd00::1",
  "a > b:1/udp",
  "1h",
  "999999999h",
  "1..1000",
  ">=1",
  "50%",
  "svc/web",
  "web#99999999999",
  "[a, a]",
  "{ in: node1 }",
  "{ fixed: ok, broken: timeout }",
  "${br_netfilter}",
  '"${m}"',
  "*alias",
  "&anchor {}",
  "!!str 1",
  "2026-01-01",
  "|\n    text\n",
  "../../etc/passwd",
  "$(reboot)",
];

function changeValue(text: string, random: Random): string {
  const values = [...text.matchAll(/(?<=: |- |\[|, )[^\s,{}[\]#][^\n,{}[\]#]*/g)];
  if (values.length === 0) return text;
  const value = pick(values, random);
  return put(text, value.index, value.index + value[0].length, pick(VALUES, random));
}

/** The beginning of one file and the end of another. */
function splice(text: string, random: Random, corpus: readonly string[]): string {
  const other = pick(corpus, random);
  return text.slice(0, at(text, random)) + other.slice(at(other, random));
}

function nest(text: string, random: Random): string {
  const place = at(text, random);
  const depth = pick([3, 50, 199, 201, 5000], random);
  const [open, close] = pick(
    [
      ["[", "]"],
      ["{ a: ", "}"],
      ["- ", ""],
      ["? ", ""],
      ["\n ", ""],
    ],
    random,
  );
  return put(text, place, place, open.repeat(depth) + close.repeat(random.below(2) * depth));
}

function aliasBomb(text: string, random: Random): string {
  const width = 2 + random.below(9);
  const levels = Array.from({ length: 2 + random.below(9) }, (_, i) => {
    const inner = i === 0 ? "x" : `*b${i - 1}`;
    return `b${i}: &b${i} [${Array.from({ length: width }, () => inner).join(", ")}]`;
  });
  const use = pick(["", `steps: *b${levels.length - 1}\n`, `names: { a: *b0 }\n`], random);
  return `${text}\n${levels.join("\n")}\n${use}`;
}

function cutEnd(text: string, random: Random): string {
  return text.slice(0, at(text, random));
}
