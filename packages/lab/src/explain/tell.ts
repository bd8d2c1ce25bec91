// From steps to rows: one teller walks the steps of a packet, hop by hop, and says what a person would want to know.
//
//   device   conntrack …                      ttl 64
//   HOOK     chain → chain → chain
//            dst before ⇒ after               object, manifest line
//   device   neighbour, fdb, tunnel

import type { Step } from "@kubehop/netstack";
import type { Background } from "./background.ts";
import { headersOf } from "./headers.ts";
import type { StepOf } from "./phrases.ts";
import { answerText, conntrackPart, dropText, hideDrawnPorts, natPart } from "./phrases.ts";
import type { HopTale, Row } from "./tale.ts";
import { newLine, openRow, part, say } from "./tale.ts";
import { TableWalk } from "./table-walk.ts";

/** Steps that a walk through a table is made of. */
const WITHIN_WALK: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>(["rule", "mark", "nat", "answer"]);
/** A path longer than this has the address change on a line of its own. */
const LONG_PATH = 48;

/** The hops of a packet's way. */
export function tellWay(steps: readonly Step[], background: Background): HopTale[] {
  const teller = new Teller(background);
  for (const step of steps) teller.tell(step);
  teller.finish();
  return teller.hops.filter((hop) => hop.rows.length > 0);
}

class Teller {
  readonly hops: HopTale[] = [];
  readonly #background: Background;
  #hop: HopTale = { ns: "", rows: [] };
  #row: Row | undefined;
  /** Hook the packet is in; its row is opened when there is something to say. */
  #hook: StepOf<"hook"> | undefined;
  /** Where TTLs are told: the row that is about this packet's way through the hop. */
  #forward: Row | undefined;
  #route: StepOf<"route"> | undefined;
  #walk: TableWalk | undefined;
  #ttl: number | undefined;
  #reply = false;
  #tracked = "";
  /** Between encapsulation and decapsulation the steps are about the outer packet. */
  #outer = false;

  constructor(background: Background) {
    this.#background = background;
  }

  tell(step: Step): void {
    if (step.ns !== this.#hop.ns) this.#enter(step.ns);
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
        return this.#markChanged(step);
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
        return say(this.#deviceRow(), part(step.text));
      case "answer":
        return this.#answer(step);
      case "drop":
        return this.#end(dropText(step, this.#lastRule), step.reason === "NETFILTER_DROP" ? this.#walkOrigin : "");
      case "deliver":
        return this.#end(`delivered to ${step.socket}`, "");
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
    this.#hop = { ns, rows: [] };
    this.hops.push(this.#hop);
    this.#leaveHook();
    this.#row = undefined;
    this.#forward = undefined;
    this.#ttl = undefined;
    this.#tracked = "";
  }

  #leaveHook(): void {
    this.#hook = undefined;
    this.#walkOrigin = "";
  }

  // ---- devices

  #rx(step: StepOf<"rx">): void {
    this.#leaveHook();
    const headers = headersOf(step);
    if (this.#goesUp && this.#row !== undefined) this.#goesUp = false;
    else this.#row = openRow(this.#hop, step.dev);
    if (this.#outer || headers === undefined || headers.ttl === this.#ttl) return;
    this.#ttl = headers.ttl;
    this.#row.ttl = headers.ttl;
  }

  #xmit(step: StepOf<"xmit">): void {
    this.#leaveHook();
    this.#flushRoute();
    const ttl = this.#outer ? undefined : headersOf(step)?.ttl;
    if (ttl === undefined || ttl === this.#ttl) return;
    this.#ttl = ttl;
    const row = this.#forward ?? this.#rowOf(step.dev);
    row.ttl = ttl;
  }

  /** The row of this device, if it is the one being told, else a new one. */
  #rowOf(dev: string): Row {
    if (this.#row?.label !== dev) this.#row = openRow(this.#hop, dev);
    return this.#row;
  }

  #deviceRow(): Row {
    return (this.#row ??= openRow(this.#hop, this.#hookLabel() ?? ""));
  }

  #neigh(step: StepOf<"neigh">): void {
    this.#leaveHook();
    if (this.#outer) return;
    this.#flushRoute();
    const who = this.#background.named(step.nexthop);
    if (step.lladdr === "")
      say(this.#rowOf(step.dev), part(step.state === "FAILED" ? `neigh ${who} FAILED` : `ARP asks for ${who}`, ""));
    else say(this.#rowOf(step.dev), part(`neigh ${who} = ${step.lladdr}`, `neigh ${who}`));
  }

  /** That a packet waits for a neighbour is said with the neighbour. */
  #queued({ fn, where }: StepOf<"queue">): void {
    if (fn !== "__neigh_event_send") say(this.#deviceRow(), part(where));
  }

  #fdb(step: StepOf<"fdb">): void {
    this.#leaveHook();
    const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(step.port);
    if (step.port === "local") return this.#upToBridge(step.dev);
    const to =
      step.port === "flood"
        ? "flooded"
        : step.port === "none"
          ? `no entry for ${step.mac}`
          : `→ ${isAddress ? this.#background.named(step.port) : step.port}`;
    say(
      this.#rowOf(step.dev),
      part(
        `fdb ${to}`,
        `fdb ${isAddress || step.port === "flood" ? to : step.port === "none" ? "no entry" : "→ port"}`,
      ),
    );
  }

  /** The bridge device takes the frame: what follows is still told with the port, unless something lies between. */
  #upToBridge(bridge: string): void {
    this.#goesUp = true;
    if (this.#hop.rows.length === 1) say(this.#deviceRow(), part(`up to ${bridge}`));
  }

  #goesUp = false;

  #encap(step: StepOf<"encap">): void {
    say(this.#rowOf(step.dev), part(`VXLAN vni ${step.vni}, udp ${step.port}`));
    this.#outer = true;
  }

  #decap(step: StepOf<"decap">): void {
    this.#leaveHook();
    this.#outer = false;
    this.#route = undefined;
    say(this.#deviceRow(), part(`outer packet for this node, decapsulated by ${step.dev}`));
    this.#row = { label: "", lines: [], weight: "way", ttl: undefined };
  }

  // ---- routing

  #routed(step: StepOf<"route">): void {
    if (step.fn === "ip_route_me_harder") return this.#rerouted(step);
    this.#leaveHook();
    // What the outer packet does is told only when something changes it.
    if (this.#outer) return;
    this.#flushRoute();
    this.#route = step;
    if (step.result === "error") this.#flushRoute();
  }

  /** A packet that was changed in OUTPUT looks for its way anew. */
  #rerouted(step: StepOf<"route">): void {
    if (this.#outer) return;
    this.#route = step;
    const row = this.#hookRow();
    newLine(row);
    say(row, part(`now ${this.#routeText()}`));
  }

  #routeText(): string {
    const step = this.#route;
    this.#route = undefined;
    if (step === undefined) return "";
    if (step.result === "error") return `no route to ${step.dst}: ${step.route}`;
    if (step.result === "local") return "";
    const table = step.table === "" || step.table === "main" || step.table === "local" ? "" : `table ${step.table}: `;
    // Protocol, scope and preferred source say who made the row, not where the packet goes.
    return `route ${table}${step.route.replaceAll(/ (?:proto|scope|src) \S+/g, "").trimEnd()}`;
  }

  #flushRoute(): void {
    const text = this.#routeText();
    if (text !== "") {
      this.#row = openRow(this.#hop, "routing");
      say(this.#row, part(text));
    }
  }

  // ---- hooks, rules, conntrack

  #enterHook(step: StepOf<"hook">): void {
    if (step.pf !== "ip") return;
    this.#hook = step;
    this.#walkOrigin = "";
    if (this.#outer || (step.hook !== "FORWARD" && step.hook !== "OUTPUT")) return;
    const route = this.#routeText();
    if (route !== "") say(this.#hookRow(), part(route));
    if (step.hook === "FORWARD") this.#forward = this.#hookRow();
  }

  #hookLabel(): string | undefined {
    return this.#hook === undefined ? undefined : `${this.#outer ? "outer " : ""}${this.#hook.hook}`;
  }

  #hookRow(): Row {
    const label = this.#hookLabel();
    return label === undefined ? this.#deviceRow() : this.#rowOf(label);
  }

  #conntrack(step: StepOf<"ct">): void {
    this.#reply = step.reply;
    this.#tracked = step.state;
    if (this.#outer && step.state !== "INVALID") return;
    // PREROUTING belongs to the device the packet came in by.
    const row = this.#hook?.hook === "PREROUTING" ? this.#deviceRow() : this.#hookRow();
    say(row, conntrackPart(step, this.#background));
  }

  #markChanged(step: StepOf<"mark">): void {
    this.#pendingMark = step;
  }

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
        say(this.#hookRow(), part(walk.natTarget === undefined ? text : `${text} (changes nothing)`), walk.origin);
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
    const row = this.#hookRow();
    row.weight = "change";
    const change = natPart(step, {
      background: this.#background,
      walk,
      out: this.#hook?.out ?? "",
      reply: this.#reply,
      tracked: this.#tracked,
    });
    const path = walk?.text() ?? "";
    if (path === "") return say(row, change, walk?.origin ?? "");
    const first = part(
      path.length > LONG_PATH ? path : `${path}: ${change.text}`,
      path.length > LONG_PATH ? path : `${path}: ${change.stable}`,
    );
    if (row.lines.length > 0) newLine(row);
    say(row, first, walk?.origin ?? "");
    if (path.length <= LONG_PATH) return;
    const line = row.lines.at(-1);
    if (line !== undefined) line.origin = "";
    newLine(row);
    say(row, change, walk?.origin ?? "");
  }

  // ---- ends

  #answer(step: StepOf<"answer">): void {
    if (this.#hook === undefined) this.#sayAnswer(step);
    else this.#answered = step;
  }

  #sayAnswer(step: StepOf<"answer">): void {
    const row = this.#hook === undefined ? openRow(this.#hop, "routing") : this.#hookRow();
    this.#row = row;
    say(row, part(`answered with ${answerText(step)}`));
    row.weight = "end";
  }

  #end(text: string, origin: string): void {
    this.#flushRoute();
    const row =
      this.#outer || this.#hook === undefined || this.#row === undefined ? this.#deviceRow() : this.#hookRow();
    if (row.lines.length > 0) newLine(row);
    say(row, part(text, hideDrawnPorts(text)), origin);
    row.weight = "end";
  }
}
