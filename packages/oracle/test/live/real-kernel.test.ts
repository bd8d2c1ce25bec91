import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { AgentProcess } from "../../src/live/agent-process.ts";
import type { StepSeen } from "../../src/live/kernel.ts";
import { buildLab } from "../../src/live/lab-spec.ts";
import type { LabSpec } from "../../src/live/lab-spec.ts";
import { frameText } from "../../src/live/frame-text.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import { compareSteps } from "../../src/live/compare.ts";
import { describeLive } from "./support.ts";

/** A machine with a card on a segment, and a neighbour there. */
const LAB: LabSpec = {
  title: "two machines",
  namespaces: ["A", "B"],
  build: ["A", "B"].map((ns, i) => ({
    ns,
    ops: [
      { op: "link-add", name: "eth0", address: `0a:00:00:00:00:0${i + 1}`, link: { type: "nic", segment: "lan" } },
      { op: "addr-add", dev: "eth0", local: `10.0.0.${i + 1}/24` },
      { op: "link-set", dev: "eth0", up: true },
    ],
  })),
  mute: [{ ns: "B", devices: ["eth0"] }],
  routers: ["A"],
  backend: "legacy",
  vteps: [],
};

describeLive("the real kernel behind the doors", (real) => {
  it("hosts machines on a segment, and a mute one answers ARP only", () => {
    buildLab(real(), LAB);
    const [seen] = real().play([{ udp: ["A", 20_000, "10.0.0.2", 53, "00"] }]);
    const texts = seen?.frames.filter((f) => f.ns === "A").map((f) => `${f.dir} ${frameText(f.hex)}`);
    expect(texts?.map((text) => text.replace(/.*?(who-has \S+|is-at \S+|UDP, length \d+|domain).*/, "$1"))).toEqual([
      "who-has 10.0.0.2",
      "is-at 0a:00:00:00:00:02,",
      "domain",
    ]);
  });

  it("agrees with ours frame by frame", () => {
    const ours = new OurKernel();
    for (const kernel of [real(), ours]) buildLab(kernel, LAB);
    const steps = [{ udp: ["A", 20_000, "10.0.0.2", 53, "00"] }, { udp: ["A", 20_001, "10.0.0.2", 53, "00"] }] as const;
    // A card completes checksums on the wire, a veth does not: what A sends is compared, not what B gets.
    const atA = (seen: readonly StepSeen[]): StepSeen[] =>
      seen.map((step) => ({ ...step, frames: step.frames.filter((f) => f.ns === "A") }));
    expect(compareSteps(atA(real().play(steps)), atA(ours.play(steps)), LAB)).toEqual([]);
  });

  it("tells the failing operation of a batch in the tool's words", () => {
    real().addNamespaces(["A"]);
    const add = { op: "link-add", name: "br0", link: { type: "bridge" } } as const;
    const error = real().apply("A", { agent: "test", ops: [add, { op: "link-set", dev: "br0", up: true }, add] });
    expect(error).toEqual({ index: 2, errno: "EEXIST", message: "RTNETLINK answers: File exists" });
  });

  it("leaves no namespace that others could see", () => {
    const list = (): string => spawnSync("ip", ["netns", "list"], { encoding: "utf8" }).stdout;
    const before = list();
    real().addNamespaces(["A", "B"]);
    expect(list()).toBe(before);
  });

  it("is gone with its namespaces when it is told to end", async () => {
    const agent = new AgentProcess();
    agent.ask("netns", { names: ["A"] });
    const { results } = agent.ask<{ results: [number, string, string][] }>("run", {
      commands: [{ ns: "A", argv: ["sh", "-c", "echo $PPID"] }],
    });
    const pid = results[0]?.[1].trim() ?? "";
    agent.close();
    const alive = (): boolean => spawnSync("kill", ["-0", pid]).status === 0;
    for (let i = 0; i < 50 && alive(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(alive()).toBe(false);
  });
});
