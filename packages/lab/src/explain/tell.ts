// From steps to rows: one teller walks the steps of a packet, hop by hop, and says what a person would want to know.
//
//   device   conntrack …                      ttl 64
//   HOOK     chain → chain → chain
//            dst before ⇒ after               object, manifest line
//   device   neighbour, fdb, tunnel

import type { Step } from "@kubehop/netstack";
import type { Background } from "./background.ts";
import { headersOf } from "./headers.ts";
import { HopRows } from "./hop-rows.ts";
import { makerOrigin, sayNat } from "./nat-line.ts";
import type { StepOf } from "./phrases.ts";
import { answerText, conntrackPart, dropText, hideDrawnPorts, natPart } from "./phrases.ts";
import { type RowsUsed, responsible } from "./responsible.ts";
import { fdbPart, neighPart, routePart } from "./rows-used.ts";
import type { HopTale, Part, Row } from "./tale.ts";
import { newLine, part, say } from "./tale.ts";
import { TableWalk } from "./table-walk.ts";

/** Steps that a walk through a table is made of. */
const WITHIN_WALK: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>(["rule", "mark", "nat", "answer"]);

/** The hops of a packet's way. */
export function tellWay(steps: readonly Step[], background: Background): HopTale[] {
  const teller = new Teller(background);
  for (const step of steps) teller.tell(step);
  teller.finish();
  return teller.rows.hops.filter((hop) => hop.rows.length > 0);
}

class Teller {
  readonly rows = new HopRows();
  readonly #background: Background;
  /** Where TTLs are told: the row that is about this packet's way through the hop. */
  #forward: Row | undefined;
  #route: StepOf<"route"> | undefined;
  #walk: TableWalk | undefined;
  #ttl: number | undefined;
  #reply = false;

  constructor(background: Background) {
    this.#background = background;
  }

  tell(step: Step): void {
    if (step.ns !== this.rows.ns) this.#enter(step.ns);
    if (!WITHIN_WALK.has(step.kind)) this.#endWalk();
    switch (step.kind) {
      case "rx":
        return this.#rx(step);
      case "xmit":
        return this.#xmit(step);
      case "hook":
        return this.#enterHook(step);
      case "ct":
        return this.#conntrack(step);
      case "mark":
        return void (this.#pendingMark = step);
      case "rule":
        return this.#rule(step);
      case "nat":
        return this.#nat(step);
      case "route":
        return this.#routed(step);
      case "neigh":
        return this.#neigh(step);
      case "fdb":
        return this.#fdb(step);
      case "encap":
        return this.#encap(step);
      case "decap":
        return this.#decap(step);
      case "queue":
        return this.#queued(step);
      case "note":
        return say(this.rows.device(), part(step.text));
      case "answer":
        return this.#answer(step);
      case "drop":
        return this.#end(
          dropText(step, this.#lastRule),
          step.reason === "NETFILTER_DROP" ? this.#walkOrigin : responsible(step, this.#used),
        );
      case "deliver":
        return this.#end(`delivered to ${this.#background.socketName(step)}`, "");
      case "consume":
        return this.#end(`taken by ${step.by}`, "");
      case "send":
      case "confirm":
    }
  }

  finish(): void {
    this.#endWalk();
    this.#flushRoute();
  }

  #walkOrigin = "";

  #enter(ns: string): void {
    this.finish();
    this.rows.enter(ns);
    this.#leaveHook();
    this.#forward = undefined;
    this.#ttl = undefined;
    this.#hit = undefined;
    this.#used = {};
  }

  /** Rows that sent the packet on, in this namespace. */
  #used: RowsUsed = {};

  #leaveHook(): void {
    this.rows.hook = undefined;
    this.#walkOrigin = "";
  }

  // ---- devices

  #rx(step: StepOf<"rx">): void {
    this.#leaveHook();
    const headers = headersOf(step);
    const row = this.rows.received(step.dev);
    if (this.rows.outer || headers === undefined || headers.ttl === this.#ttl) return;
    this.#ttl = headers.ttl;
    row.ttl = headers.ttl;
  }

  #xmit(step: StepOf<"xmit">): void {
    this.#leaveHook();
    this.#flushRoute();
    const ttl = this.rows.outer ? undefined : headersOf(step)?.ttl;
    if (ttl === undefined || ttl === this.#ttl) return;
    this.#ttl = ttl;
    const row = this.#forward ?? this.rows.of(step.dev);
    row.ttl = ttl;
  }

  #neigh(step: StepOf<"neigh">): void {
    this.#leaveHook();
    this.#used.neigh = step;
    if (this.rows.outer) return;
    this.#flushRoute();
    say(this.rows.of(step.dev), neighPart(step, this.#background));
  }

  /** That a packet waits for a neighbour is said with the neighbour. */
  #queued({ fn, where }: StepOf<"queue">): void {
    if (fn !== "__neigh_event_send") say(this.rows.device(), part(where));
  }

  #fdb(step: StepOf<"fdb">): void {
    this.#leaveHook();
    if (step.port !== "local") return say(this.rows.of(step.dev), fdbPart(step, this.#background));
    // The bridge device takes the frame.
    this.rows.goUp();
    if (this.rows.isFirst) say(this.rows.device(), part(`up to ${step.dev}`));
  }

  #encap(step: StepOf<"encap">): void {
    say(this.rows.of(step.dev), part(`VXLAN vni ${step.vni}, udp ${step.port}`));
    this.rows.outer = true;
  }

  #decap(step: StepOf<"decap">): void {
    this.#leaveHook();
    this.rows.outer = false;
    this.#route = undefined;
    say(this.rows.device(), part(`outer packet for this node, decapsulated by ${step.dev}`));
    this.rows.close();
  }

  #routed(step: StepOf<"route">): void {
    if (step.fn === "ip_route_me_harder") return this.#rerouted(step);
    this.#leaveHook();
    // What the outer packet does is told only when something changes it.
    if (this.rows.outer) return;
    this.#flushRoute();
    this.#route = step;
    if (step.result === "error") this.#flushRoute();
  }

  /** A packet that was changed in OUTPUT looks for its way anew. */
  #rerouted(step: StepOf<"route">): void {
    if (this.rows.outer) return;
    this.#route = step;
    const row = this.rows.ofHook();
    newLine(row);
    const { text, stable } = this.#takeRoute() ?? part("local");
    say(row, part(`now ${text}`, `now ${stable}`));
  }

  #takeRoute(): Part | undefined {
    const step = this.#route;
    this.#route = undefined;
    if (step === undefined) return undefined;
    this.#used.route = step;
    return routePart(step);
  }

  #flushRoute(): void {
    const route = this.#takeRoute();
    if (route === undefined) return;
    say(this.rows.open("routing"), route);
  }

  // ---- hooks, rules, conntrack

  #enterHook(step: StepOf<"hook">): void {
    if (step.pf !== "ip") return;
    this.rows.hook = step;
    this.#walkOrigin = "";
    if (this.rows.outer || (step.hook !== "FORWARD" && step.hook !== "OUTPUT")) return;
    const route = this.#takeRoute();
    if (route !== undefined) say(this.rows.ofHook(), route);
    if (step.hook === "FORWARD") this.#forward = this.rows.ofHook();
  }

  #conntrack(step: StepOf<"ct">): void {
    this.#reply = step.reply;
    if (this.rows.outer && step.state !== "INVALID") return;
    // PREROUTING belongs to the device the packet came in by.
    const row = this.rows.hook?.hook === "PREROUTING" ? this.rows.device() : this.rows.ofHook();
    say(row, conntrackPart(step, this.#background));
    const hit = this.#background.isHit(step);
    this.#hit = hit ? step : undefined;
    if (hit) row.weight = "change";
  }

  /** The entry that the packet hit here, one of an earlier packet. */
  #hit: StepOf<"ct"> | undefined;

  #pendingMark: StepOf<"mark"> | undefined;

  #rule(step: StepOf<"rule">): void {
    if (this.#walk?.continues(step) !== true) {
      this.#endWalk();
      this.#walk = new TableWalk(step, this.#background);
    }
    if (this.#pendingMark !== undefined) this.#walk?.mark(this.#pendingMark);
    this.#pendingMark = undefined;
    this.#walk?.rule(step);
    this.#lastRule = step;
  }

  #lastRule: StepOf<"rule"> | undefined;

  #endWalk(): void {
    const walk = this.#walk;
    this.#walk = undefined;
    if (walk !== undefined) {
      const text = walk.text();
      this.#walkOrigin = walk.origin;
      if (text !== "")
        say(this.rows.ofHook(), part(walk.natTarget === undefined ? text : `${text} (changes nothing)`), walk.origin);
    }
    // A rule answers before it is reported itself.
    const answer = this.#answered;
    this.#answered = undefined;
    if (answer !== undefined) this.#sayAnswer(answer);
  }

  #answered: StepOf<"answer"> | undefined;

  #nat(step: StepOf<"nat">): void {
    const walk = this.#walk;
    this.#walk = undefined;
    const hit = this.#reply ? undefined : this.#hit;
    const change = natPart(step, {
      background: this.#background,
      walk,
      out: this.rows.hook?.out ?? "",
      reply: this.#reply,
      hit: hit !== undefined,
    });
    const origin = hit === undefined ? "" : makerOrigin(step.what, hit, this.#background);
    sayNat(this.rows.ofHook(), change, walk, origin);
  }

  #answer(step: StepOf<"answer">): void {
    if (this.rows.hook === undefined) this.#sayAnswer(step);
    else this.#answered = step;
  }

  #sayAnswer(step: StepOf<"answer">): void {
    const row = this.rows.hook === undefined ? this.rows.open("routing") : this.rows.ofHook();
    say(row, part(`answered with ${answerText(step)}`));
    row.weight = "end";
  }

  #end(text: string, origin: string): void {
    this.#flushRoute();
    const { outer, hook, isOpen } = this.rows;
    const row = outer || hook === undefined || !isOpen ? this.rows.device() : this.rows.ofHook();
    if (row.lines.length > 0) newLine(row);
    say(row, part(text, hideDrawnPorts(text)), origin);
    row.weight = "end";
  }
}
