// Two runs, request by request: which fates differ, and at which hop their packets part first.

import { recordCell, type RecordedStep } from "../explain/record.ts";
import { waysOf } from "../explain/ways.ts";
import type { CellRunner, FlowOutcome } from "../model/outcome.ts";
import type { CellPlan } from "../model/scenario.ts";
import type { Comparison, RequestFate, RequestPair } from "./comparison.ts";
import { divergenceOf, type ToldExchange } from "./divergence.ts";

/** One side. */
export interface ComparedRun {
  /** How reports name it. */
  readonly label: string;
  readonly plan: CellPlan;
  readonly run: CellRunner;
}

/** A request of a run. */
interface MadeRequest {
  readonly step: string;
  readonly number: number;
  readonly fate: RequestFate;
  /** Undefined: no packet of it was recorded. */
  readonly told: ToldExchange | undefined;
}

/**
 * Runs both with the same seed and pairs their requests by step and number.
 * @throws Refusal, StepRefusal as the runners do
 */
export function compareRuns(a: ComparedRun, b: ComparedRun, seed: number): Comparison {
  const [inA, inB] = [requestsOf(a, seed), requestsOf(b, seed)];
  const keys = [...new Set([...inA.keys(), ...inB.keys()])];
  return { a: a.label, b: b.label, requests: keys.flatMap((key) => pairOf(inA.get(key), inB.get(key))) };
}

function requestsOf({ plan, run }: ComparedRun, seed: number): Map<string, MadeRequest> {
  const made = new Map<string, MadeRequest>();
  recordCell(plan, seed, run, (recorded) => {
    for (const request of requestsOfStep(recorded)) made.set(`${request.step} ${request.number}`, request);
  });
  return made;
}

function requestsOfStep({ step, outcome, exchanges, background }: RecordedStep): MadeRequest[] {
  return outcome.flows.map((flow, index): MadeRequest => {
    const exchange = exchanges.find((own) => own.flow === flow);
    const told = exchange === undefined ? undefined : { exchange, background };
    return { step: step.id, number: index + 1, fate: fateOf(flow, told), told };
  });
}

function fateOf({ result, by, client }: FlowOutcome, told: ToldExchange | undefined): RequestFate {
  const name = (place: string): string => told?.background.placeName(place) ?? place;
  const hops = told === undefined ? [] : waysOf(told.exchange).request.hops;
  return {
    result,
    by: by === undefined ? "" : name(by),
    client: client === undefined ? "" : (told?.background.named(client) ?? client),
    path: hops.map((hop) => name(hop.in)),
  };
}

function pairOf(a: MadeRequest | undefined, b: MadeRequest | undefined): RequestPair[] {
  const one = a ?? b;
  if (one === undefined) return [];
  const { step, number } = one;
  const differs = a === undefined || b === undefined || fateText(a.fate) !== fateText(b.fate);
  const divergence = differs ? divergenceOf(a?.told, b?.told) : undefined;
  return [{ step, number, a: a?.fate, b: b?.fate, differs, ...(divergence === undefined ? {} : { divergence }) }];
}

/** `ok by web#1 client 10.244.0.2 (client)   client > node1 > web#1`. */
export function fateText({ result, by, client, path }: RequestFate): string {
  const seen = [result, ...(by === "" ? [] : [`by ${by}`]), ...(client === "" ? [] : [`client ${client}`])].join(" ");
  return path.length === 0 ? seen : `${seen}   ${path.join(" > ")}`;
}
