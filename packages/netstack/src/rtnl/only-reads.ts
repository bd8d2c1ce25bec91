// Operations that only ask. Every tool knows one command per call: the first word that is one decides.

import type { ConfigOp } from "./batch.ts";

interface Tool {
  /** Takes the command out of a word; undefined: the word is none. */
  readonly command: (word: string) => string | undefined;
  readonly reading: ReadonlySet<string>;
}

const IPTABLES: Tool = {
  // Flags may stand in front of it: -nvL.
  command: (word) =>
    /^-[nvxw]*([ADIRCLSFZNXPE])/.exec(word)?.[1] ??
    /^--(append|delete|insert|replace|check|list|list-rules|flush|zero|new-chain|delete-chain|policy|rename-chain)$/.exec(
      word,
    )?.[1],
  reading: new Set(["C", "L", "S", "check", "list", "list-rules"]),
};

const IPSET: Tool = {
  command: (word) =>
    /^(?:create|add|del|test|destroy|list|save|restore|flush|rename|swap|help|version|-[NADTXLSRFEWHV])$/.exec(
      word,
    )?.[0],
  reading: new Set(["test", "-T", "list", "-L", "save", "-S", "help", "-H", "version", "-V"]),
};

const CONNTRACK: Tool = {
  command: (word) => /^(?:-[LGDEFCSIU]|--(?:dump|get|delete|event|flush|count|stats|create|update))$/.exec(word)?.[0],
  reading: new Set(["-L", "--dump", "-G", "--get", "-E", "--event", "-C", "--count", "-S", "--stats"]),
};

const TOOLS: Readonly<Partial<Record<ConfigOp["op"], Tool>>> = {
  iptables: IPTABLES,
  ipset: IPSET,
  conntrack: CONNTRACK,
};

/** True: neither kernel state nor counters change by it, so who repeats a run need not. */
export function onlyReads(op: ConfigOp): boolean {
  const tool = TOOLS[op.op];
  if (tool === undefined || !("args" in op)) return false;
  const command = op.args.map(tool.command).find((word) => word !== undefined);
  if (command !== undefined && !tool.reading.has(command)) return false;
  // -L and -S may zero what they list.
  return tool !== IPTABLES || !op.args.some((word) => /^(?:-[nvxwLS]*Z|--zero)/.test(word));
}
