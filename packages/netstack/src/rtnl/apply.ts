// The config door: one batch, operation by operation, in order. The first refused one ends it; what came before stays, as with
// `ip -batch` and a shell script under `set -e`.

import type { NetNamespace } from "../netns/net-namespace.ts";
import { recordConfig } from "../netns/recorder.ts";
import { conntrackCommand } from "../netfilter/conntrack/command.ts";
import { refusalMark } from "../netfilter/xtables/messages.ts";
import { ipsetCommand } from "../netfilter/ipset/command.ts";
import type { Batch, BatchError, ConfigOp, RuleOrigin } from "./batch.ts";
import { applyAddrOp } from "./addr.ts";
import { applyFdbOp } from "./fdb.ts";
import { applyLinkOp } from "./link.ts";
import { applyNeighOp } from "./neigh.ts";
import { errnoText, notModelled, toolFailure } from "./nl-error.ts";
import type { RtnlFailure } from "./nl-error.ts";
import { applyRouteOp } from "./route.ts";
import { applyRuleOp } from "./rule.ts";

type Op<K extends ConfigOp["op"]> = Extract<ConfigOp, { readonly op: K }>;

/** Apply a batch at once; packets that a change sets free are processed before it returns. Null: all of it was accepted. */
export function applyBatch(ns: NetNamespace, batch: Batch): BatchError | null {
  const error = applyOps(ns, batch);
  ns.world.softirq();
  return error;
}

function applyOps(ns: NetNamespace, { agent, origin = { agent, object: agent }, ops }: Batch): BatchError | null {
  for (const [index, op] of ops.entries()) {
    const failure = applyOp(ns, op, origin);
    recordConfig(ns, op, failure !== null);
    if (failure !== null) return { index, ...failure };
  }
  return null;
}

function applyOp(ns: NetNamespace, op: ConfigOp, origin: RuleOrigin): RtnlFailure | null {
  switch (op.op) {
    case "link-add":
    case "link-set":
    case "link-del":
      return applyLinkOp(ns, op);
    case "addr-add":
    case "addr-del":
      return applyAddrOp(ns, op);
    case "route-add":
    case "route-replace":
    case "route-append":
    case "route-prepend":
    case "route-del":
      return applyRouteOp(ns, op, origin);
    case "rule-add":
    case "rule-del":
      return applyRuleOp(ns, op);
    case "neigh-add":
    case "neigh-replace":
    case "neigh-del":
      return applyNeighOp(ns, op, origin);
    case "fdb-add":
    case "fdb-replace":
    case "fdb-append":
    case "fdb-del":
      return applyFdbOp(ns, op, origin);
    case "iptables":
      return applyIptables(ns, op, origin);
    case "iptables-restore":
      return applyRestore(ns, op, origin);
    case "sysctl":
      return applySysctl(ns, op);
    case "conntrack":
      return applyConntrack(ns, op);
    case "modprobe":
      return applyModprobe(ns, op);
    case "ipset":
      return applyIpset(ns, op.args, "");
    case "ipset-restore":
      return applyIpset(ns, op.exist === true ? ["-exist", "restore"] : ["restore"], op.text);
  }
}

/** What a tool of its own said when it failed. */
function failed(said: { readonly stderr: string; readonly unmodelled?: true }, errno: string): RtnlFailure {
  return { ...toolFailure(errno, said.stderr.trimEnd()), ...refusalMark(said) };
}

function applyIptables(ns: NetNamespace, op: Op<"iptables">, origin: RuleOrigin): RtnlFailure | null {
  const backend = op.backend === undefined ? ns.xt.backend() : ns.xt.backend(op.backend);
  const result = backend.command(op.args, origin);
  return result.exit === 0 ? null : failed(result, result.errno ?? "EINVAL");
}

function applyRestore(ns: NetNamespace, op: Op<"iptables-restore">, origin: RuleOrigin): RtnlFailure | null {
  const backend = op.backend === undefined ? ns.xt.backend() : ns.xt.backend(op.backend);
  const { noflush, counters, test, origins } = op;
  const error = backend.restore(op.text, {
    origin,
    ...(noflush === undefined ? {} : { noflush }),
    ...(counters === undefined ? {} : { counters }),
    ...(test === undefined ? {} : { test }),
    ...(origins === undefined ? {} : { origins }),
  });
  return error === null ? null : failed({ ...error, stderr: error.message }, error.errno);
}

function applySysctl(ns: NetNamespace, { key, value }: Op<"sysctl">): RtnlFailure | null {
  const errno = ns.sysctl.set(key, value);
  if (errno === undefined) return null;
  if (errno === "EOPNOTSUPP") return notModelled(`${key}=${value}`);
  // A dot inside a device name is written as a slash in a key, and the other way round in the path.
  const path = `/proc/sys/${key.replaceAll(/[./]/g, (c) => (c === "." ? "/" : "."))}`;
  if (errno === "ENOENT") return toolFailure(errno, `sysctl: cannot stat ${path}: ${errnoText(errno)}`);
  return toolFailure(errno, `sysctl: setting key "${key}": ${errnoText(errno)}`);
}

/** `conntrack -D` that found nothing exits with 1; so does this. */
function applyConntrack(ns: NetNamespace, { args }: Op<"conntrack">): RtnlFailure | null {
  const result = conntrackCommand(ns, args);
  return result.exit === 0 ? null : failed(result, "ENOENT");
}

function applyIpset(ns: NetNamespace, args: readonly string[], stdin: string): RtnlFailure | null {
  const result = ipsetCommand(ns, args, stdin);
  return result.exit === 0 ? null : failed(result, "EINVAL");
}

function applyModprobe(ns: NetNamespace, { module, remove }: Op<"modprobe">): RtnlFailure | null {
  const done = remove === true ? ns.modules.unload(module) : ns.modules.load(module);
  return done ? null : toolFailure("ENOENT", `modprobe: FATAL: Module ${module} not found.`);
}
