// Live tests run where the machine can host them, and say why where it cannot.

import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { missingRequirements } from "../../src/live/agent-process.ts";
import { RealKernel } from "../../src/live/real-kernel.ts";

const missing = missingRequirements();
const why = missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;

const TURN = 300_000;

/** A suite with the real kernel; skipped with the reason in its name. */
export function describeLive(name: string, body: (real: () => RealKernel) => void): void {
  describe.skipIf(missing.length > 0)(`${name}${why}`, () => {
    let kernel: RealKernel | undefined;
    // Others that compare have their turn first.
    beforeAll(() => {
      kernel = new RealKernel();
    }, TURN);
    afterEach(() => kernel?.clear());
    afterAll(() => kernel?.close());
    body(() => {
      if (kernel === undefined) throw new Error("before the suite began");
      return kernel;
    });
  });
}
