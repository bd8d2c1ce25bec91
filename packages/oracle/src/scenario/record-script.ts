// Runs a cell of a scenario on our kernel and writes down what was done: batches, frames that ends of the network sent, requests.

import {
  ARPOP_REPLY,
  arpOp,
  arpSip,
  arpTha,
  arpTip,
  conntrackRow,
  ETH_HLEN,
  ETH_P_ARP,
  ethProto,
  formatIpv4,
  MAC_ZERO,
  toHex,
  wireBytes,
} from "@kubehop/netstack";
import type {
  ConfigOp,
  Conntrack,
  LinkSpec,
  NetDevice,
  NetNamespace,
  RulePlace,
  World,
  WorldRecorder,
} from "@kubehop/netstack";
import { cellRunner, playingRunner } from "@kubehop/lab";
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
import { configOf } from "./config-of.ts";
import { listenersOf } from "./listeners.ts";
import { netnsName, repeatable } from "./repeatable.ts";
import type { ClientRun, Draw, Pin, Request, RequestSeen, Script, ScriptItem } from "./script.ts";
import { servedText, translationsOf } from "./script.ts";

type PickedRule = Parameters<WorldRecorder["drawn"]>[1];

/** The run of a cell as a script. @throws Refusal as running it does; Error when the run stopped before its last step */
export function recordScript(plan: CellPlan, seed: number, readFile: ReadFile): Script {
  const recorder = new ScriptRecorder(plan);
  const runner = tablesStandStill(plan) ? cellRunner : playingRunner;
  const { stopped } = runner(readFile, recorder)(plan, seed, () => undefined);
  if (stopped !== undefined) throw new ScriptStopped(stopped.reason, stopped.step.position);
  return recorder.script();
}

/** Tables of flows take no time in the run; repeated they do, which steps that have their times do not bear. */
export function tablesStandStill({ steps }: CellPlan): boolean {
  return steps.some(({ at }) => at !== undefined);
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

  /** Some server answers as the scenario says, however long that is. */
  get #servesOwnText(): boolean {
    return this.#plan.serve.some(({ servers }) => servers.some((one) => "body" in one && one.body !== undefined));
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
    // A plain client on the other kernel would ask something else, and a plain server answer something else.
    client.special = record.client.special === true || this.#servesOwnText;
    client.request = requestOf(record, client.background);
    client.ours = this.#seen(record);
    this.#items.push({ kind: "end", client });
  }

  #seen({ client, served }: RequestRecord): RequestSeen {
    const { result, protocol, local, remote } = client;
    const servedBy = served === undefined ? null : servedText({ ...served, ns: netnsName(served.ns) }, local?.port);
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

  #sent(ns: NetNamespace, dev: NetDevice, bytes: Uint8Array): void {
    const hex = toHex(bytes);
    const injected = this.#injected === hex;
    if (injected) this.#injected = undefined;
    if (!this.#ready || injected) return;
    if (ethProto(bytes, 0) === ETH_P_ARP && saysByItself(bytes)) return;
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

/** A mute end answers ARP by itself, and announces itself when its device comes up (arp_notify: no target MAC; plugins write one). */
function saysByItself(arp: Uint8Array): boolean {
  if (arpOp(arp, ETH_HLEN) === ARPOP_REPLY) return true;
  return arpSip(arp, ETH_HLEN) === arpTip(arp, ETH_HLEN) && arpTha(arp, ETH_HLEN) === MAC_ZERO;
}

function tunnelOf(op: ConfigOp): Extract<LinkSpec, { type: "vxlan" }>[] {
  return op.op === "link-add" && op.link.type === "vxlan" ? [op.link] : [];
}

/** Options that name programs or files of the machine; ours refuses them or has files of its own. */
const FOREIGN = /^(?:-M|--modprobe|-f$|-file|--file)/;

function samePlace(a: Pin, b: Pin): boolean {
  return (
    a.ns === b.ns && a.backend === b.backend && a.table === b.table && a.chain === b.chain && a.ruleNo === b.ruleNo
  );
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
