// What the kernel checks over a whole table before it accepts a change: no loops, not too deep, and every match and target only in
// hooks that it supports, however it is reached (nf_tables_api.c: nft_chain_validate; ip_tables.c: mark_source_chains).

import { HOOK_NAMES } from "../hooks.ts";
import { ALL_HOOKS } from "./extension.ts";
import type { TableDraft } from "./draft.ts";
import type { KernelErrno } from "./xt-error.ts";

/** NFT_JUMP_STACK_SIZE: base chain and jumps below it. */
const NFT_MAX_DEPTH = 16;

interface Node {
  readonly callees: readonly string[];
  readonly hookMask: number;
}

/** Chains of the table as the draft leaves it, for walking its jumps. */
class ChainGraph {
  private readonly draft: TableDraft;
  private readonly nodes = new Map<string, Node>();

  constructor(draft: TableDraft) {
    this.draft = draft;
  }

  node(name: string): Node {
    let node = this.nodes.get(name);
    if (node === undefined) this.nodes.set(name, (node = this.read(name)));
    return node;
  }

  private read(name: string): Node {
    const touched = this.draft.touched.get(name);
    const live = touched === undefined || touched?.entries === null ? this.draft.live?.chains.get(name) : undefined;
    if (live !== undefined && !this.draft.flushed) return { callees: live.callees.map((c) => c.name), hookMask: live.hookMask };
    const callees = new Set<string>();
    let hookMask = ALL_HOOKS;
    for (const rule of this.draft.rulesOf(name)) {
      hookMask &= rule.hookMask;
      if (rule.chainName !== "") callees.add(rule.chainName);
    }
    return { callees: [...callees], hookMask };
  }
}

type Fault = KernelErrno | null;

/** Walks everything below one base chain. */
class BaseWalk {
  private readonly graph: ChainGraph;
  private readonly hookBit: number;
  private readonly nft: boolean;
  /** Levels of chains below a chain, itself included; 0 while it is being walked. */
  private readonly heights = new Map<string, number>();

  constructor(graph: ChainGraph, hookBit: number, nft: boolean) {
    this.graph = graph;
    this.hookBit = hookBit;
    this.nft = nft;
  }

  check(base: string): Fault {
    const height = this.height(base);
    if (typeof height === "string") return height;
    return this.nft && height > NFT_MAX_DEPTH ? "EMLINK" : null;
  }

  private height(name: string): number | KernelErrno {
    const known = this.heights.get(name);
    if (known === 0) return this.nft ? "EMLINK" : "ELOOP";
    if (known !== undefined) return known;
    this.heights.set(name, 0);
    const node = this.graph.node(name);
    if ((node.hookMask & this.hookBit) === 0) return "EINVAL";
    let height = 1;
    for (const callee of node.callees) {
      const below = this.height(callee);
      if (typeof below === "string") return below;
      height = Math.max(height, below + 1);
    }
    this.heights.set(name, height);
    return height;
  }
}

/** Null when the kernel would accept the table. */
export function validateTable(draft: TableDraft): KernelErrno | null {
  const graph = new ChainGraph(draft);
  for (const hook of draft.spec.hooks) {
    const name = HOOK_NAMES[hook];
    if (!draft.has(name)) continue;
    const fault = new BaseWalk(graph, 1 << hook, draft.kind === "nft").check(name);
    if (fault !== null) return fault;
  }
  return null;
}
