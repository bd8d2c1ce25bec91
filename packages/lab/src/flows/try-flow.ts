// One flow, once, with its random choices forced: who answered whom, and why.

import type { ClientOutcome } from "@kubehop/commands";
import { formatIpv4, type NetNamespace } from "@kubehop/netstack";
import { Refusal } from "@kubehop/sim";
import type { Choices } from "../cluster/choices.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { addTracer } from "../cluster/onlookers.ts";
import { servedFor, type ServedRequest } from "../cluster/served.ts";
import type { Fate } from "../model/flow-table.ts";
import { REQUEST_TIMEOUT_MS, type SendFlow } from "../model/step-spec.ts";
import { passUntil } from "../steps/pass-until.ts";
import { startSend } from "../steps/send.ts";
import type { EndpointNames } from "./endpoint-names.ts";
import { Witness } from "./witness.ts";

export interface Tried {
  readonly fate: Fate;
  /** Somebody has learned another route or MTU by it. */
  readonly learned: boolean;
}

/** @throws Refusal when an end of the flow is not there now */
export function tryFlow(cluster: Cluster, flow: SendFlow, choices: Choices, names: EndpointNames): Tried {
  const witness = new Witness(cluster);
  const { served, world } = cluster;
  const before = served.length;
  const release = choices.force(cluster);
  const stop = addTracer(world, witness);
  const { client } = askFlow(cluster, flow);
  stop();
  release();
  const seen = servedFor(served, before, client);
  return {
    fate: { text: fateText(client, seen, names), because: reasons(client, seen, names, witness) },
    learned: witness.learned,
  };
}

/** Asks once and waits for the end. @throws Refusal when an end of the flow is not there now */
export function askFlow(
  cluster: Cluster,
  flow: SendFlow,
): { readonly ns: NetNamespace; readonly client: ClientOutcome } {
  const place = cluster.places.find(flow.from.name);
  if (place === undefined) throw new Refusal(`${flow.text}: there is no place ${flow.from.name} now`);
  const address = cluster.places.address(flow.to.name, place.namespace);
  if (address === undefined) throw new Refusal(`${flow.text}: there is no address for ${flow.to.name} now`);
  let outcome: ClientOutcome | undefined;
  const action = { kind: "send", flow, payload: undefined, timeout: REQUEST_TIMEOUT_MS } as const;
  startSend(place.ns, action, formatIpv4(address), (ended) => (outcome = ended));
  passUntil(cluster, () => outcome !== undefined);
  if (outcome === undefined) throw new Error(`${flow.text} did not end`);
  return { ns: place.ns, client: outcome };
}

/** As a table writes it. */
function fateText(client: ClientOutcome, seen: ServedRequest | undefined, names: EndpointNames): string {
  if (client.result === "timeout") return "drop";
  if (client.result !== "ok" || seen === undefined) return client.result;
  return `${names.nameOf(seen.ns)}${isMasqueraded(client, seen) ? "*" : ""}`;
}

/** The server saw another source than the client's socket has. */
function isMasqueraded({ local }: ClientOutcome, { client }: ServedRequest): boolean {
  return local !== undefined && formatIpv4(local.addr) !== client;
}

function reasons(
  client: ClientOutcome,
  seen: ServedRequest | undefined,
  names: EndpointNames,
  witness: Witness,
): string[] {
  const lost =
    seen !== undefined && client.result !== "ok" ? [`${names.nameOf(seen.ns)} was reached, its reply was not`] : [];
  return [...lost, ...witness.lines()];
}
