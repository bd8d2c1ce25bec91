// Deciding a connection's mapping, once per kind, on its first packet (nf_nat_setup_info of nf_nat_core.c).

import type { Verdict } from "../hooks.ts";
import { NF_ACCEPT, NF_DROP } from "../hooks.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import { IPS_CONFIRMED, IPS_DST_NAT, IPS_DST_NAT_DONE, IPS_SRC_NAT, IPS_SRC_NAT_DONE } from "../conntrack/conntrack.ts";
import { nfCtInvertTuple, nfCtTupleEqual, Tuple } from "../conntrack/tuple.ts";
import type { NatManip, NatRange } from "./nat-range.ts";
import { addrRange, NF_NAT_MANIP_SRC } from "./nat-range.ts";
import type { UniqueTupleEnv } from "./unique-tuple.ts";
import { getUniqueTuple } from "./unique-tuple.ts";

/** The two tuples a choice works on, reused. */
export interface NatSetupEnv extends UniqueTupleEnv {
  readonly current: Tuple;
  readonly chosen: Tuple;
}

/** nf_nat_initialized: this kind of mapping has been decided. */
export function nfNatInitialized(ct: Conntrack, manip: NatManip): boolean {
  return (ct.status & (manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE)) !== 0;
}

/** nf_nat_setup_info: map the connection into `range`. A confirmed connection keeps what it has. */
export function nfNatSetupInfo(env: NatSetupEnv, ct: Conntrack, range: NatRange, manip: NatManip): Verdict {
  if ((ct.status & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
  if (nfNatInitialized(ct, manip)) return NF_DROP;
  // What leaves now is the inverse of the answer that is expected.
  if (!nfCtInvertTuple(env.current, ct.reply)) return NF_DROP;
  getUniqueTuple(env, env.chosen, env.current, range, ct, manip);
  const isSrc = manip === NF_NAT_MANIP_SRC;
  if (!nfCtTupleEqual(env.chosen, env.current)) {
    // nf_conntrack_alter_reply: from now on the answer is recognised as it will come.
    nfCtInvertTuple(ct.reply, env.chosen);
    ct.status |= isSrc ? IPS_SRC_NAT : IPS_DST_NAT;
  }
  if (isSrc) env.bySource.add(ct);
  ct.status |= isSrc ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
  return NF_ACCEPT;
}

/** nf_nat_alloc_null_binding: no rule wants a mapping; the address stays, the source port may still have to change. */
export function nfNatAllocNullBinding(env: NatSetupEnv, ct: Conntrack, manip: NatManip): Verdict {
  return nfNatSetupInfo(env, ct, addrRange(manip === NF_NAT_MANIP_SRC ? ct.reply.dst : ct.reply.src), manip);
}
