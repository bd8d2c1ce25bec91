import { defineConfig } from "vitest/config";

// Workspace packages resolve to their src/*.ts, so tests need no build.
const conditions = ["@kubehop/source", "module", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "test/**/*.test.ts"],
    environment: "node",
    testTimeout: 20_000,
  },
});
