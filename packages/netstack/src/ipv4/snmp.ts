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
  IcmpInDestUnreachs = 0;
  IcmpInTimeExcds = 0;
  IcmpInParmProbs = 0;
  IcmpInRedirects = 0;
  IcmpInEchos = 0;
  IcmpInEchoReps = 0;
  IcmpInTimestamps = 0;
  IcmpInTimestampReps = 0;
  IcmpOutMsgs = 0;
  IcmpOutErrors = 0;
  IcmpOutRateLimitGlobal = 0;
  IcmpOutRateLimitHost = 0;
  IcmpOutDestUnreachs = 0;
  IcmpOutTimeExcds = 0;
  IcmpOutParmProbs = 0;
  IcmpOutRedirects = 0;
  IcmpOutEchos = 0;
  IcmpOutEchoReps = 0;
  IcmpOutTimestamps = 0;
  IcmpOutTimestampReps = 0;
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
  /** IcmpMsgInType<n> and IcmpMsgOutType<n>, by type. */
  readonly icmpMsgIn = new Map<number, number>();
  readonly icmpMsgOut = new Map<number, number>();

  /** All counters that are not zero, by nstat name. */
  snapshot(): Record<string, number> {
    const out: Record<string, number> = {};
    for (const [name, value] of Object.entries(this)) if (typeof value === "number" && value !== 0) out[name] = value;
    for (const [type, n] of this.icmpMsgIn) out[`IcmpMsgInType${type}`] = n;
    for (const [type, n] of this.icmpMsgOut) out[`IcmpMsgOutType${type}`] = n;
    return out;
  }
}
