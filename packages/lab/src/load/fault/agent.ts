// `fault: { agent: NODE/AGENT, do: kill|start|delay, by: T }`
import type { Path } from "@kubehop/kube";
import type { AgentFault } from "../../model/fault-spec.ts";
import { parseDuration } from "../../schema/notation.ts";
import type { ExpectContext } from "../expectation.ts";
import type { DraftFault, FaultRow } from "./fault-row.ts";

export const AGENT_ROW: FaultRow = { key: "agent", beside: ["do", "by"], build: buildAgentFault };

function buildAgentFault(ec: ExpectContext, draft: DraftFault, path: Path): AgentFault | undefined {
  const found = ec.names.agent(draft.agent ?? "", [...path, "agent"]);
  const how = draft.do;
  if (how === undefined && !ec.context.document.has([...path, "do"]))
    ec.context.report(path, 'missing key "do"', { code: "missing-key", hint: "write do: kill, start or delay" });
  const by = draft.by === undefined ? undefined : parseDuration(draft.by);
  if (how === "delay" && draft.by === undefined && !ec.context.document.has([...path, "by"]))
    ec.context.report(path, 'missing key "by": how much later', { code: "missing-key", hint: "write by: 2s" });
  if (how !== undefined && how !== "delay" && draft.by !== undefined)
    ec.context.report([...path, "by"], `"by" means nothing beside do: ${how}`, { code: "conflict", atKey: true });
  if (found === undefined || how === undefined) return undefined;
  return { kind: "agent", ...found, do: how, by: by ?? 0 };
}
