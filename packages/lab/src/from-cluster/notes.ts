// What a dump has and the scenario has not: every bit of it is told, the same of many objects once.

export class Notes {
  readonly #choices: string[] = [];
  /** What the network lacks because of it comes before what it does not notice. */
  readonly #missing = new Map<string, string[]>();
  readonly #leftOut = new Map<string, string[]>();

  /** A choice that was made, and why. */
  say(line: string): void {
    if (!this.#choices.includes(line)) this.#choices.push(line);
  }

  /** `what` of `subject` was not taken over, and the network may differ by it. */
  missing(what: string, subject: string): void {
    add(this.#missing, what, subject);
  }

  /** `what` of `subject` was not taken over, and makes no difference. */
  leftOut(what: string, subject: string): void {
    add(this.#leftOut, what, subject);
  }

  /** One a line. */
  lines(): string[] {
    const told = (label: string, found: ReadonlyMap<string, readonly string[]>): string[] =>
      [...found].map(([what, subjects]) => `${label}: ${what}: ${listed(subjects)}`);
    return [...told("missing", this.#missing), ...this.#choices, ...told("left out", this.#leftOut)];
  }
}

function add(to: Map<string, string[]>, what: string, subject: string): void {
  const known = to.get(what);
  if (known === undefined) to.set(what, [subject]);
  else if (!known.includes(subject)) known.push(subject);
}

const SHOWN = 40;

function listed(subjects: readonly string[]): string {
  const more = subjects.length - SHOWN;
  return more <= 0 ? subjects.join(", ") : `${subjects.slice(0, SHOWN).join(", ")} and ${more} more`;
}
