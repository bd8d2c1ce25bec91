// Recorded kernel behaviour, and its comparison with ours.

export {
  type AreaEvidence,
  areaEvidence,
  type ExtensionEvidence,
  PROOF_WORDS,
  RECORDED_DEVICES,
  RECORDED_SET_TYPES,
  RECORDED_SYSCTLS,
  XT_EVIDENCE,
} from "./support/evidence.ts";
export { type LiveCheck, liveEvidence } from "./support/live-evidence.ts";
export type { Difference } from "./recorded/compare.ts";
export {
  type CaseResult,
  formatRecordedReport,
  type RecordedReport,
  readRecording,
  recordedCaseNames,
  verifyRecording,
} from "./recorded/verify.ts";

// The real kernel of this machine, and the search for differences.

export { LiveError, missingRequirements } from "./live/agent-process.ts";
export { LabRefused } from "./live/lab-spec.ts";
export { RealKernel } from "./live/real-kernel.ts";
export { type FuzzFinding, type FuzzOptions, type FuzzTotals, type LabKind, runFuzz } from "./fuzz/fuzz.ts";
export { formatFinding, formatFuzzProgress, formatFuzzTotals } from "./fuzz/fuzz-report.ts";
export { KINDS as FUZZ_KINDS } from "./fuzz/kinds.ts";
export { ScriptStopped } from "./scenario/record-script.ts";
export { type CellVerdict, verifyCell } from "./scenario/verify-scenario.ts";
export {
  addVerdict,
  formatVerdict,
  formatVerdictTotals,
  noVerdicts,
  type VerdictTotals,
} from "./scenario/verdict-text.ts";

// Rule texts and sets through the real programs and back.

export { type RoundTripFinding, type RoundTripTotals, runRoundTrip } from "./round-trip/round-trip.ts";
export { formatRoundTripFinding, formatRoundTripTotals } from "./round-trip/report.ts";
export { findingScenario } from "./scenario/finding-scenario.ts";
