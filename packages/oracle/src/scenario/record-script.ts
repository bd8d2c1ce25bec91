// Runs a cell of a scenario on our kernel and writes down what was done: batches, frames that ends of the network sent, requests.

import {
  ARPOP_REPLY,
  arpOp,
  conntrackRow,
  dumpRoutes,
  ETH_HLEN,
  ETH_P_ARP,
  ethProto,
  formatIpv4,
  formatMac,
  toHex,
  wireBytes,
} from "@kubehop/netstack";
import type {
  ConfigOp,
  Conntrack,
  Ipv4,
  LinkSpec,
  NetDevice,
  NetNamespace,
  RulePlace,
  World,
  WorldRecorder,
} from "@kubehop/netstack";
import { cellRunner } from "@kubehop/lab";
import type {
  CellPlan,
  DatagramAction,
  InjectAction,
  ReadFile,
  RequestRecord,
  RunningCluster,
  RunObserver,
  StepSpec,
} from "@kubehop/lab";
import type { PlayStep } from "../live/kernel.ts";
import { conntrackOf, recordedEntry } from "../recorded/replay.ts";
import type { ClientRun, Draw, Listener, Pin, Request, RequestSeen, Script, ScriptItem } from "./script.ts";
import { translationsOf } from "./script.ts";

type PickedRule = Parameters<WorldRecorder["drawn"]>[1];

/** Names of namespaces are file names on a real machine. */
export function netnsName(name: string): string {
  return name.replaceAll("/", ".");
}

/** The run of a cell as a script. @throws Refusal as running it does; Error when the run stopped before its last step */
export function recordScript(plan: CellPlan, seed: number, readFile: ReadFile): Script {
  const recorder = new ScriptRecorder(plan);
  const { stopped } = cellRunner(readFile, recorder)(plan, seed, () => undefined);
  if (stopped !== undefined) throw new ScriptStopped(stopped.reason, stopped.step.position);
  return recorder.script();
}

/** The scenario itself did not reach its end. */
export class ScriptStopped extends Error {
  override readonly name = "ScriptStopped";
  readonly position: StepSpec["position"];

  constructor(message: string, position: StepSpec["position"]) {
    super(message);
    this.position = position;
  }
}

class ScriptRecorder implements RunObserver, WorldRecorder {
  readonly #plan: CellPlan;
  readonly #nodes: readonly string[];
  /** What a step has just put on its way: it is not what an end has sent. */
  #injected: string | undefined;
  readonly #items: ScriptItem[] = [];
  readonly #known = new Set<NetNamespace>();
  readonly #tapped = new WeakSet<NetDevice>();
  #batch: { readonly kind: "config"; readonly ns: string; readonly ops: ConfigOp[]; refused?: boolean } | undefined;
  #world: World | undefined;
  #ready = false;
  /** Decisions since the newest frame, and since the newest request ended. */
  #framePins: Pin[] = [];
  #requestPins: Pin[] = [];
  readonly #drawnRanges = new WeakMap<Conntrack, readonly [first: number, last: number]>();
  #clients = 0;
  /** Ports drawn since the newest frame. */
  #draws: Draw[] = [];

  constructor(plan: CellPlan) {
    this.#plan = plan;
    this.#nodes = plan.cluster.nodes.map(({ name }) => name);
  }

  // What the run tells.

  world(world: World): void {
    this.#world = world;
    world.recorder = this;
  }

  settled(_cluster: RunningCluster): void {
    for (const ns of this.#namespaces()) this.#meet(ns);
    this.#items.push({ kind: "ready" });
    this.#ready = true;
  }

  begin(step: StepSpec): void {
    this.#items.push({ kind: "step", id: step.id });
  }

  inject(ns: NetNamespace, { dev, frame }: InjectAction): void {
    this.#injected = frame;
    this.#packet({ frame: [netnsName(ns.name), dev, frame] });
  }

  datagram(ns: NetNamespace, dst: string, { sport, to, hex }: DatagramAction): void {
    this.#packet({ udp: [netnsName(ns.name), sport, dst, to.port, hex] });
  }

  starting(background: boolean): ClientRun {
    const listeners = this.#namespaces().flatMap(listenersOf);
    const client: ClientRun = { id: this.#clients++, background, listeners, pins: (this.#requestPins = []) };
    this.#items.push({ kind: "start", client });
    return client;
  }

  request(record: RequestRecord, start: unknown): void {
    const client = start as ClientRun;
    // A plain client on the other kernel would ask something else.
    client.special = record.client.special === true;
    client.request = requestOf(record, client.background);
    client.ours = this.#seen(record);
    this.#items.push({ kind: "end", client });
  }

  #seen({ client, served }: RequestRecord): RequestSeen {
    const { result, protocol, local, remote } = client;
    const servedBy =
      served === undefined
        ? null
        : `${netnsName(served.ns)} port ${served.port}, client ${served.client}:${served.clientPort === local?.port ? served.clientPort : "*"}`;
    if (local === undefined || remote === undefined || protocol === "icmp")
      return { result, from: null, served: servedBy, translations: [] };
    const tables = Object.fromEntries(this.#routers().map((ns) => [netnsName(ns.name), conntrackOf(ns)]));
    const from = formatIpv4(local.addr);
    const own = { proto: protocol, src: from, dst: formatIpv4(remote.addr), sport: local.port, dport: remote.port };
    return { result, from, served: servedBy, translations: translationsOf(tables, own) };
  }

  // What the world tells.

  config(ns: NetNamespace, op: ConfigOp, refused: boolean): void {
    // The real program would do as it is told: load a module by any program, read and write any file.
    if ("args" in op && op.args.some((word) => FOREIGN.test(word))) return;
    this.#meet(ns);
    if (op.op === "link-set" && op.netns !== undefined) this.#meetNamed(op.netns);
    if (op.op === "link-add" && op.link.type === "veth" && op.link.peer.netns !== undefined)
      this.#meetNamed(op.link.peer.netns);
    this.#openBatch(netnsName(ns.name)).push(repeatable(ns, op));
    // A batch ends where an operation is refused.
    if (refused && this.#batch !== undefined) {
      this.#batch.refused = true;
      this.#batch = undefined;
    }
    for (const one of this.#namespaces()) this.#tap(one);
  }

  /** Operations of one namespace behind each other are one batch, whoever wrote them. */
  #openBatch(ns: string): ConfigOp[] {
    if (this.#batch === undefined || this.#batch.ns !== ns || this.#items.at(-1) !== this.#batch) {
      this.#batch = { kind: "config", ns, ops: [] };
      this.#items.push(this.#batch);
    }
    return this.#batch.ops;
  }

  natDrew(_ns: NetNamespace, ct: Conntrack, first: number, last: number): void {
    this.#drawnRanges.set(ct, [first, last]);
  }

  netnsGone(ns: NetNamespace): void {
    if (this.#known.delete(ns)) this.#items.push({ kind: "gone", ns: netnsName(ns.name) });
  }

  drawn(ns: NetNamespace, rule: PickedRule, place: RulePlace, hit: boolean): void {
    const backend = (["nft", "legacy"] as const).find(
      (name) =>
        ns.xt.uses(name) &&
        ns.xt.backend(name).table(place.table)?.chains.get(place.chain)?.rules[place.ruleNo - 1] === rule,
    );
    if (backend === undefined) throw new Error(`a random rule of ${place.chain} is in no back end`);
    const pin: Pin = { ns: netnsName(ns.name), backend, ...place, text: `${rule.conditions}${rule.action}`, hit };
    for (const pins of [this.#framePins, this.#requestPins])
      if (!pins.some((known) => samePlace(known, pin))) pins.push(pin);
  }

  #namespaces(): NetNamespace[] {
    return [...(this.#world?.namespaces.values() ?? [])];
  }

  /** Where a device went must be there before it goes. */
  #meetNamed(name: string): void {
    const ns = this.#world?.namespaces.get(name);
    if (ns !== undefined) this.#meet(ns);
  }

  #meet(ns: NetNamespace): void {
    if (this.#known.has(ns)) return;
    this.#known.add(ns);
    this.#items.push({ kind: "netns", ns: netnsName(ns.name) });
    ns.ct.listen({
      new: (ct) => this.#made(ns, ct),
      destroy: (ct, cause) => {
        if (cause === "kernel" && this.#isOver(ct)) this.#expired(ns, ct);
      },
    });
  }

  /** A connection is confirmed, and what NAT drew for it is known. */
  #made(ns: NetNamespace, ct: Conntrack): void {
    const range = this.#drawnRanges.get(ct);
    const { orig, reply } = recordedEntry(ct);
    const port = reply.dport ?? reply.id;
    if (range === undefined || typeof port !== "number") return;
    this.#draws.push({ ns: netnsName(ns.name), orig, addr: reply.dst, port, range });
  }

  #isOver(ct: Conntrack): boolean {
    return ct.timeout <= (this.#world?.now ?? 0);
  }

  /** On the other kernel no time passes: the entry is taken out by hand. */
  #expired(ns: NetNamespace, ct: Conntrack): void {
    const { orig } = conntrackRow(ct);
    if (orig.proto !== 6 && orig.proto !== 17) return;
    const args = ["-D", "-p", orig.proto === 6 ? "tcp" : "udp", "-s", formatIpv4(orig.src), "-d", formatIpv4(orig.dst)];
    const ports = ["--sport", String(orig.sport), "--dport", String(orig.dport)];
    const ops: ConfigOp[] = [{ op: "conntrack", args: [...args, ...ports] }];
    this.#items.push({ kind: "config", ns: netnsName(ns.name), ops, probe: true });
  }

  /** Nodes, and whoever else forwards; of a lab of namespaces all that are not mute. */
  #isRouter(ns: NetNamespace): boolean {
    const { bare } = this.#plan;
    if (bare !== undefined) return bare.namespaces.every(({ name, mute }) => name !== ns.name || mute.length === 0);
    return this.#nodes.includes(ns.name) || ns.sysctl.get("net.ipv4.ip_forward") === "1";
  }

  #routers(): NetNamespace[] {
    return this.#namespaces().filter((ns) => this.#isRouter(ns));
  }

  #tap(ns: NetNamespace): void {
    if (this.#plan.bare !== undefined || this.#nodes.includes(ns.name)) return;
    for (const dev of ns.devices) {
      if (this.#tapped.has(dev) || dev === ns.lo) continue;
      this.#tapped.add(dev);
      dev.taps.push((frame) => {
        if (frame.out) this.#sent(ns, dev, wireBytes(frame.pkt));
      });
    }
  }

  /** A mute end answers ARP by itself. */
  #sent(ns: NetNamespace, dev: NetDevice, bytes: Uint8Array): void {
    const hex = toHex(bytes);
    const injected = this.#injected === hex;
    if (injected) this.#injected = undefined;
    if (!this.#ready || injected) return;
    if (ethProto(bytes, 0) === ETH_P_ARP && arpOp(bytes, ETH_HLEN) === ARPOP_REPLY) return;
    this.#packet({ frame: [netnsName(ns.name), dev.name, hex] });
  }

  #packet(play: PlayStep): void {
    this.#framePins = [];
    this.#draws = [];
    this.#items.push({ kind: "packet", play, pins: this.#framePins, draws: this.#draws });
  }

  script(): Script {
    const routers = this.#routers().map(({ name }) => netnsName(name));
    const { bare, steps } = this.#plan;
    const mute =
      bare === undefined
        ? "ends"
        : bare.namespaces.map((one) => ({ ns: netnsName(one.name), devices: one.mute.map(({ dev }) => dev) }));
    const tunnels = this.#items.flatMap((item) => (item.kind === "config" ? item.ops.flatMap(tunnelOf) : []));
    // Who turned out to forward has sent by itself.
    const isPlayed = (item: ScriptItem): boolean =>
      bare !== undefined || item.kind !== "packet" || !("frame" in item.play) || !routers.includes(item.play.frame[0]);
    const mtus = this.#namespaces().flatMap((ns) => [...ns.devices].map((dev) => (dev === ns.lo ? 0 : dev.mtu)));
    return {
      items: this.#items.filter(isPlayed),
      routers,
      mute,
      vteps: tunnels.flatMap(({ local }) => local ?? []),
      tunnelPorts: tunnels.map(({ dstport }) => dstport),
      sockets: steps.flatMap(({ action }) => (action.kind === "datagram" ? [action.sport] : [])),
      left: Object.fromEntries(this.#routers().map((ns) => [netnsName(ns.name), configOf(ns)])),
      mtu: Math.max(1500, ...mtus),
    };
  }
}

function tunnelOf(op: ConfigOp): Extract<LinkSpec, { type: "vxlan" }>[] {
  return op.op === "link-add" && op.link.type === "vxlan" ? [op.link] : [];
}

/** Options that name programs or files of the machine; ours refuses them or has files of its own. */
const FOREIGN = /^(?:-M|--modprobe|-f$|-file|--file)/;

/** Rules and routes of a namespace as text; random rules as sure ones. */
export function configOf(ns: NetNamespace): string {
  const rules = (["nft", "legacy"] as const).map((name) =>
    ns.xt.uses(name) ? ns.xt.backend(name).save({ counters: false }) : "",
  );
  const routes = dumpRoutes(ns).map((row) => JSON.stringify(row));
  const lines = rules
    .join("")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return [...lines.map(withoutChance), ...routes].sort().join("\n");
}

/** Counters of policies, and what a random rule is set to. */
function withoutChance(line: string): string {
  return line.replace(/ \[\d+:\d+\]$/, "").replace(/(?<=--probability )\S+/, "1");
}

function samePlace(a: Pin, b: Pin): boolean {
  return (
    a.ns === b.ns && a.backend === b.backend && a.table === b.table && a.chain === b.chain && a.ruleNo === b.ruleNo
  );
}

/** The operation with everything in it that chance or this machine's defaults decided. */
function repeatable(ns: NetNamespace, op: ConfigOp): ConfigOp {
  switch (op.op) {
    case "link-add":
      return withAddresses(ns, op);
    case "link-set":
      return op.netns === undefined ? op : { ...op, netns: netnsName(op.netns) };
    case "iptables":
      return {
        ...op,
        backend: op.backend ?? ns.xt.plain,
        args: op.args.map((word, i) => (op.args[i - 1] === "--probability" ? "1" : word)),
      };
    case "iptables-restore":
      return { ...op, backend: op.backend ?? ns.xt.plain, text: sure(op.text) };
    default:
      return op;
  }
}

/** Random rules are sure ones until a pin says otherwise. */
export function sure(text: string): string {
  return text.replaceAll(/(?<=--probability )\S+/g, "1");
}

type LinkAdd = Extract<ConfigOp, { op: "link-add" }>;

/** MACs that were drawn. A bridge takes the lowest of its ports' by itself. */
function withAddresses(ns: NetNamespace, op: LinkAdd): ConfigOp {
  const dev = ns.devices.byName(op.name);
  if (dev === undefined || op.link.type === "bridge") return op;
  const address = op.address ?? formatMac(dev.addr);
  if (op.link.type !== "veth") return { ...op, address };
  const { peer } = op.link;
  const netns = peer.netns === undefined ? {} : { netns: netnsName(peer.netns) };
  const peerAddress = peer.address ?? (dev.peer === null ? undefined : formatMac(dev.peer.addr));
  return {
    ...op,
    address,
    link: { ...op.link, peer: { ...peer, ...netns, ...(peerAddress === undefined ? {} : { address: peerAddress }) } },
  };
}

function requestOf({ ns, client, startedAt, endedAt }: RequestRecord, background: boolean): Request {
  const { protocol, local, remote, result, bytes } = client;
  return {
    ns: netnsName(ns),
    protocol,
    sport: local?.port ?? null,
    src: client.bound === true && local !== undefined ? formatIpv4(local.addr) : null,
    dst: remote === undefined ? "0.0.0.0" : formatIpv4(remote.addr),
    dport: remote?.port ?? 0,
    silent: background,
    mute: result === "ok" && bytes === 0,
    took: endedAt - startedAt,
  };
}

type Bound = { readonly saddr: Ipv4; readonly sport: number; readonly owner: string };

function listener(ns: string, protocol: Listener["protocol"], { saddr, sport, owner }: Bound): Listener {
  return { ns, protocol, address: formatIpv4(saddr), port: sport, silent: owner === "nc" };
}

/** Servers of a namespace. A datagram socket of a client that runs is connected. */
function listenersOf(ns: NetNamespace): Listener[] {
  const at = netnsName(ns.name);
  const tcp = [...ns.sockets.tcp.listening()];
  const udp = [...ns.sockets.udp.list()].filter((sk) => sk.daddr === 0);
  return [...tcp.map((sk) => listener(at, "tcp", sk)), ...udp.map((sk) => listener(at, "udp", sk))];
}
