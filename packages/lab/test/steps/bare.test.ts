// Labs of namespaces, run: built by commands, frames put on their way, and what is asked of them.
import { describe, expect, it } from "vitest";
import { runScenarioText } from "../../src/expect/run-file.ts";
import { explainScenario } from "../../src/explain/explain.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { scenarioOf } from "../load/read.ts";
import { run } from "./run.ts";

const noFile = (): undefined => undefined;

/** A – R – B with the rules of R; what `steps` holds comes behind. */
function routed(steps: string, rules = "", namespaces = "{ R:, A: { mute: [eth0] }, B: { mute: [eth0] } }"): string {
  return `scenario: t
namespaces: ${namespaces}
build:
  - in: R
    run: |
      sysctl -w net.ipv4.ip_forward=1
      ip link add eA address 0a:58:0a:01:00:01 type veth peer name eth0 netns A address 0a:58:0a:01:00:02
      ip link add eB address 0a:58:0a:02:00:01 type veth peer name eth0 netns B address 0a:58:0a:02:00:02
      ip addr add 10.1.0.1/16 dev eA
      ip addr add 10.2.0.1/16 dev eB
      ip link set eA up
      ip link set eB up
      iptables-restore <<EOF
      *filter
      ${rules}
      COMMIT
      EOF
  - { in: [A, B], run: ip link set eth0 up }
  - { in: A, run: ip addr add 10.1.0.2/16 dev eth0 }
  - { in: B, run: ip addr add 10.2.0.2/16 dev eth0 }
steps:
${steps}`;
}

/** A UDP datagram 10.1.0.2:4000 > 10.2.0.2:53, 4 bytes, no checksum. */
const FRAME =
  "0a580a010001 0a580a010002 0800 4500 0020 0007 0000 40 11 66c0 0a010002 0a020002 0fa0 0035 000c 0000 61626364";

function judged(text: string): string[] {
  const result = runScenarioText("a.yaml", text, noFile, 1, cellRunner(noFile));
  return [
    ...result.diagnostics.map((d) => `${d.line}:${d.col} ${d.code} ${d.message}`),
    ...result.cells.flatMap((cell) => cell.failures.map(({ message }) => message)),
  ];
}

describe("a lab of namespaces", () => {
  it("forwards what is injected, and shows it to expectations", () => {
    expect(
      judged(
        routed(`
  - in: A
    inject: { dev: eth0, frame: "${FRAME}" }
    expect:
      exit: 0
      packet: { in: B, dev: eth0, flow: "A:4000 > B:53/udp", ttl: 63, count: 1 }
      neigh: { in: R, dev: eB, dst: B, state: REACHABLE }
  - { in: R, run: ip -4 addr show eA, expect: { output: 10.1.0.1/16 } }
`),
      ),
    ).toEqual([]);
  });

  it("names the rule that dropped a frame", () => {
    const rules = "-A FORWARD -p udp -j DROP";
    expect(
      judged(
        routed(
          `
  - { in: A, inject: { dev: eth0, frame: "${FRAME}" }, expect: { dropped: { in: R, reason: NETFILTER_DROP }, rule: { in: R, chain: FORWARD, pkts: "1" } } }
`,
          rules,
        ),
      ),
    ).toEqual([]);
  });

  it("begins at time 0, in which nothing else happens", () => {
    const { outcomes, cluster } = run(routed(`  - { in: R, run: ip link }\n`));
    expect(outcomes[0]).toMatchObject({ startedAt: 0, endedAt: 0 });
    expect([...cluster.world.namespaces.keys()]).toEqual(["R", "A", "B"]);
    expect(cluster.control.store.list("Service")).toEqual([]);
  });

  it("is mute where it is told: ARP is answered, ping is not", () => {
    const ping = `  - { in: R, run: ping -c 1 -W 1 A, expect: { result: timeout, neigh: { in: R, dst: A, state: REACHABLE } } }\n`;
    expect(judged(routed(ping))).toEqual([]);
    expect(judged(routed(`  - { in: R, run: ping -c 1 A, expect: ok }\n`, "", "[R, A, B]"))).toEqual([]);
  });

  it("says what a socket said", () => {
    const { outcomes } = run(
      routed(`
  - { in: R, datagram: { sport: 20001, to: "10.2.0.2:53", payload: hi } }
  - { in: R, datagram: { sport: 20001, to: "10.9.0.2:53" } }
`),
    );
    expect(outcomes.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([
      [0, ""],
      [1, "sendto: ENETUNREACH\n"],
    ]);
  });

  it("points at the command of its building that failed, and at a device that nothing has made", () => {
    const steps = `  - { in: R, run: ip link }\n`;
    expect(judged(routed(steps, "-A NOWHERE -j DROP"))).toMatchInlineSnapshot(`
      [
        "13:7 bad-value in R: iptables-restore: line 2 failed: No chain/target/match by that name.",
      ]
    `);
    expect(judged(routed(steps, "", "{ R:, A: { mute: [eth1] }, B: }"))).toMatchInlineSnapshot(`
      [
        "2:31 bad-value there is no device eth1 in A: nothing has made it",
      ]
    `);
    expect(judged(routed(steps).replace("ip_forward", "ip_foreward"))).toMatchInlineSnapshot(`
      [
        "6:7 not-modelled kubehop: the sysctl net.ipv4.ip_foreward is not modelled",
      ]
    `);
  });

  it("is explained like any other", () => {
    const scenario = scenarioOf(routed(`  - { in: R, run: ping -c 1 A, expect: ok }\n`, "", "[R, A, B]"));
    const story = explainScenario(scenario, { level: "summary", flow: "R > A/icmp" });
    expect(story).toContain("REQUEST icmp 10.1.0.1 (R eA) > 10.1.0.2 (A eth0)");
  });

  it("has cards on a wire", () => {
    const { outcomes } = run(`scenario: t
namespaces:
  M1: { nics: { eth0: { segment: lan, mac: "0a:60:00:00:00:01" } } }
  M2: { nics: { eth0: { segment: lan } } }
build:
  - { in: M1, run: ip addr add 10.0.0.1/24 dev eth0 }
  - { in: M2, run: ip addr add 10.0.0.2/24 dev eth0 }
  - { in: [M1, M2], run: ip link set eth0 up }
steps:
  - { in: M1, run: ping -c 1 M2 }
`);
    expect(outcomes[0]?.flow?.result).toBe("ok");
  });
});
