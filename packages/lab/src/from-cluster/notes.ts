// What a dump has and the scenario has not: every bit of it is told, the same of many objects once.

interface Subjects {
  readonly names: Set<string>;
  count: number;
}

export class Notes {
  readonly #choices: string[] = [];
  /** What the network lacks because of it comes before what it does not notice. */
  readonly #missing = new Map<string, Subjects>();
  readonly #leftOut = new Map<string, Subjects>();
  readonly #problems: string[] = [];

  /** A choice that was made, and why. */
  say(line: string): void {
    if (!this.#choices.includes(line)) this.#choices.push(line);
  }

  /** Why the scenario is not the cluster, or does not stand at all. */
  problem(text: string): void {
    this.#problems.push(text);
  }

  get problems(): readonly string[] {
    return this.#problems;
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
    const told = (label: string, found: ReadonlyMap<string, Subjects>): string[] =>
      [...found].map(([what, { names, count }]) => `${label}: ${what}${times(count, names)}: ${listed([...names])}`);
    return [...told("missing", this.#missing), ...this.#choices, ...told("left out", this.#leftOut)];
  }
}

function add(to: Map<string, Subjects>, what: string, subject: string): void {
  const known = to.get(what);
  if (known === undefined) return void to.set(what, { names: new Set([subject]), count: 1 });
  known.names.add(subject);
  known.count += 1;
}

/** Said where it happened more than once in some of them: a pod has several containers. */
function times(count: number, names: ReadonlySet<string>): string {
  return count > names.size ? ` (${count} times)` : "";
}

const SHOWN = 40;

function listed(subjects: readonly string[]): string {
  const more = subjects.length - SHOWN;
  return more <= 0 ? subjects.join(", ") : `${subjects.slice(0, SHOWN).join(", ")} and ${more} more`;
}
