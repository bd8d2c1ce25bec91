// -m udp and -m sctp: ports (net/netfilter/xt_tcpudp.c: udp_mt, net/netfilter/xt_sctp.c). SCTP chunk types are not modelled.

import { getU16 } from "../../../wire/bytes.ts";
import type { MatchExtension } from "../extension.ts";
import type { PortRange } from "../syntax.ts";
import {
  isAnyPort,
  listPorts,
  mergePorts,
  parseAnyPortRange,
  parsePortRange,
  portMatches,
  savePorts,
} from "../syntax.ts";
import { PORT_OPTIONS } from "./port-options.ts";

const UDP = 17;

interface PortParams {
  readonly sport: PortRange | null;
  readonly dport: PortRange | null;
}

/** add_nft_udp: a match that asks for nothing is left to the xt match. SCTP has no such form. */
function mergeUdp(a: PortParams, b: PortParams): PortParams | null {
  const native = (p: PortParams): boolean => !isAnyPort(p.sport) || !isAnyPort(p.dport);
  if (!native(a) || !native(b)) return null;
  return { sport: mergePorts(a.sport, b.sport), dport: mergePorts(a.dport, b.dport) };
}

function portMatch(name: string, protocol: number, headerLen: number): MatchExtension<PortParams> {
  const range = (text: string | undefined, invert: boolean): PortRange | null => {
    if (text === undefined) return null;
    return protocol === UDP ? parseAnyPortRange(text, invert) : parsePortRange(text, protocol, invert);
  };
  return {
    name,
    protocol,
    options: PORT_OPTIONS,
    parse(o) {
      const sport = o.value("source-port");
      const dport = o.value("destination-port");
      return {
        sport: range(sport, o.inverted("source-port")),
        dport: range(dport, o.inverted("destination-port")),
      };
    },
    ...(protocol === UDP ? { nftMerge: mergeUdp } : {}),
    save: (p) => savePorts("sport", p.sport, name === "sctp") + savePorts("dport", p.dport, name === "sctp"),
    list: (p, numeric) =>
      name + listPorts("spt", p.sport, protocol, numeric) + listPorts("dpt", p.dport, protocol, numeric),
    test(p, c) {
      if (c.fragOff !== 0) return false;
      if (!c.hasTransport(headerLen)) {
        // nft_payload: what is there is compared, what is not breaks the rule.
        if (c.payload && protocol === UDP)
          return (
            (p.sport === null || (c.hasTransport(2) && portMatches(p.sport, getU16(c.buf, c.thoff)))) &&
            (p.dport === null || (c.hasTransport(4) && portMatches(p.dport, getU16(c.buf, c.thoff + 2))))
          );
        c.hotdrop = true;
        return false;
      }
      return portMatches(p.sport, getU16(c.buf, c.thoff)) && portMatches(p.dport, getU16(c.buf, c.thoff + 2));
    },
  };
}

export const udpMatch = portMatch("udp", 17, 8);
export const sctpMatch = portMatch("sctp", 132, 12);
