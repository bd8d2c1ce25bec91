// `kubehop verify --round-trip`: rule texts and sets through the real programs and back.
import { formatRoundTripFinding, formatRoundTripTotals, runRoundTrip } from "@kubehop/oracle";
import type { Io } from "../io.ts";
import { DEFAULT_SEED } from "../options.ts";
import { withKernel } from "./verify-kernel.ts";
import { atLeastOne, DEFAULT_STOP, ROUND_TRIP_CASES, type VerifyValues } from "./verify-options.ts";

export function roundTrip(values: VerifyValues, _files: readonly string[], io: Io): number {
  const request = {
    seed: values.seed ?? String(DEFAULT_SEED),
    cases: atLeastOne("cases", values.cases, ROUND_TRIP_CASES),
    stopAfter: atLeastOne("stop", values.stop, DEFAULT_STOP),
  };
  return withKernel(io, (real) => {
    const totals = runRoundTrip(real, request);
    for (const word of totals.refused) io.stdout(`not tried: ${word}\n`);
    for (const word of totals.refusedByBoth) io.stdout(`refused by both: ${word}\n`);
    for (const finding of totals.findings) io.stdout(formatRoundTripFinding(request.seed, finding));
    io.stdout(formatRoundTripTotals(real.title, request.seed, totals));
    return totals.findings.length > 0 ? 1 : 0;
  });
}
