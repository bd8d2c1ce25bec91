// modprobe, lsmod, rmmod: the modules whose absence changes behaviour.

import { applyBatch } from "@kubehop/netstack";
import type { ShellContext } from "../context.ts";
import { instant } from "../instant.ts";
import { isOptionError, parseOptions } from "../options.ts";
import { complain, refuse } from "../refuse.ts";

/** Shown by lsmod: module → size of a current build, and who uses it. */
const SIZES: Readonly<Record<string, string>> = { br_netfilter: "32768  0", bridge: "311296  1 br_netfilter" };

/** Modules of ordinary nodes that change nothing here or are not modelled; what is in the kernel from the start is among them. */
const OTHER_MODULES =
  /^(overlay|bridge|veth|vxlan|ipip|dummy|tun|8021q|bonding|macvlan|ipvlan|wireguard|openvswitch|geneve|ip_gre|gre|sctp|ip_vs\w*|ip_set\w*|ip_tables|ip6_tables|ip6table_\w+|iptable_\w+|x_tables|xt_\w+|nf_\w+|nft_\w+|nfnetlink\w*|ebtables?\w*|arptable\w*|sch_\w+|cls_\w+|act_\w+|rbd|nbd|dm_\w+|fuse|iscsi_tcp)$/;

export const modprobe = instant("modprobe", "load (-r: remove) a kernel module", (ctx, args) => {
  const parsed = parseOptions(
    { short: "rqv", long: { remove: "r", quiet: "q", verbose: "v" }, refusedShort: "abcDfinSsV" },
    args,
  );
  if (isOptionError(parsed)) {
    return parsed.error === "refused"
      ? refuse(ctx, "modprobe", `option ${parsed.option}`)
      : complain(ctx, `modprobe: unrecognized option '${parsed.option}'`, 1);
  }
  const name = parsed.operands[0];
  if (name === undefined) return complain(ctx, "modprobe: ERROR: missing parameters. See -h.", 1);
  if (parsed.operands.length > 1) return refuse(ctx, "modprobe", `a module parameter (${parsed.operands[1] ?? ""})`);
  return change(ctx, name, parsed.values.has("r"), parsed.values.has("q"));
});

/** Dashes and underscores are the same in module names. */
function change(ctx: ShellContext, name: string, remove: boolean, quiet: boolean): number {
  const module = name.replaceAll("-", "_");
  if (OTHER_MODULES.test(module)) return refuse(ctx, "modprobe", `the module ${name}`);
  const error = applyBatch(ctx.ns, { agent: "modprobe", ops: [{ op: "modprobe", module, remove }] });
  if (error === null) return 0;
  return quiet ? 1 : complain(ctx, error.message, 1);
}

export const rmmod = instant("rmmod", "remove a kernel module", (ctx, args) => {
  const name = args[0];
  if (name === undefined || name.startsWith("-"))
    return name === undefined
      ? complain(ctx, "rmmod: ERROR: missing module name.", 1)
      : refuse(ctx, "rmmod", `option ${name}`);
  const module = name.replaceAll("-", "_");
  if (OTHER_MODULES.test(module)) return refuse(ctx, "rmmod", `the module ${name}`);
  if (!ctx.ns.modules.has(module)) return complain(ctx, `rmmod: ERROR: Module ${module} is not currently loaded`, 1);
  return change(ctx, module, true, false);
});

export const lsmod = instant("lsmod", "modules that are loaded (those kubehop models)", (ctx) => {
  ctx.stdout("Module                  Size  Used by\n");
  const loaded = ctx.ns.modules.list();
  const names = loaded.includes("br_netfilter") ? [...loaded, "bridge"] : loaded;
  for (const name of names) {
    const [size = "", ...users] = (SIZES[name] ?? "16384  0").split(/ +/);
    ctx.stdout(`${name.padEnd(19)} ${size.padStart(8)}  ${users.join(" ")}\n`);
  }
  return 0;
});
