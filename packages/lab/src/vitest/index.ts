// `import "@kubehop/lab/vitest"` teaches vitest's expect the matcher toReach.
import { expect } from "vitest";
import { judgeReach, type ReachExpectation } from "./to-reach.ts";

export type { ReachExpectation } from "./to-reach.ts";

expect.extend({
  async toReach(received: unknown, expected?: ReachExpectation) {
    return judgeReach(await received, expected);
  },
});

declare module "vitest" {
  interface Matchers<T> {
    /** An answer came, from `backend`, to a request that the server saw coming from `client` with `ttl`. */
    toReach(expected?: ReachExpectation): Promise<void>;
  }
}
