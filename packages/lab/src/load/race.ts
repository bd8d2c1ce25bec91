// `race: [FLOW, FLOW]` with `in: PLACE` and `held:`
import type { Path } from "@kubehop/kube";
import { REQUEST_TIMEOUT_MS, type RaceAction, type SendFlow } from "../model/step-spec.ts";
import type { DraftStep } from "./actions.ts";
import type { ExpectContext } from "./expectation.ts";
import { sendFlowOf } from "./send-flow.ts";

/** Undefined: it was wrong, and that is reported. */
export function buildRace(ec: ExpectContext, step: DraftStep, place: string, path: Path): RaceAction | undefined {
  const [first, second] = [0, 1].map((i) => sendFlowOf(ec, step.race?.[i], [...path, "race", i]));
  if (first === undefined || second === undefined) return undefined;
  checkSockets(ec, first, second, [...path, "race"]);
  return { kind: "race", in: place, flows: [first, second], held: step.held ?? "lookup", timeout: REQUEST_TIMEOUT_MS };
}

/** Which two requests there can be at once. */
function checkSockets({ context }: ExpectContext, first: SendFlow, second: SendFlow, path: Path): void {
  for (const [i, { protocol }] of [first, second].entries())
    if (protocol === "icmp")
      context.report([...path, i], "a race of echo requests is not modelled", {
        code: "not-modelled",
        hint: "tcp and udp are",
      });
  const samePort = first.from.port !== undefined && first.from.port === second.from.port;
  if (first.protocol !== second.protocol || first.from.name !== second.from.name || !samePort) return;
  if (first.text !== second.text)
    context.report([...path, 1], `port ${first.from.port} of ${first.from.name} is taken by the first request`, {
      code: "conflict",
      hint: "another port, or two times the same udp flow: one socket asks twice",
    });
  else if (first.protocol === "tcp")
    context.report([...path, 1], "a second TCP connection cannot have the ports of the first", {
      code: "conflict",
      hint: "let it come from another place or port",
    });
}
