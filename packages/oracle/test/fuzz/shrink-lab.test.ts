// A smaller lab shows the same: namespaces that play no part go with all that leads to them, then settings.
import { describe, expect, it } from "vitest";
import type { FuzzFinding } from "../../src/fuzz/fuzz.ts";
import { shrinkLab } from "../../src/fuzz/shrink-lab.ts";
import { hostLink, permanent } from "../../src/fuzz/topology.ts";
import type { LiveDifference } from "../../src/live/compare.ts";
import { buildLab, LabRefused } from "../../src/live/lab-spec.ts";
import type { LabSpec } from "../../src/live/lab-spec.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";

const DIFFERENCE: LiveDifference = {
  what: "frames",
  where: "R/eB, frame 1",
  step: 0,
  kernel: "out id 7",
  ours: "nothing",
};

const LAB: LabSpec = {
  title: "routed",
  namespaces: ["R", "A", "B", "C"],
  build: [
    { ns: "R", ops: [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }] },
    { ns: "R", ops: [{ op: "sysctl", key: "net.ipv4.ip_default_ttl", value: "32" }] },
    ...["A", "B", "C"].flatMap((host, i) =>
      hostLink(
        { router: "R", dev: `e${host}`, host, ip: `10.${i + 1}.0.2`, gateway: `10.${i + 1}.0.1`, mtu: 1500 },
        true,
      ),
    ),
    { ns: "R", ops: [permanent("eC", "10.3.0.9", "0a:58:0a:03:00:09")] },
  ],
  mute: ["A", "B", "C"].map((ns) => ({ ns, devices: ["eth0"] })),
  routers: ["R"],
  backend: "legacy",
  vteps: [],
};

const FINDING: FuzzFinding = {
  seed: "s",
  index: 1,
  lab: LAB,
  fuzzCase: { rules: {}, steps: [{ frame: ["A", "eth0", "00"] }] },
  before: [],
  differences: [DIFFERENCE],
};

/** The difference shows while R forwards to B. */
function compare(lab: LabSpec): readonly LiveDifference[] | null {
  const ours = new OurKernel();
  try {
    buildLab(ours, lab);
  } catch (error) {
    if (error instanceof LabRefused) return null;
    throw error;
  }
  const forwards = ours.world.namespaces.get("R")?.sysctl.get("net.ipv4.ip_forward") === "1";
  return forwards && ours.world.namespaces.has("B") ? [{ ...DIFFERENCE, kernel: "out id 12" }] : [];
}

describe("a finding's lab", () => {
  const { lab, differences } = shrinkLab(FINDING, compare, 100);

  it("loses namespaces, with the links and neighbours that lead there", () => {
    expect(lab.namespaces).toEqual(["R", "A", "B"]);
    expect(lab.mute.map(({ ns }) => ns)).toEqual(["A", "B"]);
    expect(JSON.stringify(lab.build)).not.toMatch(/eC|10\.3\./);
  });

  it("keeps the settings it needs, and no others", () => {
    const sysctls = lab.build.flatMap(({ ops }) => ops.filter(({ op }) => op === "sysctl"));
    expect(sysctls).toEqual([{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" }]);
  });

  it("is told with what it shows now", () => {
    expect(differences).toEqual([{ ...DIFFERENCE, kernel: "out id 12" }]);
  });

  it("stays as it is when nothing can go", () => {
    expect(shrinkLab(FINDING, () => [], 100)).toBe(FINDING);
    expect(shrinkLab(FINDING, compare, 0)).toBe(FINDING);
  });
});
