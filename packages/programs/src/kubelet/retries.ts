// When kubelet tries again what failed. A sandbox that could not be made: after 10 to 15 seconds each time (pod_workers.go
// backOffPeriod with its jitter). A container that ends at once: after 10, 20, 40 … seconds, at most 300 (CrashLoopBackOff).

import type { Random, Timer, Timers } from "@kubehop/sim";

const PERIOD_MS = 10_000;
const JITTER = 0.5;
const MAX_CRASH_MS = 300_000;

/** Why a pod waits. */
export type RetryReason = "sandbox" | "crash";

interface Entry {
  attempts: number;
  timer: Timer | undefined;
}

/** Retries by pod uid. */
export class Retries {
  readonly #clock: Timers;
  readonly #random: Random;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Timers, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How often something was tried again, or is going to be. */
  attempts(uid: string): number {
    return this.#entries.get(uid)?.attempts ?? 0;
  }

  later(uid: string, reason: RetryReason, again: () => void): void {
    const entry = this.#entries.get(uid) ?? { attempts: 0, timer: undefined };
    this.#entries.set(uid, entry);
    const delay = reason === "sandbox" ? this.#jittered() : Math.min(PERIOD_MS * 2 ** entry.attempts, MAX_CRASH_MS);
    entry.attempts++;
    entry.timer = this.#clock.schedule(delay, again);
  }

  /** The pod is gone. */
  forget(uid: string): void {
    const timer = this.#entries.get(uid)?.timer;
    if (timer !== undefined) this.#clock.cancel(timer);
    this.#entries.delete(uid);
  }

  /** Kubelet stops. */
  clear(): void {
    for (const uid of this.#entries.keys()) this.forget(uid);
  }

  #jittered(): number {
    return Math.round(PERIOD_MS * (1 + (JITTER * this.#random.below(1000)) / 1000));
  }
}
