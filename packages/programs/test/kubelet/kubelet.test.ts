import { ControlPlane, loadManifests, parseYaml } from "@kubehop/kube";
import type { Pod } from "@kubehop/kube";
import { KERNEL_FLAVOURS, tcpConnect, tcpListen, World } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { expect, test } from "vitest";
import { DockerNetwork, Dockerd, Kubelet, NodeRefusal, serve } from "../../src/index.ts";
import type { PodNetwork, ServerSpec } from "../../src/index.ts";
import { doorOf, must, node } from "../node/machine.ts";

const SERVERS: readonly ServerSpec[] = [{ kind: "echo", protocol: "tcp", port: 7 }];

class Lab {
  readonly world = new World(1);
  readonly host: NetNamespace = node("6.18", this.world);
  readonly control = new ControlPlane({ random: this.world.random.fork("c"), now: () => this.world.now });
  readonly kubelet: Kubelet;
  /** What the plugin was asked for. */
  readonly calls: string[] = [];
  /** The plugin refuses while this is set. */
  refusal: Error | undefined;

  constructor() {
    this.control.addNode({ name: "node1", ip: "192.168.0.1" });
    this.kubelet = new Kubelet({
      world: this.world,
      store: this.control.store,
      clock: this.world.clock,
      onGone: () => undefined,
      node: "node1",
      nodeNs: this.host,
      door: doorOf(this.host),
      minor: 28,
      randomFully: true,
      flavour: KERNEL_FLAVOURS["6.18"],
      network: this.network(),
      pins: () => ({}),
      serve: (pod, ns) => serve({ ns, hostname: pod.metadata.name, servers: SERVERS, onServed: () => undefined }),
    });
    this.kubelet.start();
  }

  /** Docker's, which may refuse after it has done its work. */
  network(): PodNetwork {
    const door = doorOf(this.host);
    const bridge = "172.17.0.1/16";
    new Dockerd({ door, version: "17.03", bridge, mac: "02:42:00:00:00:01", forwardPolicy: "ACCEPT" }).start();
    const random = this.world.random.fork("docker");
    const docker = new DockerNetwork({ door, bridge, mtu: 1500, random });
    return {
      add: (request) => {
        this.calls.push(`add ${request.id.replace(/^[0-9a-f-]+/, "uid")}`);
        const result = docker.add(request);
        if (this.refusal !== undefined) throw this.refusal;
        return result;
      },
      del: (request) => {
        this.calls.push(`del ${request.id.replace(/^[0-9a-f-]+/, "uid")}`);
        docker.del(request);
      },
    };
  }

  create(name: string, spec = ""): void {
    const text = `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { nodeName: node1, ${spec} containers: [{ name: c, image: busybox }] }
`;
    this.control.applyAll(loadManifests([parseYaml("p.yaml", text)], this.control.settings).objects);
    this.control.reconcile();
    this.world.softirq();
  }

  pod(name: string): Pod | undefined {
    return this.control.store.get("Pod", "default", name);
  }

  run(ms: number): void {
    this.world.clock.runUntil(this.world.now + ms);
  }

  veths(): string[] {
    return [...this.host.devices].filter((dev) => dev.kind === "veth").map((dev) => dev.name);
  }
}

test("a pod is wired, started and reported", () => {
  const lab = new Lab();
  lab.create("web");
  expect(lab.pod("web")?.status).toMatchObject({
    phase: "Running",
    podIP: "172.17.0.2",
    hostIP: "192.168.0.1",
    ready: true,
    restarts: 0,
  });
  const pod = lab.pod("web") as Pod;
  expect(lab.kubelet.sandboxOf(pod)).toBe(lab.world.namespaces.get("default/web"));
  expect(lab.calls).toEqual(["add uid"]);
});

test("a pod bound to another node is none of its business", () => {
  const lab = new Lab();
  lab.control.addNode({ name: "node2", ip: "192.168.0.2" });
  lab.control.store.create({ ...podOn(lab, "node2") });
  expect([lab.calls, lab.pod("other")?.status.phase]).toEqual([[], "Pending"]);
});

function podOn(lab: Lab, nodeName: string): Pod {
  const text = `apiVersion: v1
kind: Pod
metadata: { name: other }
spec: { nodeName: ${nodeName}, containers: [{ name: c, image: busybox }] }
`;
  const [loaded] = loadManifests([parseYaml("p.yaml", text)], lab.control.settings).objects;
  if (loaded?.object.kind !== "Pod") throw new Error("no pod");
  return loaded.object;
}

test("hostNetwork: the node's namespace and address, and nothing is wired", () => {
  const lab = new Lab();
  lab.create("proxy", "hostNetwork: true,");
  expect(lab.pod("proxy")?.status).toMatchObject({ podIP: "192.168.0.1", ready: true });
  expect(lab.kubelet.sandboxOf(lab.pod("proxy") as Pod)).toBe(lab.host);
  expect(lab.calls).toEqual([]);
  lab.control.delete("Pod", "default", "proxy");
  expect([...lab.host.sockets.tcp.list()]).toEqual([]);
  expect(lab.world.namespaces.get("node1")).toBe(lab.host);
});

test("a deleted pod closes its connections and leaves nothing", () => {
  const lab = new Lab();
  must(lab.host, { op: "sysctl", key: "net.ipv4.conf.all.rp_filter", value: "0" });
  const idle = lab.world.clock.pending;
  lab.create("web");
  const ends: string[] = [];
  tcpConnect(lab.host, {
    dst: "172.17.0.2",
    dport: 7,
    on: {
      connected: () => void ends.push("connected"),
      closed: (sk) => {
        ends.push("closed");
        sk.abort();
      },
      error: (errno) => void ends.push(errno),
    },
  });
  lab.run(10);
  const sandbox = lab.world.namespaces.get("default/web") as NetNamespace;
  lab.control.delete("Pod", "default", "web");
  lab.run(10);
  expect(ends).toEqual(["connected", "closed"]);
  expect(lab.pod("web")).toBeUndefined();
  expect(lab.world.namespaces.has("default/web")).toBe(false);
  expect([lab.veths(), sandbox.devices.size, [...sandbox.sockets.tcp.list()]]).toEqual([[], 0, []]);
  for (const neigh of lab.host.arp) lab.host.arp.remove(neigh);
  expect(lab.world.clock.pending).toBe(idle);
});

test("a refused sandbox is taken down and tried again after 10 to 15 s, each time with a new one", () => {
  const lab = new Lab();
  lab.refusal = new NodeRefusal(
    'failed to set bridge addr: "cni0" already has an IP address different from 10.1.1.1/24',
  );
  lab.create("web");
  expect(lab.pod("web")?.status.phase).toBe("Pending");
  expect(lab.kubelet.failures.get("default/web")).toBe(
    'Failed to create pod sandbox: failed to set up network: failed to set bridge addr: "cni0" already has an IP address different from 10.1.1.1/24',
  );
  expect([lab.world.namespaces.has("default/web"), lab.veths()]).toEqual([false, []]);
  lab.run(9_999);
  expect(lab.calls).toEqual(["add uid", "del uid"]);
  lab.run(5_001);
  expect(lab.calls).toEqual(["add uid", "del uid", "add uid.1", "del uid.1"]);
  lab.refusal = undefined;
  lab.run(15_000);
  expect(lab.pod("web")?.status).toMatchObject({ phase: "Running", podIP: "172.17.0.2", ready: true, restarts: 0 });
  expect([lab.kubelet.failures.size, lab.calls.at(-1)]).toEqual([0, "add uid.2"]);
  lab.run(60_000);
  expect(lab.calls).toHaveLength(5);
});

test.each([
  { end: "deleted", act: (lab: Lab) => lab.control.delete("Pod", "default", "web") },
  { end: "the kubelet's end", act: (lab: Lab) => lab.kubelet.stop() },
])("a waiting pod is not tried again: $end", ({ act }) => {
  const lab = new Lab();
  lab.refusal = new NodeRefusal("no");
  lab.create("web");
  act(lab);
  expect(lab.world.clock.pending).toBe(0);
  lab.run(60_000);
  expect(lab.calls).toEqual(["add uid", "del uid"]);
});

test("what is no refusal is a bug, and is not hidden", () => {
  const lab = new Lab();
  lab.refusal = new TypeError("bug");
  expect(() => lab.create("web")).toThrow(TypeError);
});

test("a port that is taken: the container is restarted after 10, 20, 40 s, until it is free", () => {
  const lab = new Lab();
  const owner = tcpListen(lab.host, { port: 7, onConnection: () => ({}) });
  lab.create("proxy", "hostNetwork: true,");
  const seen = (): unknown[] => [lab.pod("proxy")?.status.ready, lab.pod("proxy")?.status.restarts];
  expect(seen()).toEqual([false, 0]);
  expect(lab.kubelet.failures.get("default/proxy")).toBe(
    "Back-off restarting failed container: bind: Address already in use",
  );
  lab.run(10_000);
  expect(seen()).toEqual([false, 1]);
  lab.run(20_000);
  expect(seen()).toEqual([false, 2]);
  owner.close();
  lab.run(39_999);
  expect(seen()).toEqual([false, 2]);
  lab.run(1);
  expect(seen()).toEqual([true, 3]);
  expect(lab.kubelet.failures.size).toBe(0);
});

test("a pod that comes under the old name gets its own sandbox", () => {
  const lab = new Lab();
  lab.create("web-0");
  const first = lab.world.namespaces.get("default/web-0");
  lab.control.delete("Pod", "default", "web-0");
  lab.create("web-0");
  const second = lab.world.namespaces.get("default/web-0");
  expect(second).toBeDefined();
  expect(second).not.toBe(first);
  expect(lab.veths()).toHaveLength(1);
});

test("pods go on without their kubelet", () => {
  const lab = new Lab();
  lab.create("web");
  lab.kubelet.stop();
  lab.create("late");
  expect(lab.world.namespaces.has("default/web")).toBe(true);
  expect(lab.pod("late")?.status.phase).toBe("Pending");
});
