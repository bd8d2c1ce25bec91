// `import "@kubehop/lab/vitest"` teaches vitest's expect the matcher toReach.
import { expect } from "vitest";
import type { Reached } from "../library/reached.ts";
import { judgeReach, type ReachExpectation } from "./to-reach.ts";

export type { ReachExpectation } from "./to-reach.ts";

expect.extend({
  async toReach(received: Reached | Promise<Reached>, expected?: ReachExpectation) {
    return judgeReach(await received, expected);
  },
});

declare module "vitest" {
  interface Matchers<T> {
    /** An answer came, from `backend`, to a request that the server saw coming from `client` with `ttl`. */
    toReach(expected?: ReachExpectation): Promise<void>;
  }
}
