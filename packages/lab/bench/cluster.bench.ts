// What people wait for: a cluster being built, and packets on the full path pod → ClusterIP → pod on another node, with a listener.
import { formatIpv4, udpOpen } from "@kubehop/netstack";
import { Cluster } from "../src/cluster/cluster.ts";
import { loadScenario } from "../src/load/load-scenario.ts";
import type { CellPlan } from "../src/model/scenario.ts";

const TEXT = `scenario: three nodes
cluster: { nodes: [node1, node2, node3] }
manifests:
  - apiVersion: v1
    kind: Pod
    metadata: { name: server, labels: { app: server } }
    spec: { containers: [{ name: sink, image: busybox }] }
  - apiVersion: v1
    kind: Service
    metadata: { name: server }
    spec: { selector: { app: server }, ports: [{ port: 9, protocol: UDP }] }
  - apiVersion: v1
    kind: Pod
    metadata: { name: client }
    spec: { containers: [{ name: shell, image: busybox }] }
place: { client: node1, server: node2 }
steps:
  - { wait: 1s }
`;
const PACKETS = 200_000;
const BURST = 100;
const PAYLOAD = new Uint8Array(64 - 28);

function plan(): CellPlan {
  const loaded = loadScenario("bench.yaml", TEXT, () => undefined);
  const [cell] = loaded.ok ? loaded.scenario.cells : [];
  if (cell === undefined) throw new Error("the benchmark's scenario does not load");
  return cell;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** Packets per second from the client's socket to the server's. */
function rate(cluster: Cluster, packets: number): number {
  const [client, server] = [cluster.places.find("client"), cluster.places.find("server")];
  const vip = cluster.places.address("svc/server");
  if (client === undefined || server === undefined || vip === undefined) throw new Error("incomplete cluster");
  let received = 0;
  const sink = udpOpen(server.ns, { port: 9, onData: () => void received++ });
  const source = udpOpen(client.ns, { connectTo: { addr: formatIpv4(vip), port: 9 } });
  const ms = timed(() => {
    for (let sent = 0; sent < packets; sent += BURST) {
      for (let i = 0; i < BURST; i++) source.send(PAYLOAD);
      // The listener reads.
      cluster.advance(0);
    }
  });
  source.close();
  sink.close();
  if (received !== packets) throw new Error(`${received} of ${packets} packets arrived`);
  return packets / (ms / 1000);
}

const cell = plan();
const builds = Array.from({ length: 21 }, (_, i) => timed(() => void Cluster.build(cell, i)));
const cluster = Cluster.build(cell, 1);
rate(cluster, PACKETS);
const off = median(Array.from({ length: 5 }, () => rate(cluster, PACKETS)));
let steps = 0;
cluster.world.tracer = { step: () => void steps++ };
const on = median(Array.from({ length: 5 }, () => rate(cluster, PACKETS / 10)));

console.table([
  { work: "first cluster of a process, 3 nodes", figure: `${(builds[0] ?? 0).toFixed(1)} ms` },
  { work: "cluster of 3 nodes, median of 21", figure: `${median(builds).toFixed(1)} ms` },
  {
    work: "pod → ClusterIP → pod on another node, 64-byte UDP, journey off",
    figure: `${Math.round(off).toLocaleString("en")} packets/s`,
  },
  {
    work: `the same with every step recorded (${Math.round(steps / (PACKETS / 2))} steps a packet)`,
    figure: `${Math.round(on).toLocaleString("en")} packets/s`,
  },
]);
