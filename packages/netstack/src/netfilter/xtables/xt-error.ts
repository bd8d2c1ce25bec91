// What the operator did wrong, in the words of iptables. Thrown while parsing and loading, turned into stderr text and an exit
// code at the edge (messages.ts); it never leaves this folder as an exception except through the pure entry text.ts.

/**
 * How the tool prints it.
 * parameter: program and version, MESSAGE, hint to --help; exit 2.
 * argument: MESSAGE and the hint; exit 2.
 * plain: `iptables: MESSAGE`; exit 1.
 * version: program and version, MESSAGE; exit as given.
 * bare: MESSAGE alone; exit 1.
 * kernel: the kernel refused a change (KernelError); exit 4 for nft, 1 for legacy.
 * unmodelled: real iptables takes it, kubehop does not yet; exit 2.
 */
export type XtErrorForm = "parameter" | "argument" | "plain" | "version" | "bare" | "kernel" | "unmodelled";

const EXIT: Readonly<Record<XtErrorForm, number>> = {
  parameter: 2,
  argument: 2,
  plain: 1,
  version: 1,
  bare: 1,
  kernel: 4,
  unmodelled: 2,
};

export type KernelErrno = "EINVAL" | "EBUSY" | "EMLINK" | "ELOOP" | "EOPNOTSUPP" | "ENOENT" | "EEXIST" | "ERANGE";
/** ENOTEMPTY and E2BIG are libiptc's own (libiptc.c: iptc_strerror). */
export type XtErrno = KernelErrno | "ENOTEMPTY" | "E2BIG";

export class XtError extends Error {
  override readonly name: string = "XtError";
  readonly form: XtErrorForm;
  readonly exit: number;
  /** Why, for programs: what is not about the tables' contents is EINVAL. */
  readonly errno: XtErrno;

  constructor(form: XtErrorForm, message: string, exit: number = EXIT[form], errno: XtErrno = "EINVAL") {
    super(message);
    this.form = form;
    this.exit = exit;
    this.errno = errno;
  }
}

/** A change that the tables as they stand do not allow. */
export function plainError(errno: XtErrno, message: string): XtError {
  return new XtError("plain", message, EXIT.plain, errno);
}

export const ERRNO_TEXT: Readonly<Record<KernelErrno, string>> = {
  EINVAL: "Invalid argument",
  EBUSY: "Device or resource busy",
  EMLINK: "Too many links",
  ELOOP: "Too many levels of symbolic links",
  EOPNOTSUPP: "Operation not supported",
  ENOENT: "No such file or directory",
  EEXIST: "File exists",
  ERANGE: "Numerical result out of range",
};

/** A netlink request that failed: nft tells which, legacy only tells the errno. */
export class KernelError extends XtError {
  override readonly name = "KernelError";
  declare readonly errno: KernelErrno;

  /** `request` as iptables-nft names it (RULE_APPEND), `object` what it was about (`rule in chain INPUT`). */
  constructor(request: string, errno: KernelErrno, object: string) {
    super("kernel", `${request} failed (${ERRNO_TEXT[errno]}): ${object}`, EXIT.kernel, errno);
  }
}

/** A jump to a chain that is not there; nft finds out only when the table is committed. */
export class MissingChainError extends XtError {
  override readonly name = "MissingChainError";

  constructor(chain: string) {
    super("parameter", `Chain '${chain}' does not exist`, EXIT.parameter, "ENOENT");
  }
}

export function parameterError(message: string): XtError {
  return new XtError("parameter", message);
}

/** DROP in the nat table, as target or policy. */
export function natIsNoFilter(): XtError {
  const text = 'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';
  return parameterError(`\n${text}\n\n`);
}

/** Real iptables knows it, this stack does not: refused by name. */
export function unmodelled(what: string): XtError {
  return new XtError("unmodelled", `${what} is not modelled`, EXIT.unmodelled, "EOPNOTSUPP");
}

export const NO_SUCH_CHAIN = "No chain/target/match by that name.";

export function noSuchChain(): XtError {
  return plainError("ENOENT", NO_SUCH_CHAIN);
}
