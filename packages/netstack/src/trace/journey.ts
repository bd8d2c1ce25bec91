// Journeys: the steps of a run, gathered into stories. A packet's steps share its id; a copy, fragment, answer or error points to the
// packet it came from. A story is told hop by hop: one hop per stay in a namespace.

import type { EndKind, Step, Tracer } from "./step.ts";

/** Consecutive steps of one packet in one namespace. */
export interface Hop {
  readonly ns: string;
  readonly steps: readonly Step[];
}

/** The story of one packet. */
export interface Journey {
  readonly id: number;
  /** 0: nobody's child, a program or an injected frame began it. */
  readonly parent: number;
  /** Copies, fragments, answers and errors made because of it, in order. */
  readonly children: readonly Journey[];
  readonly steps: readonly Step[];
  /** How many steps the parent had taken when this packet appeared; 0 without a parent. Tells where a copy leaves its original. */
  readonly bornAt: number;
  readonly hops: readonly Hop[];
  /** How it ended; "queued": it waits (neighbour, reassembly); null: it vanished, which is a mistake of ours. */
  readonly end: EndKind | "queued" | null;
}

const ENDS: ReadonlySet<string> = new Set<EndKind>(["deliver", "drop", "consume"]);

class Story implements Journey {
  readonly id: number;
  readonly parent: number;
  readonly children: Story[] = [];
  readonly steps: Step[] = [];
  readonly bornAt: number;
  end: EndKind | "queued" | null = null;

  constructor(first: Step, bornAt: number) {
    this.id = first.pkt;
    this.parent = first.parent;
    this.bornAt = bornAt;
  }

  add(step: Step): void {
    this.steps.push(step);
    if (ENDS.has(step.kind)) this.end = step.kind as EndKind;
    // A later step wakes a queued packet; an end stays the end.
    else if (this.end === null || this.end === "queued") this.end = step.kind === "queue" ? "queued" : null;
  }

  get hops(): readonly Hop[] {
    const hops: { ns: string; steps: Step[] }[] = [];
    for (const step of this.steps) {
      const last = hops[hops.length - 1];
      if (last !== undefined && last.ns === step.ns) last.steps.push(step);
      else hops.push({ ns: step.ns, steps: [step] });
    }
    return hops;
  }
}

/** Attach as `world.tracer`; ask when the run is over. */
export class JourneyRecorder implements Tracer {
  private readonly stories = new Map<number, Story>();
  private readonly limit: number;

  /** `limit`: packets that are recorded; later ones pass unseen, so that a run of thousands of requests fits into memory. */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.limit = limit;
  }

  step(step: Step): void {
    const story = this.stories.get(step.pkt) ?? this.open(step);
    story?.add(step);
  }

  private open(step: Step): Story | undefined {
    if (this.stories.size >= this.limit) return undefined;
    const parent = this.stories.get(step.parent);
    const story = new Story(step, parent?.steps.length ?? 0);
    this.stories.set(step.pkt, story);
    parent?.children.push(story);
    return story;
  }

  /** Every packet seen, in the order of first sight. */
  packets(): readonly Journey[] {
    return [...this.stories.values()];
  }

  /** The stories nobody else's packet began; the rest hangs below them as children. */
  journeys(): readonly Journey[] {
    return this.packets().filter((s) => s.parent === 0 || !this.stories.has(s.parent));
  }

  journey(id: number): Journey | undefined {
    return this.stories.get(id);
  }

  /** Packets whose story has no end and that wait nowhere: our mistakes. Empty when all is well. */
  unfinished(): readonly Journey[] {
    return this.packets().filter((s) => s.end === null);
  }

  /** Packets that still wait for something. */
  queued(): readonly Journey[] {
    return this.packets().filter((s) => s.end === "queued");
  }

  clear(): void {
    this.stories.clear();
  }
}

/** One line per step, for people: `node1 ip_forward …`. Frames are not written out. */
export function describeStep(step: Step): string {
  const what = Object.entries(step)
    .filter(([key, value]) => !BASE_KEYS.has(key) && !(value instanceof Uint8Array) && value !== "")
    .map(([key, value]) => `${key}=${String(value)}`);
  return `${step.ns} ${step.fn} ${step.kind}${what.length > 0 ? ` ${what.join(" ")}` : ""}`;
}

const BASE_KEYS: ReadonlySet<string> = new Set(["at", "pkt", "parent", "ns", "fn", "kind", "origin"]);
