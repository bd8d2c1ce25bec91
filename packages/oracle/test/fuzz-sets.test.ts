// Sets that random labs draw: taken by our ipset as they are, and compared without what is chance or time.

import { Random } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { Chooser } from "../src/fuzz/choose.ts";
import { routed } from "../src/fuzz/kinds.ts";
import { drawSets, setReference } from "../src/fuzz/sets.ts";
import { compareSets } from "../src/live/compare.ts";
import { setRows } from "../src/live/kernel.ts";
import { OurKernel } from "../src/live/our-kernel.ts";

describe("random sets", () => {
  it("are accepted, and have the names that rules use", () => {
    const kernel = new OurKernel();
    for (let seed = 0; seed < 150; seed++) {
      const c = new Chooser(new Random(`sets ${seed}`));
      const { sets, text } = drawSets(c, routed(c));
      kernel.addNamespaces(["R"]);
      const rule = `-A INPUT -m set --match-set ${setReference(sets, (items) => c.pick(items))}`;
      const rules = `*filter\n${rule}\nCOMMIT\n`;
      const ops = [
        { op: "ipset-restore", text, exist: true },
        { op: "iptables-restore", text: rules },
      ] as const;
      expect(kernel.apply("R", { agent: "test", ops })?.message).toBeUndefined();
      expect(kernel.sets("R").filter((row) => row.startsWith("create "))).toHaveLength(sets.length);
      kernel.clear();
    }
  });

  it("are compared as rows, without seeds and running timeouts", () => {
    const first = setRows(
      "create a hash:ip hashsize 1024 initval 0x1 timeout 9\nadd a 1.1.1.1 timeout 7\nadd a 2.2.2.2\n",
    );
    const second = setRows(
      "create a hash:ip hashsize 1024 initval 0x2 timeout 9\nadd a 2.2.2.2\nadd a 1.1.1.1 timeout 8\n",
    );
    expect(compareSets("R", first, second, 0)).toEqual([]);
    const endless = setRows(
      "create a hash:ip hashsize 1024 initval 0x2 timeout 9\nadd a 2.2.2.2\nadd a 1.1.1.1 timeout 0\n",
    );
    expect(compareSets("R", first, endless, 3)).toEqual([
      { what: "sets", where: "sets of R", step: 3, kernel: "add a 1.1.1.1 timeout *", ours: "add a 1.1.1.1 timeout 0" },
    ]);
  });
});
