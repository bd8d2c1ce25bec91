import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readCorpus, verifyCase } from "../src/recorded/verify.ts";

/** Cases listed one by one; the thousands of short sequences are one test below. */
const LISTED = [
  "example20.json.gz",
  "dataset.json.gz",
  "rulefuzz.json.gz",
  "rulefuzz-60211.json.gz",
  "rulefuzz-773301.json.gz",
  "rulefuzz-sets-424207.json.gz",
  "routers-6.18.44.json.gz",
] as const;

const corpus = (name: string): ReturnType<typeof readCorpus> =>
  readCorpus(fileURLToPath(new URL(`./data/${name}`, import.meta.url)));

describe.each(LISTED)("recorded kernel behaviour: %s", (name) => {
  it.each(corpus(name).cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
    expect(verifyCase(one).differences).toEqual([]);
  });
});

describe("recorded kernel behaviour: ct-tcp-sequences.json.gz", () => {
  it("state, verdict, flags and timeout after every sequence", () => {
    const results = corpus("ct-tcp-sequences.json.gz").cases.map(verifyCase);
    expect(results).toHaveLength(11_110);
    expect(results.filter((one) => one.differences.length > 0)).toEqual([]);
  });
});
