// Recorded kernel behaviour, and its comparison with ours.

export {
  type AreaEvidence,
  areaEvidence,
  type ExtensionEvidence,
  PROOF_WORDS,
  RECORDED_SYSCTLS,
  XT_EVIDENCE,
} from "./support/evidence.ts";
export type { Difference } from "./recorded/compare.ts";
export {
  type CaseResult,
  formatRecordedReport,
  type RecordedReport,
  readRecording,
  verifyRecording,
} from "./recorded/verify.ts";
