// Broken words never break more than their own command.

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ipsetCommand } from "../../../src/netfilter/ipset/command.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";

interface Recording {
  readonly sessions: readonly {
    readonly steps: readonly { readonly tool?: string; readonly args?: readonly string[] }[];
  }[];
}

const recording = JSON.parse(readFileSync(new URL("./data/sessions.json", import.meta.url), "utf8")) as Recording;
const commands = recording.sessions
  .flatMap((s) => s.steps)
  .flatMap((s) => (s.tool === "ipset" && s.args !== undefined ? [s.args.join(" ")] : []));
const noise = fc.constantFrom(
  "-",
  "/",
  ",",
  ":",
  "0",
  "255",
  "32",
  " ",
  '"',
  "!",
  "a",
  "4294967295",
  "timeout ",
  "-exist ",
);

/** A command with a piece cut out, put in, or doubled. */
const mutated = fc
  .tuple(fc.constantFrom(...commands), fc.nat(200), fc.nat(4), fc.option(noise))
  .map(
    ([text, at, cut, piece]) =>
      text.slice(0, at % (text.length + 1)) + (piece ?? "") + text.slice((at % (text.length + 1)) + cut),
  );

describe("mutated input", () => {
  it("is taken or named, line by line", () => {
    const ns = new NetNamespace(new World(), "n1");
    fc.assert(
      fc.property(mutated, (line) => {
        const { exit, stderr } = ipsetCommand(
          ns,
          line.split(" ").filter((w) => w !== ""),
        );
        const isQuiet = /(^| )-?-q(uiet)?( |$)/.test(line);
        const isNamed = exit !== 2 || isQuiet || stderr.startsWith("ipset v7.17: ");
        expect([exit >= 0 && exit <= 2, isNamed]).toEqual([true, true]);
      }),
      { numRuns: 10_000, seed: 3 },
    );
  }, 60_000);

  it("leaves what a refused restore has not reached", () => {
    fc.assert(
      fc.property(mutated, (line) => {
        const ns = new NetNamespace(new World(), "n1");
        const { exit } = ipsetCommand(
          ns,
          ["restore"],
          `create zz hash:ip\nadd zz 1.1.1.1\nlist zz\n${line}\nadd zz 1.1.1.2\n`,
        );
        const has = ipsetCommand(ns, ["test", "zz", "1.1.1.2"]).exit === 0;
        expect(exit !== 0 && has).toBe(false);
      }),
      { numRuns: 2000, seed: 4 },
    );
  }, 60_000);
});
