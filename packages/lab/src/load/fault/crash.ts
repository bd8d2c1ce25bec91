// `fault: { crash: NODE }`; `{ boot: NODE }` is refused.
import type { FaultRow } from "./fault-row.ts";

export const CRASH_ROW: FaultRow = {
  key: "crash",
  beside: [],
  build: (ec, { crash }, path) => {
    if (crash === undefined) return undefined;
    ec.names.checkNode(crash, [...path, "crash"]);
    return { kind: "crash", node: crash };
  },
};

export const BOOT_ROW: FaultRow = {
  key: "boot",
  refused: true,
  beside: [],
  build: (ec, _draft, path) => {
    ec.context.report([...path, "boot"], "what a machine finds when it comes back is not modelled", {
      code: "not-modelled",
      hint: "begin with a cluster as it is after the boot; an agent alone starts with { agent: NODE/AGENT, do: start }",
      atKey: true,
    });
    return undefined;
  },
};
