// What the support page calls refused is refused, by name.
import { defaultRegistry, type RunningCommand, startLine } from "@kubehop/commands";
import { NetNamespace, World } from "@kubehop/netstack";
import { describe, expect, it } from "vitest";
import { loadScenario } from "@kubehop/lab";
import { REFUSALS, type Refusal, refusalText } from "../../src/support/refusals.ts";
import { supportPage } from "../../src/support/page.ts";

function typed(line: string): { readonly text: string; readonly code: number | undefined } {
  const world = new World();
  let text = "";
  const command: RunningCommand = startLine(
    {
      place: "node1",
      ns: new NetNamespace(world, "node1"),
      tools: { iptables: "1.8.9", backend: "nft", iproute2: "6.1", kubectl: "1.28" },
      files: new Map<string, string>(),
      stdin: "",
      resolve: () => undefined,
      kube: undefined,
      readFile: () => undefined,
      stdout: (more) => void (text += more),
      stderr: (more) => void (text += more),
    },
    line,
    defaultRegistry(),
  );
  return { text, code: command.exitCode };
}

/** The mistakes of a scenario with these lines in it. */
function mistakes(lines: string, files: Readonly<Record<string, string>> = {}): string[] {
  const text = `scenario: refused\n${lines}\nsteps:\n  - { wait: 1s }\n`;
  const loaded = loadScenario("lab.yaml", text, (path) => files[path]);
  return loaded.ok ? [] : loaded.diagnostics.map(({ message }) => message);
}

function complaint({ by }: Refusal): string {
  if ("cluster" in by) return mistakes(`cluster: { ${by.cluster} }`).join("\n");
  if ("manifest" in by) return mistakes("manifests: [a.yaml]", { "a.yaml": by.manifest }).join("\n");
  const { text, code } = typed(by.command);
  return code !== 0 && /not modelled|kubehop/.test(text) ? text : "";
}

describe("refused", () => {
  it.each(REFUSALS.map((refusal) => [refusal.what, refusal] as const))("%s", (_, refusal) => {
    expect(complaint(refusal)).not.toBe("");
    expect(supportPage()).toContain(refusalText(refusal));
  });

  it("what is not refused is accepted by the same question", () => {
    expect(mistakes("cluster: { proxy: iptables, cni: flannel }")).toEqual([]);
    expect(
      mistakes("manifests: [a.yaml]", { "a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: { name: a }\n" }),
    ).toEqual([]);
    expect(typed("ip -4 addr").code).toBe(0);
    expect(typed("ip link add b0 type bridge")).toEqual({ text: "", code: 0 });
  });
});
