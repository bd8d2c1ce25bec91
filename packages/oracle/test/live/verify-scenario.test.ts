// `kubehop verify FILE`: clusters, and labs of namespaces that a person wrote.
import { loadScenario } from "@kubehop/lab";
import type { CellPlan, ReadFile } from "@kubehop/lab";
import { expect, it, vi } from "vitest";
import { OurKernel } from "../../src/live/our-kernel.ts";
import type { RealKernel } from "../../src/live/real-kernel.ts";
import { formatVerdict } from "../../src/scenario/verdict-text.ts";
import { type CellVerdict, verifyCell } from "../../src/scenario/verify-scenario.ts";
import { describeLive } from "./support.ts";

const noFile = (): undefined => undefined;

function planOf(text: string, readFile: ReadFile = noFile): CellPlan {
  const loaded = loadScenario("lab.yaml", text, readFile);
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ line, message }) => `${line}: ${message}`).join("\n"));
  const [plan] = loaded.scenario.cells;
  if (plan === undefined) throw new Error("no case");
  return plan;
}

function verify(real: RealKernel, text: string): CellVerdict {
  const found = verifyCell(real, planOf(text), 1, noFile);
  expect(formatVerdict("lab.yaml", found)).toMatch(
    /^✓ lab.yaml {2}\d+ packets, \d+ conntrack events?, \d+ requests?'s? outcomes?, 0 differences\n$/,
  );
  return found;
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
    expect(found.packets).toBeGreaterThan(3);
  });

  it("is asked by programs, and time passes", () => {
    const found = verify(
      real(),
      `${ROUTED}${INJECT}  - { in: R, run: ping -c 1 -W 1 A, expect: { exit: 1 } }
  - { wait: 1m }
  - { in: R, run: "nc -z -w 1 127.0.0.1 80", expect: { exit: 1 } }
`,
    );
    expect(found.requests).toBe(2);
  });
});

const CLUSTER = `scenario: t
cluster: { kubernetes: "1.28", nodes: [node1, node2], hosts: [laptop] }
manifests: [web.yaml]
place: { client: node1, web: [node1, node2] }
steps:
  - { in: client, run: "curl -s --max-time 1 http://web/", pick: web#1, expect: { result: ok } }
  - { in: client, run: "curl -s --max-time 1 http://web/", pick: web#2, expect: { result: ok } }
  - { in: laptop, run: "curl -s --max-time 1 http://node1:30080/", pick: web#2, expect: { result: ok } }
  - { in: node1, run: "iptables -I FORWARD -j DROP" }
  - { in: laptop, run: "curl -s --max-time 0.3 http://node1:30080/", expect: timeout }
`;

const WEB = `apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: c, image: busybox }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: nginx }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
`;

describeLive("a cluster on both kernels", (real) => {
  const readFile = (path: string): string | undefined => (path === "web.yaml" ? WEB : undefined);
  const verdict = (text: string): CellVerdict => verifyCell(real(), planOf(text, readFile), 1, readFile);

  it("agrees in every frame, connection and counter, and so do programs with real sockets", { timeout: 60_000 }, () => {
    const found = verdict(CLUSTER);
    expect(formatVerdict("t.yaml", found)).toMatch(/^✓ .* 4 requests' outcomes, 0 differences\n$/);
    expect(found.packets).toBeGreaterThan(150);
    expect(found.events).toBeGreaterThan(15);
  });

  it("shows the step in which a rule is missing on one of them", { timeout: 60_000 }, () => {
    const apply = Reflect.get(OurKernel.prototype, "apply") as OurKernel["apply"];
    const planted = vi.spyOn(OurKernel.prototype, "apply").mockImplementation(function (this: OurKernel, ns, batch) {
      const ops = batch.ops.filter((op) => op.op !== "iptables" || op.args[0] !== "-I");
      return apply.call(this, ns, { ...batch, ops });
    });
    const [first] = verdict(CLUSTER).differences;
    planted.mockRestore();
    expect(first).toMatchObject({ id: "step 5", what: "frames", kernel: "nothing" });
  });
});
