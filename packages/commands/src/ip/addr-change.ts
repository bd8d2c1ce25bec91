// `ip addr add|del|flush` → operations.

import type { ConfigOp } from "@kubehop/netstack";
import { dumpAddrs } from "@kubehop/netstack";
import type { IpRun } from "./ip-context.ts";
import { change, requireDevice } from "./ip-context.ts";
import type { Words } from "./words.ts";
import { invalidArgument, IpUsageError, notModelled } from "./words.ts";

type AddrOp = Extract<ConfigOp, { op: "addr-add" | "addr-del" }>;
type Draft = { -readonly [K in Exclude<keyof AddrOp, "op">]?: AddrOp[K] };

export function addrChange(run: IpRun, op: "addr-add" | "addr-del", words: Words): number {
  const draft: Draft = {};
  while (!words.done) addrWord(draft, words);
  const { dev, local } = draft;
  if (dev === undefined) throw new IpUsageError('Not enough information: "dev" argument is required.', 1);
  if (local === undefined) throw new IpUsageError("RTNETLINK answers: Operation not supported", 2);
  return change(run, [{ ...draft, op, dev, local }]);
}

function addrWord(draft: Draft, words: Words): void {
  const word = words.value();
  if (word === "dev") draft.dev = words.value();
  else if (word === "broadcast" || word === "brd") draft.broadcast = words.value();
  else if (word === "label") draft.label = words.value();
  else if (word === "noprefixroute") draft.noprefixroute = true;
  else if (word === "scope") draft.scope = scopeWord(words.value());
  else if (["peer", "remote", "anycast", "valid_lft", "preferred_lft", "home", "nodad", "metric"].includes(word))
    throw notModelled(`the address option "${word}"`);
  else if (draft.local === undefined) draft.local = word === "local" ? words.value() : word;
  else throw new IpUsageError(`Error: either "local" is duplicate, or "${word}" is a garbage.`);
}

function scopeWord(word: string): "global" | "link" | "host" {
  if (word !== "global" && word !== "link" && word !== "host") throw invalidArgument(word, "invalid scope value.");
  return word;
}

/** Every address of a device. */
export function addrFlush(run: IpRun, words: Words): number {
  words.takeIf("dev");
  if (words.done) throw new IpUsageError("Flush requires arguments.");
  const dev = requireDevice(run, words.value());
  if (!words.done) throw notModelled(`the selector "${words.value()}" of a flush`);
  const addrs = dumpAddrs(run.ctx.ns, dev).flatMap((row) => row.addr_info);
  // Secondaries first: they would go with their primary.
  const order = [...addrs.filter((a) => a.secondary === true), ...addrs.filter((a) => a.secondary !== true)];
  return change(
    run,
    order.map((a) => ({ op: "addr-del", dev, local: `${a.local}/${a.prefixlen}` })),
  );
}
