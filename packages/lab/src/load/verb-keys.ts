// Which keys of a step mean something beside which verb: asked while a file is read, and by whoever lists what was not written.

/** What a step does; it does one of these. */
export const VERBS = ["run", "send", "inject", "datagram", "fault", "race", "flows", "wait"] as const;
export type Verb = (typeof VERBS)[number];

/** Keys that are of no use to some verb. `id` and `when` are of use to all. */
export type VerbKey = "in" | "held" | "at" | "after" | "every" | "until" | "pick" | "repeat" | "expect";

const TIMES = ["at", "after"] as const;
const REQUEST = [...TIMES, "every", "until", "pick", "repeat", "expect"] as const;

const USED: Readonly<Record<Verb, readonly VerbKey[]>> = {
  run: ["in", ...REQUEST],
  send: REQUEST,
  inject: ["in", ...REQUEST],
  datagram: ["in", ...REQUEST],
  fault: [...TIMES, "expect"],
  race: ["in", "held", ...TIMES, "every", "until", "pick", "expect"],
  // A table says itself where things happen, how often, and what is expected.
  flows: ["at"],
  wait: [...TIMES, "expect"],
};

const ALL = [...new Set(Object.values(USED).flat())];

/** Keys that mean nothing beside the verb. */
export function idleKeys(verb: Verb): readonly VerbKey[] {
  return ALL.filter((key) => !USED[verb].includes(key));
}

/** Verbs beside which the key means something. */
export function verbsWith(key: VerbKey): readonly Verb[] {
  return VERBS.filter((verb) => USED[verb].includes(key));
}

/** Keys that exclude each other: [key, the other, why]. */
export const EXCLUDED = [
  ["at", "after", "a step begins at a time or after an event"],
  ["repeat", "every", "a stream repeats already"],
  ["pick", "every", "a pick would force the choices of other steps too"],
  ["pick", "after", "a pick would force the choices of other steps too"],
] as const;
