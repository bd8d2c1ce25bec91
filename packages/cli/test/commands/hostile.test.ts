// Strings of a scenario are data: whatever they look like to a shell, nothing of this machine is touched.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const PODS = `apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: c, image: nginx, command: ["sh", "-c", "touch MADE"] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client, annotations: { note: "$(touch MADE)" } }
spec: { containers: [{ name: c, image: alpine }] }
`;

const SCENARIO = `scenario: "$(touch MADE) ; touch MADE \`touch MADE\`"
refs: ["../../MADE", "$(touch MADE)"]
source: "| touch MADE"
manifests: [pods.yaml]
serve: { web: { http: 80, body: "$(touch MADE)" } }
steps:
  - { id: "'; touch MADE; '", in: client, run: "curl -s -A '$(touch MADE)' http://web.default/", expect: { exit: 6 } }
  - { send: { flow: "client > web:80", payload: "\\n\`touch MADE\`\\n" } }
  - { in: node1, run: "iptables -A FORWARD -m comment --comment '$(touch MADE)' -j ACCEPT" }
  - { in: node1, run: "iptables -S FORWARD", expect: { output: "$(touch MADE)" } }
  - { in: node1, run: "echo MADE > MADE; echo '../x' > x; cat MADE", expect: { output: MADE } }
`;

describe("hostile strings", () => {
  it("pass through run as data", async () => {
    await withFiles({ "lab/pods.yaml": PODS, "lab/a.yaml": "" }, async (folder) => {
      const made = join(folder, "made");
      const text = SCENARIO.replaceAll("touch MADE", `touch ${made}`).replaceAll("../../MADE", made);
      await withFiles({ "a.yaml": text, "pods.yaml": PODS.replaceAll("MADE", made) }, async (lab) => {
        const args = ["--json", join(lab, "out.json"), "--junit", join(lab, "out.xml"), "--pcapng", join(lab, "p")];
        const { code, stdout } = await kubehop("run", join(lab, "a.yaml"), ...args);
        expect(stdout).toContain("1 passed, 0 failed, 0 skipped");
        expect(code).toBe(0);
        expect(existsSync(made)).toBe(false);
        // Files of a node are in memory.
        expect([join(lab, "MADE"), join(lab, "x"), "MADE", "x"].filter((file) => existsSync(file))).toEqual([]);
      });
    });
  });

  it.each([
    ["echo $(touch x)", "command substitution is not modelled"],
    ["echo `touch x`", "command substitution is not modelled"],
    ["touch x", "touch is not modelled"],
    ["sh -c 'touch x'", "touch is not modelled"],
    ["eval touch x", "eval: kubehop has no such command"],
  ])("%s is refused by the emulated shell", async (run, told) => {
    await withFiles(
      { "a.yaml": `scenario: x\nsteps:\n  - { in: node1, run: ${JSON.stringify(run)} }\n` },
      async (lab) => {
        const { code, stdout } = await kubehop("run", join(lab, "a.yaml"));
        expect(code).not.toBe(0);
        expect(stdout).toContain(told);
        expect(existsSync("x")).toBe(false);
      },
    );
  });
});
