// `kubehop verify --round-trip`: rule texts and sets through the real programs and back.
import { formatRoundTripFinding, formatRoundTripTotals, type RealKernel, runRoundTrip } from "@kubehop/oracle";
import type { Io } from "../io.ts";

export interface RoundTripRequest {
  readonly seed: string;
  readonly cases: number;
  readonly stopAfter: number;
}

export const ROUND_TRIP_CASES = 1000;

export function roundTrip(real: RealKernel, request: RoundTripRequest, io: Io): number {
  const totals = runRoundTrip(real, request);
  for (const word of totals.refused) io.stdout(`not tried: ${word}\n`);
  for (const word of totals.refusedByBoth) io.stdout(`refused by both: ${word}\n`);
  for (const finding of totals.findings) io.stdout(formatRoundTripFinding(request.seed, finding));
  io.stdout(formatRoundTripTotals(real.title, request.seed, totals));
  return totals.findings.length > 0 ? 1 : 0;
}
