// What the operator did wrong, in the words of iptables. Thrown while parsing and loading, turned into stderr text and an exit
// code at the edge (restore.ts, command.ts); it never leaves this folder as an exception except through the pure entry text.ts.

/**
 * How the tool prints it.
 * parameter: `iptables v1.8.9 (nf_tables): MESSAGE` and the hint to --help, exit 2.
 * plain: `iptables: MESSAGE`, exit 1.
 * kernel: the kernel refused a change; MESSAGE as `RULE_APPEND failed (Invalid argument): rule in chain INPUT`, exit 4.
 * table: like parameter, without hint, exit 3.
 * bare: MESSAGE alone, exit 1.
 * unmodelled: real iptables takes it, kubehop does not yet; exit 2.
 */
export type XtErrorForm = "parameter" | "plain" | "kernel" | "table" | "bare" | "unmodelled";

const EXIT: Readonly<Record<XtErrorForm, number>> = { parameter: 2, plain: 1, kernel: 4, table: 3, bare: 1, unmodelled: 2 };

export class XtError extends Error {
  override readonly name = "XtError";
  readonly form: XtErrorForm;

  constructor(form: XtErrorForm, message: string) {
    super(message);
    this.form = form;
  }

  /** Exit code of the tool. */
  get exit(): number {
    return EXIT[this.form];
  }
}

export function parameterError(message: string): XtError {
  return new XtError("parameter", message);
}

/** Real iptables knows it, this stack does not: refused by name. */
export function unmodelled(what: string): XtError {
  return new XtError("unmodelled", `${what} is not modelled`);
}

export const NO_SUCH_CHAIN = "No chain/target/match by that name.";
