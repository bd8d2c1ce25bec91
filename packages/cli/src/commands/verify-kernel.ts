// The real kernel for a command.
import { missingRequirements, RealKernel } from "@kubehop/oracle";
import type { Io } from "../io.ts";

/** The real kernel for as long as `use` needs it; exit code 2 when this machine cannot host a comparison, with the reasons on stdout. */
export function withKernel(io: Io, use: (real: RealKernel) => number): number {
  const missing = missingRequirements();
  if (missing.length > 0) {
    io.stdout(`${missing.map((reason) => `skipped: ${reason}\n`).join("")}0 compared, 1 skipped\n`);
    return 2;
  }
  const real = new RealKernel();
  try {
    return use(real);
  } finally {
    real.close();
  }
}
