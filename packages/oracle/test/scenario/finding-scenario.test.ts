// A finding as a scenario file, read again: the same lab, the same rules, the same packets.
import { Random } from "@kubehop/sim";
import { cellRunner, loadScenario, runLoaded } from "@kubehop/lab";
import type { CellPlan, Scenario } from "@kubehop/lab";
import { describe, expect, it } from "vitest";
import { Chooser } from "../../src/fuzz/choose.ts";
import { replayOurs, writeCase } from "../../src/fuzz/fuzz-case.ts";
import type { FuzzCase } from "../../src/fuzz/fuzz-case.ts";
import type { FuzzFinding } from "../../src/fuzz/fuzz.ts";
import { KINDS } from "../../src/fuzz/kinds.ts";
import { PacketWriter } from "../../src/fuzz/packets.ts";
import { ruleKit, RuleWriter } from "../../src/fuzz/rules.ts";
import type { FuzzLab } from "../../src/fuzz/topology.ts";
import type { StepSeen } from "../../src/live/kernel.ts";
import { buildLab } from "../../src/live/lab-spec.ts";
import type { LabSpec } from "../../src/live/lab-spec.ts";
import { OurKernel } from "../../src/live/our-kernel.ts";
import { findingScenario } from "../../src/scenario/finding-scenario.ts";
import { playFrames } from "../../src/scenario/play-frames.ts";
import { recordScript } from "../../src/scenario/record-script.ts";
import type { Script } from "../../src/scenario/script.ts";

const KIT = ruleKit([new OurKernel()]);
const noFile = (): undefined => undefined;

function randomFinding(kind: keyof typeof KINDS, seed: string): FuzzFinding {
  const random = new Random(seed);
  const lab = KINDS[kind](new Chooser(random.fork("lab")));
  const ours = new OurKernel();
  buildLab(ours, lab);
  const [first, second] = [0, 1].map((i) => randomCase(ours, lab, new Chooser(random.fork(`case ${i}`))));
  if (first === undefined || second === undefined) throw new Error("no case");
  return { seed, index: 7, lab, fuzzCase: second, before: [first], differences: [] };
}

function randomCase(ours: OurKernel, lab: FuzzLab, c: Chooser): FuzzCase {
  const rules = new RuleWriter(c, KIT, lab, []);
  const texts = Object.fromEntries(lab.routers.map((ns) => [ns, rules.text()]));
  return writeCase(ours, lab, { rules: texts }, new PacketWriter(c, lab), 30).fuzzCase;
}

function read(text: string): { scenario: Scenario; plan: CellPlan } {
  const loaded = loadScenario("difference.yaml", text, noFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no case");
  return { scenario: loaded.scenario, plan };
}

function scriptOf(text: string): Script {
  return recordScript(read(text).plan, 1, noFile);
}

/** What captures and connections show of the packets of both cases. */
function playFinding({ lab, before, fuzzCase }: FuzzFinding): StepSeen[] {
  const ours = new OurKernel();
  buildLab(ours, lab);
  return [...before, fuzzCase].flatMap((one) => [...replayOurs(ours, lab, one).played.seen]);
}

/** What the judge sees of the packets while the script is played; the two agree, being the same. */
function playScript(script: Script): StepSeen[] {
  const judge = new OurKernel();
  const seen: StepSeen[] = [];
  const play = judge.play.bind(judge);
  judge.play = (steps) => {
    const found = play(steps);
    seen.push(...found);
    return found;
  };
  expect(playFrames(judge, script).differences).toEqual([]);
  return seen;
}

const SEEDS = ["a", "b", "c"];
const ALL = (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) =>
  SEEDS.map((seed) => [kind, seed] as const),
);

describe("a finding as a scenario file", () => {
  it.each(ALL)("of a %s lab (%s) shows what the finding shows", (kind, seed) => {
    const finding = randomFinding(kind, seed);
    const script = scriptOf(findingScenario(finding, "Linux"));
    const wanted = playFinding(finding);
    expect(wanted.flatMap(({ frames }) => frames).length).toBeGreaterThan(20);
    expect(playScript(script)).toEqual(wanted);
    const { mute } = script;
    expect(mute === "ends" ? [] : mute.filter(({ devices }) => devices.length > 0)).toHaveLength(
      finding.lab.mute.length,
    );
    expect(script.vteps).toEqual(finding.lab.vteps);
  });

  it("runs, and expects nothing of the packets", () => {
    const text = findingScenario(randomFinding("routed", "run"), "Linux");
    const result = runLoaded(read(text).scenario, 1, cellRunner(noFile));
    expect(result.diagnostics).toEqual([]);
    expect(result.cells.map(({ status }) => status)).toEqual(["passed"]);
  });

  it("reads like what a person types", () => {
    const lab: LabSpec = {
      title: "by hand",
      namespaces: ["R", "A"],
      build: [
        {
          ns: "R",
          ops: [
            { op: "modprobe", module: "br_netfilter" },
            { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
            { op: "link-add", name: "up0", link: { type: "nic", segment: "lan" }, address: "0a:60:00:00:00:01" },
            { op: "link-add", name: "br0", link: { type: "bridge" }, txqueuelen: 7 },
            { op: "link-add", name: "vA", mtu: 1450, link: { type: "veth", peer: { name: "eth0", netns: "A" } } },
          ],
        },
        { ns: "R", ops: [{ op: "link-set", dev: "vA", master: "br0", up: true, hairpin: true }] },
        { ns: "A", ops: [{ op: "link-set", dev: "eth0", up: true }] },
      ],
      mute: [{ ns: "A", devices: ["eth0"] }],
      routers: ["R"],
      backend: "legacy",
      vteps: [],
    };
    const rules = '*filter\n-A INPUT -m comment --comment "costs ${x}" -j DROP\nCOMMIT\n';
    const fuzzCase: FuzzCase = {
      rules: { R: rules },
      steps: [
        {
          frame: ["A", "eth0", "ffffffffffff0a580a010002080600010800060400010a580a0100020a0100020000000000000a010001"],
        },
        { udp: ["R", 20_001, "10.1.0.2", 53, "abcd"] },
        { ops: { ns: "R", ops: [{ op: "neigh-del", dev: "br0", dst: "10.1.0.2" }] } },
      ],
    };
    const differences = [
      { what: "frames", where: "A/eth0, frame 1", step: 1, kernel: "nothing", ours: "out …" },
    ] as const;
    const text = findingScenario({ seed: "1", index: 3, lab, fuzzCase, before: [], differences }, "Linux 6.18");
    expect(text).toMatchInlineSnapshot(`
      "# A difference between kubehop and Linux 6.18, made small:
      # frames, step 3, A/eth0, frame 1
      #   kernel  nothing
      #   ours    out …
      # \`kubehop verify FILE\` compares the two again, \`kubehop run FILE\` shows what kubehop does.
      scenario: case 3 of seed 1, by hand, legacy
      namespaces:
        R: { nics: { up0: { segment: lan, mac: "0a:60:00:00:00:01" } } }
        A: { mute: [eth0] }
      build:
        # ICMP errors are not rationed: they would be told by a clock.
        - in: [R, A]
          run: |
            sysctl -w net.ipv4.icmp_ratelimit=0
            sysctl -w net.ipv4.icmp_msgs_per_sec=100000
            sysctl -w net.ipv4.icmp_msgs_burst=10000
        - in: R
          run: |
            modprobe br_netfilter
            sysctl -w net.ipv4.ip_forward=1
            ip link add name br0 txqueuelen 7 type bridge
            ip link add name vA mtu 1450 type veth peer name eth0 netns A
            ip link set dev vA master br0 up
            ip link set dev vA type bridge_slave hairpin on
        - { in: A, run: ip link set dev eth0 up }
      steps:
        - in: R
          run: |
            iptables-legacy-restore <<'EOF'
            *filter
            -A INPUT -m comment --comment "costs $\${x}" -j DROP
            COMMIT
            EOF
        # 0a:58:0a:01:00:02 > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: Ethernet (len 6), IPv4 (len 4), Request who-has 10.1.0.1 tell 10.1.0.2, length 28
        - { in: A, inject: { dev: eth0, frame: "ffffffffffff 0a580a010002 0806 00010800060400010a580a0100020a0100020000000000000a010001" } }
        - { in: R, datagram: { sport: 20001, to: "10.1.0.2:53", bytes: "abcd" } }
        - { in: R, run: ip neigh del 10.1.0.2 dev br0 }
      "
    `);
    expect(
      scriptOf(text)
        .items.filter(({ kind }) => kind === "packet")
        .map((item) => "play" in item && item.play),
    ).toEqual(fuzzCase.steps.slice(0, 2));
  });
});
