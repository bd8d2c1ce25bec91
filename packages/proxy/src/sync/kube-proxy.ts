/**
 * The kube-proxy of one node: watches Services and keeps the node's rules as the renderer has them.
 *
 * It reaches the node through the config door alone. What it applied is remembered per chain, so a sync sends the
 * difference; after a failure (for example because kubelet's KUBE-MARK-DROP does not exist yet) nothing is taken for
 * granted and the next sync is a full one. Twin: `Proxier` in `pkg/proxy/iptables/proxier.go` and the
 * BoundedFrequencyRunner that limits its syncs.
 */
import { ensureChain, ensureRule } from "@kubehop/netstack";
import type { Agent, BatchError, ConfigOp, Door, RuleOrigins } from "@kubehop/netstack";
import type { Timer, Timers } from "@kubehop/sim";
import type { EmissionPin, NodeFacts, ServicePort } from "../model/input.ts";
import { renderTables } from "../render/render-iptables.ts";
import type { RestoreText } from "../render/rule-table.ts";
import { featuresOf, provenMinor } from "../version/features.ts";
import type { Features } from "../version/features.ts";
import { conntrackCleanup } from "./conntrack.ts";
import { canaryChains, ensureJumps, startupSysctls } from "./node-setup.ts";
import type { Ensure } from "./node-setup.ts";
import { NOTHING_APPLIED, planRestore } from "./restore-plan.ts";
import type { AppliedTables } from "./restore-plan.ts";
import type { ServiceSource } from "./service-source.ts";

/** How long kube-proxy waits after a failed sync (`--iptables-sync-period`), virtual ms. */
const SYNC_PERIOD_MS = 30_000;
/** Syncs that may follow each other at once before minSyncPeriod holds them back. */
const BURST = 2;

export interface KubeProxyOptions {
  readonly version: string;
  readonly node: NodeFacts;
  readonly source: ServiceSource;
  /** The node's config door. */
  readonly door: Pick<Door, "apply">;
  /** Limits syncs and retries failed ones; without it every change is synced at once and failures wait for a call. */
  readonly clock?: Timers;
  readonly pin?: EmissionPin;
  /** Chains present in table nat (`iptables-save -t nat`): lets a late start clear away a predecessor's chains. */
  readonly existingNatChains?: () => Iterable<string>;
}

export class KubeProxy implements Agent {
  readonly name = "kube-proxy";
  /** What the door answered when the last sync failed; null after a good one. */
  lastError: BatchError | null = null;

  readonly #options: KubeProxyOptions;
  readonly #features: Features;
  readonly #minor: number;
  #applied: AppliedTables = NOTHING_APPLIED;
  #services: readonly ServicePort[] = [];
  #needFullSync = true;
  #unwatch: (() => void) | undefined;
  #timer: Timer | undefined;
  #tokens = BURST;
  #tokensAt = 0;

  /** @throws ProxyRefusal when the release is not modelled */
  constructor(options: KubeProxyOptions) {
    this.#options = options;
    this.#features = featuresOf(options.version);
    this.#minor = provenMinor(options.version);
  }

  start(): void {
    // A sysctl that the node refuses is logged and no more.
    for (const [key, value] of startupSysctls(this.#options.node, this.#features))
      this.#apply([{ op: "sysctl", key, value }]);
    this.#ensureAll(canaryChains(this.#features));
    this.#unwatch = this.#options.source.watch(() => this.#changed());
    this.sync();
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#cancelTimer();
  }

  /** Forgets what was applied and writes everything, jumps included. */
  resync(): boolean {
    this.#needFullSync = true;
    return this.sync();
  }

  /**
   * Brings the node to the current Services; does nothing when it is there already.
   * @returns false when the door refused a part; `lastError` says which
   * @throws ProxyRefusal for a Service that is not modelled
   */
  sync(): boolean {
    const services = this.#options.source.list();
    this.lastError = null;
    const cleanup = conntrackCleanup(this.#services, services, this.#features);
    const written = this.#write(services, cleanup.before);
    // A failed sync has lost track of the node; UDP entries are only cleaned once rules stand.
    this.#needFullSync = !written;
    if (!written) {
      this.#schedule(SYNC_PERIOD_MS);
      return false;
    }
    this.#services = services;
    this.#deleteConntrack(cleanup.after);
    return true;
  }

  #write(services: readonly ServicePort[], portsOpened: readonly (readonly string[])[]): boolean {
    const { version, node, pin, existingNatChains } = this.#options;
    const rendered = renderTables({ version, node, services, ...(pin === undefined ? {} : { pin }) });
    const full = this.#needFullSync;
    if (full && !this.#ensureAll(ensureJumps(this.#minor))) return false;
    this.#deleteConntrack(portsOpened);
    const before = full ? NOTHING_APPLIED : this.#applied;
    const leftovers = full ? [...(existingNatChains?.() ?? []), ...this.#applied.nat.keys()] : [];
    const plan = planRestore(before, rendered, leftovers);
    if (plan.restore !== undefined) {
      this.lastError = this.#apply([restoreOp(plan.restore)]);
      if (this.lastError !== null) return false;
    }
    this.#applied = plan.applied;
    return true;
  }

  /** One iptables call at a time, as kube-proxy makes them: the answer decides on the next. */
  #ensureAll(steps: readonly Ensure[]): boolean {
    return steps.every((step) => this.#ensure(step));
  }

  #ensure(step: Ensure): boolean {
    const { door } = this.#options;
    this.lastError =
      step.ensure === "chain"
        ? ensureChain(door, this.name, step.create)
        : ensureRule(door, this.name, step.check, step.prepend);
    return this.lastError === null;
  }

  /** Errors are not looked at: conntrack also fails when there was nothing to delete. */
  #deleteConntrack(commands: readonly (readonly string[])[]): void {
    for (const args of commands) this.#apply([{ op: "conntrack", args }]);
  }

  #apply(ops: readonly ConfigOp[]): BatchError | null {
    return this.#options.door.apply({ agent: this.name, ops });
  }

  #changed(): void {
    if (this.#options.clock === undefined) this.sync();
    else this.#schedule(this.#untilNextSync(this.#options.clock));
  }

  /** Runs one sync after `delayMs`; a sync that is already waiting covers this one too. */
  #schedule(delayMs: number): void {
    const clock = this.#options.clock;
    if (clock === undefined) return;
    if (this.#timer?.active === true && this.#timer.time <= clock.now + delayMs) return;
    this.#cancelTimer();
    this.#timer = clock.schedule(delayMs, () => {
      this.#takeToken(clock);
      this.sync();
    });
  }

  #cancelTimer(): void {
    if (this.#timer !== undefined) this.#options.clock?.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Token bucket of the runner: one token per minSyncPeriod, two at most. */
  #refill(clock: Timers): void {
    const period = this.#features.minSyncPeriodMs;
    const earned = period === 0 ? BURST : (clock.now - this.#tokensAt) / period;
    this.#tokens = Math.min(BURST, this.#tokens + earned);
    this.#tokensAt = clock.now;
  }

  #untilNextSync(clock: Timers): number {
    this.#refill(clock);
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * this.#features.minSyncPeriodMs);
  }

  #takeToken(clock: Timers): void {
    this.#refill(clock);
    this.#tokens = Math.max(0, this.#tokens - 1);
  }
}

/** One atomic restore of both tables, with the origin of each rule beside its line. */
function restoreOp(restore: RestoreText): ConfigOp {
  return { op: "iptables-restore", text: restore.text, noflush: true, counters: true, origins: originMap(restore) };
}

function originMap(restore: RestoreText): RuleOrigins {
  const entries: [number, { agent: string; object: string; position?: string }][] = [];
  for (const [line, origin] of restore.origins.entries()) {
    if (origin === undefined) continue;
    const object = `${origin.kind} ${origin.namespace}/${origin.name}:${origin.portName === "" ? origin.port : origin.portName}`;
    const entry = { agent: "kube-proxy", object };
    entries.push([line, origin.position === undefined ? entry : { ...entry, position: origin.position }]);
  }
  return new Map(entries);
}
