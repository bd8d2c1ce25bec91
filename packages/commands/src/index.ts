// What a person types at a place: a small shell and its commands.
//
// Two kinds of failure: a real tool's is an exit code; what kubehop does not model is told to `PlaceContext.refuse` besides, once for
// each refusal, whatever the line makes of the exit code. Who runs lines for somebody gives `refuse` and treats a call as an error of
// the input.

export type { ShellCommand, ShellContext } from "./context.ts";
export { defaultRegistry } from "./default-registry.ts";
export { type Instant, instant } from "./instant.ts";
export type {
  AppliedObject,
  ApplyOutcome,
  KubeAccess,
  ManifestRequest,
  ObjectName,
  ScalableKind,
} from "./kube-access.ts";
export { type ClientOutcome, type ClientResult, resultOfErrno } from "./outcome.ts";
export { ended, EXIT_INTERRUPTED, EXIT_USAGE, type RunningCommand, Task } from "./process.ts";
export { Registry } from "./registry.ts";
export { normalPath } from "./shell/files.ts";
export { notModelledHint } from "./shell/not-modelled.ts";
export { type LineRefusal, refusalOfLine } from "./shell/check-line.ts";
export { type PlaceContext, startLine, startWords } from "./shell/run.ts";
export { commandSupport, refusedCommands } from "./support.ts";
export { splitScript } from "./shell/split-script.ts";
export { compileFilter, type FrameFilter } from "./tcpdump/filter.ts";
export { FilterError } from "./tcpdump/filter-lex.ts";
export { diffLines, unifiedHunks } from "./text/diff-lines.ts";
