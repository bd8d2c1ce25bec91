// The one kind of error for what is asked for and not modelled, or refused with a tool's own words.

/**
 * A wish that is refused by name instead of guessed at: a mistake of the scenario, never of the program. Packages derive theirs; who
 * runs something catches this one and tells its message with a place in the file.
 */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  /** Object the refusal is about as its owner writes it, e.g. `Service default/web`; undefined: none in particular. */
  readonly subject: string | undefined;

  constructor(message: string, subject?: string) {
    super(message);
    this.subject = subject;
  }
}
