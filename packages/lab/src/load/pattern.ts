// Regular expressions of scenarios: only those that can be read, can fail, and end in time on any text.

/** What is wrong with a pattern; undefined: nothing. */
export interface PatternComplaint {
  readonly message: string;
  readonly hint?: string;
}

export function checkPattern(pattern: string): PatternComplaint | undefined {
  const compiled = compile(pattern);
  if (typeof compiled === "string") return { message: `not a regular expression: ${compiled}` };
  if (ALWAYS_THERE.every((text) => compiled.test(text)))
    return { message: "every text matches this, nothing is expected", hint: 'for no text at all: equals: ""' };
  if (repeatsRepeats(pattern))
    return {
      message: "a repeated group that repeats or chooses inside may take forever",
      hint: "bound the outer repetition: (…){1,9}",
    };
  return undefined;
}

/** Nothing printed, and one line of something nobody prints. */
const ALWAYS_THERE: readonly string[] = ["", "\u0001\n"];

function compile(pattern: string): RegExp | string {
  try {
    return new RegExp(pattern, "m");
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "";
  }
}

/** Repetitions beyond this count as endless. */
const MANY = 9;

/** A group repeated without bound whose inside is repeated or has alternatives: the number of ways to match may double with every letter. */
function repeatsRepeats(pattern: string): boolean {
  /** Per open group: something in it repeats or chooses. */
  const groups = [{ wild: false }];
  const token = /\\[^]|\[(?:\\[^]|[^\]\\])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|\)|\||[*+]\??|\{\d+(?:,\d*)?\}\??|[^]/g;
  let closed: { wild: boolean } | undefined;
  for (const [text] of pattern.matchAll(token)) {
    const top = groups.at(-1);
    if (top === undefined) return false;
    const endless = isEndless(text);
    if (endless && closed?.wild === true) return true;
    if (endless || text === "|") top.wild = true;
    closed = undefined;
    if (text.startsWith("(")) groups.push({ wild: false });
    else if (text === ")") {
      closed = groups.pop();
      const outer = groups.at(-1);
      if (outer !== undefined && closed?.wild === true) outer.wild = true;
    }
  }
  return false;
}

function isEndless(token: string): boolean {
  if (/^[*+]/.test(token)) return true;
  const [, least, most] = /^\{(\d+)(?:,(\d*))?\}/.exec(token) ?? [];
  if (least === undefined) return false;
  return most === "" || Number(most ?? least) > MANY;
}
