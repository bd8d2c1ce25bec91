// What a scenario writes is data on its way to the real kernel: one word of a list, or input of a program; never a line for a shell.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadScenario } from "@kubehop/lab";
import type { CellPlan } from "@kubehop/lab";
import { describe, expect, it } from "vitest";
import { opWords, sysctlPath } from "../../src/live/op-words.ts";
import { opCommands } from "../../src/scenario/op-commands.ts";
import { recordScript } from "../../src/scenario/record-script.ts";

const noFile = (): undefined => undefined;

/** Each of them makes the file FILE when a shell reads it. */
const HOSTILE = (file: string): readonly string[] => [
  `$(touch ${file})`,
  `\`touch ${file}\``,
  `; touch ${file} ;`,
  `' ; touch ${file} ; '`,
  `a\ntouch ${file}\nb`,
  `| touch ${file}`,
  `&& touch ${file} #`,
];

function planOf(text: string): CellPlan {
  const loaded = loadScenario("a.yaml", text, noFile);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no cell");
  return plan;
}

/** A router with one rule that carries a text, and a datagram that does. */
const scenarioWith = (word: string): string => `scenario: ${JSON.stringify(word.replaceAll("\n", " "))}
namespaces: { A: {}, B: {} }
build:
  - in: A
    run: |
      ip link add eth0 type veth peer name eth0 netns B
      ip addr add 10.0.0.1/24 dev eth0
      ip link set eth0 up
  - { in: B, run: ip link set eth0 up }
steps:
  - { in: A, run: ${JSON.stringify(`iptables -A OUTPUT -m comment --comment '${word}' -j ACCEPT`)} }
  - { in: A, datagram: { sport: 1000, to: "10.0.0.2:53", payload: ${JSON.stringify(word)} } }
`;

describe("hostile words", () => {
  const words = HOSTILE("/nowhere/made").filter((word) => !/['\n]/.test(word));

  it.each(words)("%s is one word of a rule, and bytes of a datagram", (word) => {
    const script = recordScript(planOf(scenarioWith(word)), 1, noFile);
    const ops = script.items.flatMap((item) => (item.kind === "config" ? item.ops : []));
    const argvs = ops.flatMap((op) => {
      const made = opWords(op);
      return made.tool === "run" ? [made.argv] : [];
    });
    expect(argvs.filter((argv) => argv.includes(word)).map((argv) => argv.slice(0, 3))).toEqual([
      [expect.stringMatching(/^iptables/), "-A", "OUTPUT"],
    ]);
    expect(JSON.stringify(script.items)).toContain(Buffer.from(word).toString("hex"));
  });

  it("a shell that reads an exported line makes nothing of them", () => {
    const folder = mkdtempSync(join(tmpdir(), "kubehop-hostile-"));
    try {
      const file = join(folder, "made");
      for (const word of HOSTILE(file)) {
        const op = { op: "iptables", args: ["-A", "OUTPUT", "-m", "comment", "--comment", word] } as const;
        const [line = ""] = opCommands(op);
        const { stdout } = spawnSync("sh", ["-c", `iptables() { printf '%s' "$6"; }; ${line}`], { encoding: "utf8" });
        expect(stdout).toBe(word);
        const restore = { op: "iptables-restore", text: `# ${word.replaceAll("\n", " ")}\n` } as const;
        const [doc = ""] = opCommands(restore);
        spawnSync("sh", ["-c", doc.replace(/^iptables-restore/, "cat")]);
        expect(existsSync(file)).toBe(false);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("names of settings", () => {
  it.each(["//.//.etc.passwd", "net..ipv4", "", "net.ipv4.//.x"])("%j leads nowhere", (key) => {
    expect(() => sysctlPath(key)).toThrow("is no sysctl");
  });

  it("a dot in a device's name is none of the path", () => {
    expect(sysctlPath("net.ipv4.conf.flannel/1.forwarding")).toBe("net/ipv4/conf/flannel.1/forwarding");
  });
});
