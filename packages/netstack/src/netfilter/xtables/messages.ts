// XtError → what the programs print on stderr, and their exit codes (checked against 1.8.9).

import type { XtBackendKind } from "./evaluate.ts";
import type { XtErrno } from "./xt-error.ts";
import { ERRNO_TEXT, KernelError, XtError } from "./xt-error.ts";

export interface ToolError {
  /** 1-based line of a restore text, 0 for a command. */
  readonly line: number;
  /** Text on stderr without the final newline. */
  readonly message: string;
  readonly exit: number;
  /** Why, for programs. */
  readonly errno: XtErrno;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}

/** The mark of a refusal, to be spread. */
export function refusalMark({ unmodelled }: { readonly unmodelled?: true }): { readonly unmodelled?: true } {
  return unmodelled === true ? { unmodelled } : {};
}

export interface ToolName {
  readonly kind: XtBackendKind;
  readonly version: string;
}

/** `iptables v1.8.9 (nf_tables)`; before 1.8 there is one back end and no parenthesis. */
export function programName(program: string, tool: ToolName): string {
  if (tool.version.startsWith("1.4")) return `${program} v${tool.version}`;
  return `${program} v${tool.version} (${tool.kind === "nft" ? "nf_tables" : "legacy"})`;
}

function hint(program: string): string {
  return `Try \`${program} -h' or '${program} --help' for more information.`;
}

const DMESG = " Run `dmesg' for more information.";

function legacyKernel(error: KernelError): string {
  return `${ERRNO_TEXT[error.errno]}.${error.errno === "EINVAL" ? DMESG : ""}`;
}

/** A failed `iptables …` command. */
export function commandError(error: XtError, tool: ToolName, words: readonly string[]): ToolError {
  const program = programName("iptables", tool);
  const fail = (message: string, exit = error.exit): ToolError => ({ line: 0, message, exit, errno: error.errno });
  if (error instanceof KernelError && tool.kind === "legacy") return fail(`iptables: ${legacyKernel(error)}`, 1);
  switch (error.form) {
    case "parameter":
      return fail(`${program}: ${error.message}\n${hint("iptables")}`);
    case "argument":
      return fail(`${error.message}\n${hint("iptables")}`);
    case "plain":
      return fail(`iptables: ${error.message}${error.message === "Bad policy name." ? DMESG : ""}`);
    case "kernel":
      return fail(`${program}:  ${error.message}`);
    case "unmodelled":
      return { ...fail(`${program}: ${error.message}: iptables ${words.join(" ")}`), unmodelled: true };
    case "version":
      return fail(`${program}: ${error.message}`);
    case "bare":
      return fail(error.message);
  }
}

/** A failed line of iptables-restore; `text` is the line as written, `commitLine` where its table ends. */
export function restoreError(
  error: XtError,
  tool: ToolName,
  line: number,
  text: string,
  commitLine: number,
): ToolError {
  const program = programName("iptables-restore", tool);
  const legacy = tool.kind === "legacy";
  const fail = (message: string, at = line, exit = error.exit): ToolError => ({
    line: at,
    message,
    exit,
    errno: error.errno,
  });
  const located = `Error occurred at line: ${line}\n${hint("iptables-restore")}`;
  switch (error.form) {
    case "parameter":
      return fail(`${program}: ${error.message}\n${located}`);
    case "argument":
      return fail(`${error.message}\n${located}`);
    case "plain":
      return fail(`iptables-restore: line ${line} failed${legacy ? "" : `: ${error.message}`}`);
    case "kernel":
      return legacy
        ? fail(`iptables-restore: line ${commitLine} failed`, commitLine, 1)
        : fail(`${program}: \nline ${line}: ${error.message}`);
    case "version":
      return fail(`${program}: ${error.message}`);
    case "unmodelled":
      return { ...fail(`${program}: line ${line}: ${error.message}: ${text}`), unmodelled: true };
    default:
      return fail(error.message);
  }
}
