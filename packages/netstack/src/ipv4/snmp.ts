// Counters as `nstat` names them (/proc/net/snmp, netstat). One object per namespace; transport layers count here too.

/** Counters of one namespace. Unset is zero; names as in nstat: IpInReceives, IcmpOutMsgs, TcpExtListenDrops … */
export class SnmpMib {
  IpInReceives = 0;
  IpInHdrErrors = 0;
  IpInAddrErrors = 0;
  IpForwDatagrams = 0;
  IpInUnknownProtos = 0;
  IpInDiscards = 0;
  IpInDelivers = 0;
  IpOutRequests = 0;
  IpOutTransmits = 0;
  IpOutDiscards = 0;
  IpOutNoRoutes = 0;
  IpReasmTimeout = 0;
  IpReasmReqds = 0;
  IpReasmOKs = 0;
  IpReasmFails = 0;
  IpFragOKs = 0;
  IpFragFails = 0;
  IpFragCreates = 0;
  IpExtInNoRoutes = 0;
  IpExtInTruncatedPkts = 0;
  IpExtInCsumErrors = 0;
  IpExtInMcastPkts = 0;
  IpExtInMcastOctets = 0;
  IpExtInBcastPkts = 0;
  IpExtInBcastOctets = 0;
  IcmpInMsgs = 0;
  IcmpInErrors = 0;
  IcmpInCsumErrors = 0;
  IcmpOutMsgs = 0;
  IcmpOutErrors = 0;
  IcmpOutRateLimitGlobal = 0;
  IcmpOutRateLimitHost = 0;
  UdpInDatagrams = 0;
  UdpNoPorts = 0;
  UdpInErrors = 0;
  UdpOutDatagrams = 0;
  UdpInCsumErrors = 0;
  UdpIgnoredMulti = 0;
  TcpActiveOpens = 0;
  TcpPassiveOpens = 0;
  TcpAttemptFails = 0;
  TcpEstabResets = 0;
  TcpInSegs = 0;
  TcpOutSegs = 0;
  TcpRetransSegs = 0;
  TcpInErrs = 0;
  TcpOutRsts = 0;
  TcpInCsumErrors = 0;
  TcpExtIPReversePathFilter = 0;
  /** ICMP messages by type: IcmpMsgInType<n>, IcmpMsgOutType<n>, and the words of RFC 1213 derived from them. */
  readonly icmpMsgIn = new Map<number, number>();
  readonly icmpMsgOut = new Map<number, number>();

  /** All counters that are not zero, by nstat name. */
  snapshot(): Record<string, number> {
    const out: Record<string, number> = {};
    for (const [name, value] of Object.entries(this)) if (typeof value === "number" && value !== 0) out[name] = value;
    icmpRows(out, "In", this.icmpMsgIn);
    icmpRows(out, "Out", this.icmpMsgOut);
    return out;
  }
}

/** Types that /proc/net/snmp lists under a name of their own. */
const ICMP_WORDS: Readonly<Record<number, string>> = {
  0: "EchoReps",
  3: "DestUnreachs",
  4: "SrcQuenchs",
  5: "Redirects",
  8: "Echos",
  11: "TimeExcds",
  12: "ParmProbs",
  13: "Timestamps",
  14: "TimestampReps",
  17: "AddrMasks",
  18: "AddrMaskReps",
};

function icmpRows(out: Record<string, number>, way: "In" | "Out", byType: ReadonlyMap<number, number>): void {
  for (const [type, n] of byType) {
    out[`IcmpMsg${way}Type${type}`] = n;
    const word = ICMP_WORDS[type];
    if (word !== undefined) out[`Icmp${way}${word}`] = n;
  }
}

export function countUp(map: Map<number, number>, key: number): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
