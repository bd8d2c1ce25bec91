// A flow that is really sent: both ends known, a port to go to.
import type { Path } from "@kubehop/kube";
import { type SendFlow, sendFlow } from "../model/step-spec.ts";
import { parseFlow } from "../schema/notation.ts";
import type { ExpectContext } from "./expectation.ts";

/** Undefined: there is no such flow, which is reported here or was by the schema. */
export function sendFlowOf(ec: ExpectContext, text: string | undefined, path: Path): SendFlow | undefined {
  const parsed = text === undefined ? undefined : parseFlow(text);
  if (parsed === undefined || typeof parsed === "string") return undefined;
  const flow = sendFlow(parsed);
  if (typeof flow === "string") {
    ec.context.report(path, flow, { code: "not-modelled" });
    return undefined;
  }
  ec.names.checkPlace(flow.from.name, path);
  ec.names.checkEnd(flow.to.name, path);
  if (flow.to.port === undefined && flow.protocol !== "icmp")
    ec.context.report(path, `the flow has no port to go to`, { hint: `write ${flow.to.name}:80` });
  return flow;
}
