// POSIX regular expressions (basic and extended, with GNU's additions) → RegExp source.

const CLASSES: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "A-Za-z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  xdigit: "0-9A-Fa-f",
  punct: "!-\\/:-@\\[-`{-~",
  word: "A-Za-z0-9_",
};

/** A pattern the engine cannot take; the text is grep's. */
export class RegexError extends Error {
  override readonly name = "RegexError";
}

/** Throws RegexError. */
export function posixToJs(pattern: string, extended: boolean): string {
  let out = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern.charAt(i);
    if (c === "[") {
      const bracket = bracketAt(pattern, i);
      out += bracket.source;
      i = bracket.end;
    } else if (c === "\\") out += escaped(pattern.charAt(++i), extended);
    else if (extended) out += c === "/" ? "\\/" : c;
    else out += basic(c, i, pattern, out);
  }
  return out;
}

/** In a basic expression only . [ * ^ $ are special, * not at the start, ^ and $ only at the ends. */
function basic(c: string, i: number, pattern: string, before: string): string {
  if (c === "*" && (before === "" || before.endsWith("("))) return "\\*";
  if (c === "^" && i > 0 && !before.endsWith("(") && !before.endsWith("|")) return "\\^";
  if (c === "$" && i < pattern.length - 1 && !/^\\[)|]/.test(pattern.slice(i + 1))) return "\\$";
  return /[+?(){}|/]/.test(c) ? `\\${c}` : c;
}

const WORD_EDGES: Readonly<Record<string, string>> = {
  "<": "\\b(?=\\w)",
  ">": "\\b(?<=\\w)",
  w: "\\w",
  W: "\\W",
  s: "\\s",
  S: "\\S",
  b: "\\b",
  B: "\\B",
};

function escaped(c: string, extended: boolean): string {
  if (c === "") throw new RegexError("Trailing backslash");
  if (WORD_EDGES[c] !== undefined) return WORD_EDGES[c];
  if (/[1-9]/.test(c)) return `\\${c}`;
  if (!extended && /[+?(){}|]/.test(c)) return c;
  return /[A-Za-z0-9 "'<>=!:;,@#%&~`_-]/.test(c) ? c : `\\${c}`;
}

function bracketAt(pattern: string, start: number): { source: string; end: number } {
  let i = start + 1;
  let out = "[";
  if (pattern[i] === "^") {
    out += "^";
    i++;
  }
  for (let first = true; ; first = false) {
    const c = pattern[i];
    if (c === undefined) throw new RegexError("Unmatched [, [^, [:, [., or [=");
    if (c === "]" && !first) return { source: `${out}]`, end: i };
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i));
    if (named !== null) {
      const set = CLASSES[named[1] ?? ""];
      if (set === undefined) throw new RegexError("Invalid character class name");
      out += set;
      i += named[0].length;
    } else {
      out += c === "[" || c === "]" || c === "\\" || c === "/" ? `\\${c}` : c;
      i++;
    }
  }
}
