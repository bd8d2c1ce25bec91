// A loaded table of one back end in one namespace, and how its base chains hang in the hooks.

import type { HookState, NfHookOps, Verdict } from "../hooks.ts";
import { HOOK_NAMES, NF_ACCEPT, NF_INET_LOCAL_OUT, NFPROTO_IPV4 } from "../hooks.ts";
import type { NetNamespace } from "../../netns/net-namespace.ts";
import type { Packet } from "../../skb/packet.ts";
import type { Chain } from "./chain.ts";
import type { XtBackendKind } from "./evaluate.ts";
import type { ContextPool } from "./context-pool.ts";
import type { TableSpec } from "./xt-tables.ts";
import { compareNames } from "./xt-tables.ts";
import { xtDoTable } from "./evaluate.ts";
import { IPTABLES_FLAVOURS } from "./iptables-version.ts";

/** What the table needs of its surroundings. */
export interface TableHost {
  readonly ns: NetNamespace;
  readonly kind: XtBackendKind;
  readonly contexts: ContextPool;
  /** ip_route_me_harder; false: no route, the packet is to be dropped. */
  reroute(pkt: Packet): boolean;
}

export class XtTable {
  readonly spec: TableSpec;
  readonly chains = new Map<string, Chain>();
  /** nft: handles of chains and rules in order of creation. */
  nextHandle = 1;
  private readonly host: TableHost;
  private readonly hooked = new Map<Chain, () => void>();

  constructor(spec: TableSpec, host: TableHost) {
    this.spec = spec;
    this.host = host;
  }

  /** Base chains in hook order, then user chains by name. */
  ordered(): Chain[] {
    const base: Chain[] = [];
    for (const hook of this.spec.hooks) {
      const chain = this.chains.get(HOOK_NAMES[hook]);
      if (chain !== undefined) base.push(chain);
    }
    return [...base, ...[...this.chains.values()].filter((c) => c.hook === null).sort(compareNames)];
  }

  /** Hang a base chain into its hook; the last registered of equal priority runs first. */
  hookUp(chain: Chain): void {
    if (chain.hook === null || this.hooked.has(chain)) return;
    this.hooked.set(chain, this.spec.name === "nat" ? this.hookNat(chain) : this.hookPlain(chain));
  }

  unhook(chain: Chain): void {
    this.hooked.get(chain)?.();
    this.hooked.delete(chain);
  }

  private hookNat(chain: Chain): () => void {
    return this.host.ns.nat.registerChain(chain.hook ?? 0, (state, pkt) => this.run(chain, state, pkt));
  }

  private hookPlain(chain: Chain): () => void {
    const { ns } = this.host;
    const reroutes = this.spec.name === "mangle" && chain.hook === NF_INET_LOCAL_OUT;
    const ops: NfHookOps = {
      name: `${this.host.kind}:${this.spec.name}:${chain.name}`,
      pf: NFPROTO_IPV4,
      hook: chain.hook ?? 0,
      priority: this.spec.priority,
      fn: reroutes ? (state, pkt) => this.runMangleOut(chain, state, pkt) : (state, pkt) => this.run(chain, state, pkt),
    };
    ns.hooks.register(ops);
    return () => ns.hooks.unregister(ops);
  }

  private run(chain: Chain, state: HookState, pkt: Packet): Verdict {
    const { contexts } = this.host;
    const c = contexts.take();
    c.begin(state, pkt, this.spec.name);
    c.payload = this.host.kind === "nft" && IPTABLES_FLAVOURS[state.ns.xt.version].nftPayload;
    const verdict = xtDoTable(c, this.host.kind, chain);
    contexts.give();
    return verdict;
  }

  /** ipt_mangle_out: what the route depends on may have changed. */
  private runMangleOut(chain: Chain, state: HookState, pkt: Packet): Verdict {
    const { mark } = pkt;
    const key = (b: Uint8Array, at: number): number =>
      (b[at] as number) * 0x1000000 +
      ((b[at + 1] as number) << 16) +
      ((b[at + 2] as number) << 8) +
      (b[at + 3] as number);
    const tos = pkt.buf[pkt.nh + 1];
    const saddr = key(pkt.buf, pkt.nh + 12);
    const daddr = key(pkt.buf, pkt.nh + 16);
    const verdict = this.run(chain, state, pkt);
    if (verdict !== NF_ACCEPT) return verdict;
    const same =
      pkt.mark === mark &&
      pkt.buf[pkt.nh + 1] === tos &&
      key(pkt.buf, pkt.nh + 12) === saddr &&
      key(pkt.buf, pkt.nh + 16) === daddr;
    return same || this.host.reroute(pkt) ? NF_ACCEPT : 0;
  }
}
