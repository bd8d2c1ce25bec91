import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readRecording, verifyRecording } from "../src/recorded/verify.ts";

const FILES = ["example20.json.gz", "dataset.json.gz"] as const;

describe.each(FILES)("recorded kernel behaviour: %s", (name) => {
  const file = fileURLToPath(new URL(`./data/${name}`, import.meta.url));
  it.each(readRecording(file).cases.map((c) => c.name))("%s", (testCase) => {
    const [result] = verifyRecording(file, testCase).cases;
    expect(result?.differences).toEqual([]);
  });
});
