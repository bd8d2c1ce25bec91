export type { DropReason } from "./skb/drop-reason.ts";
export type { Agent, NodeDoors } from "./rtnl/agent.ts";
export type { Batch, BatchError, ConfigOp, RuleOrigin, RuleOrigins } from "./rtnl/batch.ts";
