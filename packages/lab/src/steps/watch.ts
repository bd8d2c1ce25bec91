// What a step leaves behind for its expectations: frames on the devices they ask about, drops with their rule, TTLs at servers.
// Looking changes nothing: taps are like tcpdump's, and the tracer only listens.

import { frameBytes, JourneyRecorder, packetTap, packetWatch } from "@kubehop/netstack";
import type { NetDevice, NetNamespace, Packet, RuleOrigin, Step, Tracer } from "@kubehop/netstack";
import type { Cluster } from "../cluster/cluster.ts";
import { addDropListener, addTracer } from "../cluster/onlookers.ts";
import type { ServedRequest } from "../cluster/served.ts";
import { tupleText } from "../cluster/served.ts";
import { findExchanges, wantedOf } from "../explain/find-flow.ts";
import type { StepOf } from "../explain/phrases.ts";
import { responsible, type RowsUsed } from "../explain/responsible.ts";
import { ruleSpec } from "../explain/rule-text.ts";
import { waysOf } from "../explain/ways.ts";
import type { Check, ExpectSpec } from "../model/expect-spec.ts";
import type { DropRecord, FrameRecord, PacketSummary } from "../model/outcome.ts";
import type { StepAction } from "../model/step-spec.ts";
import type { RequestWays } from "../model/way-spec.ts";
import { summarizeFrame, summarizeIp } from "./packet-summary.ts";

/** What a packet met last where it is, until it ends. */
interface Met extends RowsUsed {
  readonly ns: string;
  rule?: StepOf<"rule">;
}

export class StepWatch implements Tracer {
  readonly drops: DropRecord[] = [];
  readonly #cluster: Cluster;
  readonly #frames = new Map<string, FrameRecord[]>();
  readonly #ttls = new Map<string, number>();
  readonly #met = new Map<number, Met>();
  readonly #stops: (() => void)[] = [];
  /** Records packets when their ways are asked for. */
  readonly #ways: JourneyRecorder | undefined;
  readonly #action: StepAction | undefined;

  /** `checks`: what the step will be asked. `action`: what it does; undefined: anybody's requests are its own. */
  constructor(cluster: Cluster, checks: readonly Check[], action?: StepAction) {
    this.#cluster = cluster;
    this.#action = action;
    this.#ways = checks.some(isOfWay) ? new JourneyRecorder() : undefined;
    for (const check of checks) if (check.kind === "packet") this.#tapDevice(check.in, check.dev);
    if (checks.some((check) => check.kind === "ttl"))
      for (const place of cluster.places.all()) this.#tapServer(place.ns);
    if (this.#ways !== undefined || checks.some((check) => check.kind === "dropped")) this.#listen();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  frames(place: string, dev: string): readonly FrameRecord[] | undefined {
    const ns = this.#cluster.places.find(place)?.ns;
    return ns === undefined ? undefined : this.#frames.get(frameKey(ns, dev));
  }

  /** TTL of the request's newest packet as it came to the server: a device may see it before its machine translates it. */
  ttlOf({ ns, way }: ServedRequest): number | undefined {
    const seenAs = way.map((tuple) => `${ns} ${tupleText(tuple)}`).find((key) => this.#ttls.has(key));
    return seenAs === undefined ? undefined : this.#ttls.get(seenAs);
  }

  ways(): readonly RequestWays[] {
    const wanted = this.#action === undefined ? {} : wantedOf(this.#action, this.#cluster);
    return findExchanges(this.#ways?.packets() ?? [], wanted).map(waysOf);
  }

  /** Tracer: remembers the last rule and rows of every packet that is on its way. */
  step(step: Step): void {
    this.#ways?.step(step);
    if (step.kind === "rule") this.#metBy(step).rule = step;
    else if (step.kind === "route") this.#metBy(step).route = step;
    else if (step.kind === "neigh") this.#metBy(step).neigh = step;
    else if (step.kind === "deliver" || step.kind === "consume") this.#met.delete(step.pkt);
    else if (step.kind === "drop") this.#blame(step);
  }

  #metBy({ pkt, ns }: Step): Met {
    const known = this.#met.get(pkt);
    if (known?.ns === ns) return known;
    const met: Met = { ns };
    this.#met.set(pkt, met);
    return met;
  }

  /** Where no rule decided, what the packet used last is responsible. The drop has been recorded just before. */
  #blame(step: StepOf<"drop">): void {
    const record = this.drops.at(-1);
    if (record?.by === "") this.drops.splice(-1, 1, { ...record, by: responsible(step, this.#metBy(step)) });
    this.#met.delete(step.pkt);
  }

  #listen(): void {
    const { world } = this.#cluster;
    this.#stops.push(
      addTracer(world, this),
      addDropListener(world, (ns, pkt, reason) => void this.drops.push(this.#dropRecord(ns, pkt, reason))),
    );
  }

  #dropRecord(ns: NetNamespace, pkt: Packet, reason: DropRecord["reason"]): DropRecord {
    const rule = reason === "NETFILTER_DROP" ? this.#met.get(pkt.id)?.rule : undefined;
    const origin = rule === undefined ? undefined : originOf(ns, rule);
    return {
      at: this.#cluster.now,
      in: ns.name,
      dev: pkt.dev?.name ?? "",
      reason,
      by: origin?.object ?? "",
      agent: origin?.agent ?? "",
      rule: rule === undefined ? "" : ruleSpec(rule),
      packet: summarizeIp(pkt.buf.subarray(0, pkt.tail), pkt.nh) ?? UNKNOWN_PACKET,
    };
  }

  #tapDevice(place: string, name: string): void {
    const ns = this.#cluster.places.find(place)?.ns;
    const dev = ns?.devices.byName(name);
    if (ns === undefined || dev === undefined || this.#frames.has(frameKey(ns, name))) return;
    const records: FrameRecord[] = [];
    this.#frames.set(frameKey(ns, name), records);
    this.#tap(dev, packetWatch, (frame, out) => {
      const packet = summarizeFrame(frame);
      if (packet !== undefined) records.push({ at: this.#cluster.now, dir: out ? "out" : "in", packet });
    });
  }

  #tapServer(ns: NetNamespace): void {
    for (const dev of ns.devices) {
      this.#tap(dev, tapQuietly, (frame, out) => {
        const packet = out ? undefined : summarizeFrame(frame);
        if (packet === undefined) return;
        const { protocol, src, sport, dst, dport, ttl } = packet;
        this.#ttls.set(`${ns.name} ${protocol} ${src}:${sport} > ${dst}:${dport}`, ttl);
      });
    }
  }

  #tap(dev: NetDevice, watch: typeof packetWatch, see: (frame: Uint8Array, out: boolean) => void): void {
    this.#stops.push(watch(dev, ({ pkt, out }) => see(frameBytes(pkt), out)));
  }
}

/** All that a step will be asked, and what is to be watched on the way. */
export function watchedChecks({ checks, also = [] }: ExpectSpec): Check[] {
  return [...checks, ...also].flatMap((check) =>
    check.kind === "never" ? [check, ...watchedChecks(check.expect)] : [check],
  );
}

function isOfWay({ kind }: Check): boolean {
  return kind === "path" || kind === "reply-path" || kind === "nat";
}

/** Only what the device itself gets. */
const tapQuietly: typeof packetWatch = (dev, tap) => packetTap(dev, tap, false);

const UNKNOWN_PACKET: PacketSummary = { protocol: "?", src: "", dst: "", sport: 0, dport: 0, flags: "", ttl: 0 };

function frameKey(ns: NetNamespace, dev: string): string {
  return `${ns.name} ${dev}`;
}

function originOf(ns: NetNamespace, { backend, table, chain, rule }: StepOf<"rule">): RuleOrigin | undefined {
  return ns.xt.backend(backend).originOf(table, chain, rule);
}
