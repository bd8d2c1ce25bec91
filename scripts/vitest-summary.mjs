// A vitest reporter that leaves the counts, and the reason of every skip, in the file SUMMARY_FILE names.
import { writeFileSync } from "node:fs";

export default class SummaryReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const module of modules) {
      // A file that could not be loaded has no tests to fail.
      summary.failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === "skipped") summary.skipped.push({ name: test.fullName, file: module.relativeModuleId, note });
        else if (state === "passed") summary.passed++;
        else summary.failed++;
      }
    }
    writeFileSync(process.env.SUMMARY_FILE, JSON.stringify(summary));
  }
}
