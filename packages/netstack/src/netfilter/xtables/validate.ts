// What the kernel checks over a whole table before it accepts a change: no loops, not too deep, and every match and target only in
// hooks that it supports, however it is reached (nf_tables_api.c: nft_chain_validate; ip_tables.c: mark_source_chains).

import { HOOK_NAMES } from "../hooks.ts";
import type { Chain } from "./chain.ts";
import type { TableDraft } from "./draft.ts";
import { ALL_HOOKS } from "./extension.ts";
import type { KernelErrno } from "./xt-error.ts";

/** NFT_JUMP_STACK_SIZE: base chain and jumps below it. */
const NFT_MAX_DEPTH = 16;

/** What lies below a chain: levels of chains, itself included (Infinity: it comes back to itself), and the hooks all of it allows. */
interface Below {
  height: number;
  hookMask: number;
}

/** Walks the jumps of the table as the draft leaves it, every chain once. */
class ChainGraph {
  private readonly draft: TableDraft;
  private readonly seen = new Map<string, Below>();

  constructor(draft: TableDraft) {
    this.draft = draft;
  }

  below(name: string): Below {
    const known = this.seen.get(name);
    if (known !== undefined) return known;
    // While it is being walked, meeting it again is a loop.
    const below: Below = { height: Infinity, hookMask: ALL_HOOKS };
    this.seen.set(name, below);
    let height = 1;
    const live = this.untouched(name);
    const callees: Iterable<Chain | string> = live === undefined ? this.calleesOf(name, below) : live.callees;
    if (live !== undefined) below.hookMask = live.hookMask;
    for (const callee of callees) {
      const under = this.below(typeof callee === "string" ? callee : callee.name);
      height = Math.max(height, under.height + 1);
      below.hookMask &= under.hookMask;
    }
    below.height = height;
    return below;
  }

  private untouched(name: string): Chain | undefined {
    const touched = this.draft.touched.get(name);
    const isLive = !this.draft.flushed && (touched === undefined || touched?.entries === null);
    return isLive ? this.draft.live?.chains.get(name) : undefined;
  }

  private calleesOf(name: string, below: Below): Set<string> {
    const callees = new Set<string>();
    for (const rule of this.draft.rulesOf(name)) {
      below.hookMask &= rule.hookMask;
      if (rule.chainName !== "") callees.add(rule.chainName);
    }
    return callees;
  }
}

/** Null when the kernel would accept the table. */
export function validateTable(draft: TableDraft): KernelErrno | null {
  const graph = new ChainGraph(draft);
  const nft = draft.kind === "nft";
  for (const hook of draft.spec.hooks) {
    const name = HOOK_NAMES[hook];
    if (!draft.has(name)) continue;
    const { height, hookMask } = graph.below(name);
    if (nft ? height > NFT_MAX_DEPTH : height === Infinity) return nft ? "EMLINK" : "ELOOP";
    if ((hookMask & (1 << hook)) === 0) return "EINVAL";
  }
  return null;
}
