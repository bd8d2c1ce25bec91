// A cluster, assembled and settled: the one place where world, control plane, agents and pods are wired to each other. What happens
// afterwards happens by packets, batches and virtual time.

import type { ControlPlane } from "@kubehop/kube";
import { NetNamespace, World } from "@kubehop/netstack";
import type { Agent } from "@kubehop/netstack";
import { serve } from "@kubehop/programs";
import type { Served } from "@kubehop/programs";
import { StoreServiceSource } from "@kubehop/proxy";
import type { HostSpec, NodeSpec } from "../model/cluster-spec.ts";
import type { CellPlan } from "../model/scenario.ts";
import { createAgent } from "./agents.ts";
import { bootControlPlane } from "./control-plane.ts";
import { applySysctls, bootGateway, bootMachine, bootNode } from "./machines.ts";
import { EndpointPick } from "./pick.ts";
import { type ServedRequest, servedRequest } from "./served.ts";
import { pinSockets } from "./socket-pins.ts";
import { ADMIN, Places } from "./places.ts";

/** Virtual ms that pass between the last change of building and time 0: announcements, retries and limited syncs are through. */
const SETTLE_MS = 60_000;

export class Cluster {
  readonly world: World;
  readonly plan: CellPlan;
  readonly control: ControlPlane;
  readonly places: Places;
  readonly agents: readonly Agent[];
  /** Requests that servers saw, in order. */
  readonly served: ServedRequest[] = [];
  /** World time that scenarios call 0. */
  readonly epoch: number;

  private constructor(plan: CellPlan, world: World) {
    this.plan = plan;
    this.world = world;
    this.control = bootControlPlane(this.world, plan);
    const admin = new NetNamespace(this.world, ADMIN);
    this.places = new Places(this.world, plan, this.control, admin);
    bootGateway(this.world, plan.cluster.underlay);
    const nodes = plan.cluster.nodes.map((node) => ({ node, ns: bootNode(this.world, node, plan.cluster.underlay) }));
    for (const host of plan.cluster.hosts) this.#bootHost(host);
    this.agents = this.#startAgents(nodes);
    for (const { object } of plan.objects)
      if (object.metadata.namespace !== "") this.control.ensureNamespace(object.metadata.namespace);
    this.control.applyAll(plan.objects);
    this.settle();
    for (const { node, ns } of nodes) applySysctls(ns, node);
    this.advance(SETTLE_MS);
    this.epoch = this.world.now;
    this.world.epoch = this.epoch;
    pinSockets(plan.pins.sockets, this.places, this.epoch);
  }

  /**
   * `look`: shown the empty world first.
   * @throws Refusal when the scenario asks for something that is not modelled, or that the tools refuse
   */
  static build(plan: CellPlan, seed: number | string, look?: (world: World) => void): Cluster {
    const world = new World(seed);
    look?.(world);
    return new Cluster(plan, world);
  }

  /** Virtual ms since time 0. */
  get now(): number {
    return this.world.now - this.epoch;
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

  #startAgents(nodes: readonly { node: NodeSpec; ns: NetNamespace }[]): Agent[] {
    const { agents } = this.plan.cluster;
    const services = new Map<string, StoreServiceSource>();
    const started: Agent[] = [];
    const serviceSource = (version: string): StoreServiceSource => {
      const known = services.get(version) ?? new StoreServiceSource(this.control.store, version);
      services.set(version, known);
      return known;
    };
    for (const name of agents) {
      for (const { node, ns } of nodes) {
        const context = {
          world: this.world,
          control: this.control,
          plan: this.plan,
          node,
          ns,
          services: serviceSource(node.kubernetes),
          onServed: (s: Served) => this.#onServed(s),
        };
        const agent = createAgent(name, context);
        agent.start();
        started.push(agent);
      }
    }
    return started;
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
