// The requests of a script by programs with real sockets on the real kernel: outcome, whom the server saw, and every translation on
// the way, held against what ours noticed in its own run.

import type { BatchError } from "@kubehop/netstack";
import { LiveError } from "../live/agent-process.ts";
import type { RealKernel, RealRequest } from "../live/real-kernel.ts";
import type { ScenarioDifference } from "./play-frames.ts";
import { PinBoard } from "./pins.ts";
import type { ClientRun, Request, RequestSeen, Script, ScriptItem } from "./script.ts";
import { servedText, translationsOf } from "./script.ts";

export interface RequestsPlayed {
  readonly requests: number;
  /** Not compared, as their options have no counterpart. */
  readonly special: number;
  readonly differences: readonly ScenarioDifference[];
}

/** What an answer may take longer in real time than in virtual time, ms. */
const PATIENCE = 2000;
/** Real ms without an answer that show that there is none: a SYN has been repeated once by then. */
const SILENCE = 1300;
/** Real ms for one that has stood in the background already. */
const SHORT = 100;

export function playRequests(real: RealKernel, script: Script): RequestsPlayed {
  const player = new RequestPlayer(real, script);
  if (!script.items.some(({ kind }) => kind === "end")) return { requests: 0, special: 0, differences: [] };
  try {
    for (const item of script.items) player.item(item);
    return { requests: player.requests, special: player.special, differences: player.differences };
  } finally {
    real.clear();
  }
}

class RequestPlayer {
  readonly differences: ScenarioDifference[] = [];
  requests = 0;
  /** Not repeated: see ClientRun. */
  special = 0;
  readonly #real: RealKernel;
  readonly #script: Script;
  readonly #pins = new PinBoard();
  #id = "";
  #unsettled = false;
  #muted = false;

  constructor(real: RealKernel, script: Script) {
    this.#real = real;
    this.#script = script;
  }

  item(item: ScriptItem): void {
    switch (item.kind) {
      case "netns":
        this.#real.addNamespaces([item.ns]);
        this.#apply(item.ns, { ops: [{ op: "sysctl", key: "net.ipv4.ping_group_range", value: "0 0" }] });
        return;
      case "gone":
        this.#unsettled = true;
        return this.#real.removeNamespaces([item.ns]);
      case "config":
        this.#pins.forget(item);
        this.#unsettled ||= item.ops.some(({ op }) => op === "link-add" || op === "link-set");
        this.#apply(item.ns, item);
        return;
      case "step":
        this.#id = item.id;
        return;
      case "start":
        return this.#start(item.client);
      case "end":
        return this.#end(item.client);
      case "ready":
      case "packet":
        return;
    }
  }

  /** What is accepted and what not was compared with the frames. */
  #apply(ns: string, { ops }: Pick<Extract<ScriptItem, { kind: "config" }>, "ops">): BatchError | null {
    return this.#real.apply(ns, { agent: "verify", ops });
  }

  #start({ id, request, special, listeners, pins }: ClientRun): void {
    if (this.#unsettled) this.#settle();
    // A command that asks nobody may be a server: who listens is looked at by the next one.
    if (request === undefined || special === true) return;
    for (const { ns, ops } of this.#pins.batches(pins)) {
      const error = this.#apply(ns, { ops });
      if (error !== null) throw new LiveError(`${ns}: ${error.message}`);
    }
    this.#real.listen(listeners);
    this.#real.start(id, request);
  }

  /** Ends of a cluster talk here; who is mute in a lab of namespaces stays so. */
  #settle(): void {
    this.#real.settle();
    this.#unsettled = false;
    const { mute } = this.#script;
    if (this.#muted || mute === "ends") return;
    this.#muted = true;
    for (const { ns, devices } of mute) this.#real.mute(ns, devices);
  }

  #end({ id, request, special, background, ours }: ClientRun): void {
    if (request === undefined || ours === undefined) return;
    if (special === true) {
      this.special++;
      return;
    }
    const theirs = this.#seen(request, this.#real.end(id, background ? SHORT : patience(request, ours)));
    this.requests++;
    const [kernel, mine] = [seenText(theirs), seenText(ours)];
    if (kernel === mine) return;
    const done = `${request.protocol} ${request.ns} > ${request.dst}:${request.dport}`;
    this.differences.push({ what: "answer", where: "request", step: 0, id: this.#id, done, kernel, ours: mine });
  }

  #seen({ protocol, sport, dst, dport }: Request, { result, from, served }: RealRequest): RequestSeen {
    const [by] = served;
    const servedBy = by === undefined ? null : servedText(by, sport);
    if (from === null || protocol === "icmp" || sport === null)
      return { result, from: null, served: servedBy, translations: [] };
    const tables = Object.fromEntries(this.#script.routers.map((ns) => [ns, this.#real.conntrack(ns)]));
    const own = { proto: protocol, src: from, dst, sport, dport };
    return { result, from, served: servedBy, translations: translationsOf(tables, own) };
  }
}

function patience({ took }: Request, { result }: RequestSeen): number {
  return result === "timeout" ? Math.min(took, SILENCE) : took + PATIENCE;
}

function seenText({ result, from, served, translations }: RequestSeen): string {
  return [`${result} from ${from ?? "nowhere"}, served by ${served ?? "nobody"}`, ...translations].join("\n");
}
