// A cluster, assembled and settled: the one place where world, control plane, agents and pods are wired to each other. What happens
// afterwards happens by packets, batches and virtual time.

import type { ControlPlane } from "@kubehop/kube";
import { NetNamespace, World } from "@kubehop/netstack";
import { serve } from "@kubehop/programs";
import type { Served } from "@kubehop/programs";
import { StoreServiceSource } from "@kubehop/proxy";
import type { HostSpec, NodeSpec } from "../model/cluster-spec.ts";
import type { LabEvent } from "../model/lab-event.ts";
import type { CellPlan } from "../model/scenario.ts";
import { AgentSet } from "./agent-set.ts";
import { agentProcess } from "./agents.ts";
import { bootControlPlane } from "./control-plane.ts";
import { EventLog } from "./event-log.ts";
import { bootNamespaces, muteDevices } from "./namespaces.ts";
import { applySysctls, bootGateway, bootMachine, bootNode } from "./machines.ts";
import { watchObjects } from "./object-events.ts";
import { EndpointPick } from "./pick.ts";
import { type ServedRequest, servedRequest } from "./served.ts";
import { pinSockets } from "./socket-pins.ts";
import { ADMIN, Places } from "./places.ts";

/** Virtual ms that pass between the last change of building and time 0: announcements, retries and limited syncs are through. */
const SETTLE_MS = 60_000;

/** Is given the world before anything is in it. */
export type WorldListener = (world: World) => void;

export class Cluster {
  readonly world: World;
  readonly plan: CellPlan;
  readonly control: ControlPlane;
  readonly places: Places;
  readonly agents = new AgentSet();
  readonly log = new EventLog(() => this.now);
  /** Requests that servers saw, in order. */
  readonly served: ServedRequest[] = [];
  #epoch = 0;
  #endpointsLag = 0;

  private constructor(plan: CellPlan, seed: number | string, onWorld: WorldListener | undefined) {
    this.plan = plan;
    this.world = new World(seed);
    onWorld?.(this.world);
    this.control = bootControlPlane(this.world, plan, (look) => this.#endpointsLater(look));
    const admin = plan.bare === undefined ? new NetNamespace(this.world, ADMIN) : undefined;
    this.places = new Places(this.world, plan, this.control, admin);
    watchObjects(this.control, this.log);
    if (plan.bare === undefined) this.#boot();
    else bootNamespaces(this.world, plan.bare);
  }

  /**
   * Machines, agents and manifests of a cluster are up and settled; of a lab of namespaces there is nothing but those, with their
   * cards, until they have been built and `begin` is called.
   * @throws Refusal when the scenario asks for something that is not modelled, or that the tools refuse
   */
  static build(plan: CellPlan, seed: number | string, onWorld?: WorldListener): Cluster {
    const cluster = new Cluster(plan, seed, onWorld);
    if (plan.bare === undefined) cluster.begin();
    return cluster;
  }

  /** What stands now is what steps begin with: it is time 0. */
  begin(): void {
    this.#epoch = this.world.now;
    this.world.epoch = this.#epoch;
    if (this.plan.bare !== undefined) muteDevices(this.world, this.plan.bare);
    this.#slowDown();
    this.log.begin();
    pinSockets(this.plan.pins.sockets, this.places, this.#epoch);
  }

  /** `timing` counts from time 0 on: what stands then has settled. */
  #slowDown(): void {
    const { timing } = this.plan;
    for (const [name, ms] of Object.entries(timing?.agents ?? {})) this.agents.delay(name, ms);
    this.#endpointsLag = timing?.endpoints ?? 0;
  }

  /** The endpoints controller looks at a change. */
  #endpointsLater(look: () => void): void {
    if (this.#endpointsLag === 0) look();
    else this.world.clock.schedule(this.#endpointsLag, look);
  }

  #boot(): void {
    const { plan } = this;
    bootGateway(this.world, plan.cluster.underlay);
    const nodes = plan.cluster.nodes.map((node) => ({ node, ns: bootNode(this.world, node, plan.cluster.underlay) }));
    for (const host of plan.cluster.hosts) this.#bootHost(host);
    this.#startAgents(nodes);
    for (const { object } of plan.objects)
      if (object.metadata.namespace !== "") this.control.ensureNamespace(object.metadata.namespace);
    this.control.applyAll(plan.objects);
    this.settle();
    for (const { node, ns } of nodes) applySysctls(ns, node);
    this.advance(SETTLE_MS);
  }

  /** World time that scenarios call 0. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What has happened besides packets since time 0. */
  get events(): readonly LabEvent[] {
    return this.log.events;
  }

  /** Virtual ms since time 0. */
  get now(): number {
    return this.world.now - this.#epoch;
  }

  /** Controllers, kubelets and proxies react until nothing is left to do at this moment. */
  settle(): void {
    this.control.reconcile();
    this.world.softirq();
  }

  /** Let virtual time pass; agents react on the way. */
  advance(ms: number): void {
    const end = this.world.now + ms;
    this.settle();
    while ((this.world.clock.nextAt() ?? Number.POSITIVE_INFINITY) <= end) {
      this.world.clock.runNext();
      this.settle();
    }
    this.world.clock.runUntil(end);
  }

  /** Force random endpoint choices of all nodes to this pod. */
  pick(podIP: string): EndpointPick {
    const nodes = this.plan.cluster.nodes.map(({ name }) => this.world.namespaces.get(name));
    return new EndpointPick(
      nodes.filter((ns) => ns !== undefined),
      podIP,
    );
  }

  #startAgents(nodes: readonly { node: NodeSpec; ns: NetNamespace }[]): void {
    const sources = new Map<string, StoreServiceSource>();
    const sourceOf = (version: string): StoreServiceSource => {
      const known = sources.get(version) ?? new StoreServiceSource(this.control.store, version);
      sources.set(version, known);
      return known;
    };
    for (const name of this.plan.cluster.agents) {
      for (const { node, ns } of nodes) {
        const process = agentProcess(name, {
          cluster: this,
          node,
          ns,
          services: sourceOf(node.kubernetes),
          onServed: (served) => this.#onServed(served),
        });
        this.agents.add(process);
        process.start();
      }
    }
  }

  #onServed(served: Served): void {
    this.served.push(servedRequest(this.world, served));
  }

  #bootHost(host: HostSpec): void {
    const ns = bootMachine(this.world, host, this.plan.cluster.underlay);
    applySysctls(ns, host);
    const rule = this.plan.serve.find(({ pods }) => pods.ref === host.name);
    if (rule !== undefined)
      serve({ ns, hostname: host.name, servers: rule.servers, onServed: (s) => this.#onServed(s) });
  }
}
