export type { DropReason } from "./skb/drop-reason.ts";
