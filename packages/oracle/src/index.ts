// Recorded kernel behaviour, and its comparison with ours.

export { type AreaEvidence, areaEvidence, PROOF_WORDS, XT_EVIDENCE } from "./support/evidence.ts";
export type { Difference } from "./recorded/compare.ts";
export {
  type CaseResult,
  formatRecordedReport,
  type RecordedReport,
  readRecording,
  verifyRecording,
} from "./recorded/verify.ts";
