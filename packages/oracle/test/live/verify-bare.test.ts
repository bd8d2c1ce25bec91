// `kubehop verify FILE` on labs of namespaces that a person wrote.
import { loadScenario } from "@kubehop/lab";
import type { CellPlan } from "@kubehop/lab";
import { expect, it } from "vitest";
import type { RealKernel } from "../../src/live/real-kernel.ts";
import { NotComparable } from "../../src/scenario/lab-script.ts";
import { type BareComparison, formatComparison, verifyBare } from "../../src/scenario/verify-bare.ts";
import { describeLive } from "./support.ts";

const noFile = (): undefined => undefined;

function planOf(text: string): CellPlan {
  const loaded = loadScenario("lab.yaml", text, noFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no case");
  return plan;
}

function verify(real: RealKernel, text: string): BareComparison {
  const plan = planOf(text);
  if (plan.bare === undefined) throw new Error("no namespaces");
  return verifyBare(real, plan, plan.bare, noFile, 1);
}

/** No address of a device is given: chance draws them. */
const ROUTED = `scenario: t
namespaces: { R:, A: { mute: [eth0] }, B: { mute: [eth0] } }
build:
  - in: R
    run: |
      sysctl -w net.ipv4.ip_forward=1
      ip link add eA address 0a:58:0a:01:00:01 type veth peer name eth0 netns A
      ip link add eB type veth peer name eth0 netns B
      ip addr add 10.1.0.1/16 dev eA
      ip addr add 10.2.0.1/16 dev eB
      ip link set eA up
      ip link set eB up
  - { in: [A, B], run: ip link set eth0 up }
  - { in: A, run: ip addr add 10.1.0.2/16 dev eth0 }
  - { in: B, run: ip addr add 10.2.0.2/16 dev eth0 }
steps:
`;
const FRAME =
  "0a580a010001 0a580a010002 0800 4500 0020 0007 0000 40 11 66c0 0a010002 0a020002 0fa0 0035 000c 0000 61626364";
const INJECT = `  - { in: A, inject: { dev: eth0, frame: "${FRAME}" } }\n`;

describeLive("a lab of namespaces on both kernels", (real) => {
  it("agrees, with addresses that chance drew, and steps of commands", () => {
    const found = verify(
      real(),
      `${ROUTED}${INJECT}  - in: R
    run: |
      iptables -t nat -A POSTROUTING -o eB -j MASQUERADE
      iptables-save
      conntrack -F
${INJECT}  - { in: R, datagram: { sport: 5000, to: "B:53", payload: hello } }
  - { in: R, run: "ip route add blackhole 10.2.0.2" }
  - { in: R, datagram: { sport: 5000, to: "B:53" } }
`,
    );
    expect(formatComparison("lab.yaml", found)).toBe("");
    expect(found).toMatchObject({ differences: [], byChance: undefined });
    expect(found.packets).toBeGreaterThan(8);
  });

  it("has cards on a wire", () => {
    const found = verify(
      real(),
      `scenario: t
namespaces:
  M1: { nics: { eth0: { segment: lan, mac: "0a:60:00:00:00:01" } } }
  M2: { nics: { eth0: { segment: lan } }, mute: [eth0] }
build:
  - { in: M1, run: ip addr add 10.0.0.1/24 dev eth0 }
  - { in: M2, run: ip addr add 10.0.0.2/24 dev eth0 }
  - { in: [M1, M2], run: ip link set eth0 up }
steps:
  - in: M1
    inject: { dev: eth0, frame: "ffffffffffff 0a6000000001 0806 0001 0800 0604 0001 0a6000000001 0a000001 000000000000 0a000002" }
`,
    );
    expect(formatComparison("lab.yaml", found)).toBe("");
    expect(found.packets).toBeGreaterThan(3);
  });

  it("refuses what has no counterpart yet, with its place", () => {
    expect(() => verify(real(), `${ROUTED}${INJECT}  - { in: R, run: ping -c 1 A, expect: timeout }\n`)).toThrow(
      NotComparable,
    );
    expect(() => verify(real(), `${ROUTED}${INJECT}  - { wait: 1s }\n`)).toThrow(/time that passes/);
  });
});
