// What random rules are made of: matches and targets as data, with the hooks and tables that allow them. `@host`, `@router`, `@any`,
// `@dev` and `@set` stand for names of the lab. Nothing here depends on a clock coarser than a case, or on chance.

export type Hook = "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING";
export type Table = "raw" | "mangle" | "nat" | "filter";

export const TABLE_HOOKS: Readonly<Record<Table, readonly Hook[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
};

export interface MatchSample {
  readonly texts: readonly string[];
  /** How often, against other samples; 1 unless given. */
  readonly weight?: number;
  /** Only with `-p` of one of these, not negated. */
  readonly protocols?: readonly string[];
  readonly hooks?: readonly Hook[];
  readonly tables?: readonly Table[];
}

const IN: readonly Hook[] = ["PREROUTING", "INPUT", "FORWARD"];
const OUT: readonly Hook[] = ["FORWARD", "OUTPUT", "POSTROUTING"];
const TRACKED: readonly Table[] = ["mangle", "nat", "filter"];

export const PROTOCOLS = ["tcp", "tcp", "udp", "udp", "icmp", "sctp", "47"];

export const MATCHES: readonly MatchSample[] = [
  { texts: ["-s @host", "! -s @host", "-s 10.1.0.0/16", "-s 10.0.0.0/8", "! -s 10.2.0.0/15"], weight: 4 },
  { texts: ["-d @host", "! -d @host", "-d @router", "-d @any", "-d 10.2.0.0/16"], weight: 4 },
  { texts: ["-i @dev", "! -i @dev", "-i e+"], weight: 2, hooks: IN },
  { texts: ["-o @dev", "! -o @dev", "-o e+"], weight: 2, hooks: OUT },
  { texts: ["-f", "! -f"] },
  {
    texts: ["-m tcp --dport 80", "-m tcp --dport 50:90", "-m tcp ! --dport 53", "-m tcp --sport 1000:1030"],
    weight: 4,
    protocols: ["tcp"],
  },
  {
    texts: ["-m tcp --syn", "-m tcp --tcp-flags SYN,RST SYN", "-m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN"],
    weight: 2,
    protocols: ["tcp"],
  },
  { texts: ["-m tcp --tcp-option 2", "-m tcp ! --tcp-option 4"], protocols: ["tcp"] },
  { texts: ["-m udp --dport 80", "-m udp --dport 53:90", "-m udp ! --sport 1000:1020"], weight: 4, protocols: ["udp"] },
  {
    texts: [
      "-m multiport --dports 53,80,8000:9000",
      "-m multiport ! --sports 1001,1003",
      "-m multiport --ports 80,1002:1009",
    ],
    weight: 2,
    protocols: ["tcp", "udp"],
  },
  {
    texts: ["-m icmp --icmp-type 8", "-m icmp --icmp-type 3/3", "-m icmp --icmp-type any", "-m icmp ! --icmp-type 0"],
    weight: 3,
    protocols: ["icmp"],
  },
  { texts: ["-m sctp --dport 80", "-m sctp ! --sport 1001"], protocols: ["sctp"] },
  {
    texts: [
      "-m conntrack --ctstate NEW",
      "-m conntrack --ctstate RELATED,ESTABLISHED",
      "-m conntrack ! --ctstate NEW",
      "-m conntrack --ctstate INVALID",
      "-m conntrack --ctstate DNAT",
      "-m conntrack --ctstate SNAT",
      "-m conntrack --ctdir REPLY",
      "-m conntrack --ctproto 6",
      "-m conntrack --ctorigdst @host",
      "-m conntrack --ctreplsrc @host",
      "-m conntrack --ctorigdstport 80",
      "-m conntrack --ctstatus ASSURED",
      "-m conntrack --ctstatus SEEN_REPLY",
    ],
    weight: 4,
    tables: TRACKED,
  },
  { texts: ["-m state --state NEW", "-m state --state RELATED,ESTABLISHED"], tables: TRACKED },
  {
    texts: ["-m mark --mark 0x1/0x1", "-m mark ! --mark 0x2/0x2", "-m mark --mark 0x0/0xff", "-m mark --mark 0x10"],
    weight: 2,
  },
  { texts: ["-m connmark --mark 0x1/0x1", "-m connmark --mark 0x0"], tables: TRACKED },
  {
    texts: [
      "-m addrtype --dst-type LOCAL",
      "-m addrtype ! --dst-type LOCAL",
      "-m addrtype --src-type UNICAST",
      "-m addrtype --dst-type BROADCAST",
    ],
    weight: 2,
  },
  { texts: ["-m addrtype --dst-type LOCAL --limit-iface-in"], hooks: ["PREROUTING", "INPUT", "FORWARD"] },
  { texts: ["-m iprange --src-range 10.1.0.1-10.1.0.9", "-m iprange ! --dst-range 10.2.0.0-10.2.0.9"] },
  { texts: ["-m length --length 0:50", "-m length --length 60:2000", "-m length ! --length 40"] },
  { texts: ["-m ttl --ttl-eq 64", "-m ttl --ttl-lt 10", "-m ttl --ttl-gt 63"] },
  { texts: ["-m tos --tos 0x10/0x3f", "-m tos ! --tos 0x00/0xff"] },
  { texts: ["-m dscp --dscp 0x0a", "-m dscp ! --dscp 0x00"] },
  {
    texts: ["-m statistic --mode nth --every 2 --packet 0", "-m statistic --mode nth --every 3 --packet 1"],
    weight: 2,
  },
  {
    texts: [
      "-m recent --set --name a --mask 255.255.255.255 --rsource",
      "-m recent --rcheck --name a --mask 255.255.255.255 --rsource",
      "-m recent --update --seconds 600 --hitcount 2 --name a --mask 255.255.255.255 --rsource",
      "-m recent --remove --name a --mask 255.255.255.255 --rsource",
      "-m recent --rcheck --name a --mask 255.255.255.255 --rdest",
    ],
    weight: 2,
  },
  {
    texts: [
      "-m limit --limit 1/hour --limit-burst 3",
      "-m limit --limit 2/day --limit-burst 2",
      "-m limit --limit 1/hour --limit-burst 119",
    ],
  },
  {
    texts: [
      "-m physdev --physdev-in vA",
      "-m physdev ! --physdev-in vA",
      "-m physdev --physdev-is-bridged",
      "-m physdev --physdev-is-in",
    ],
    hooks: ["PREROUTING", "FORWARD", "POSTROUTING"],
  },
  {
    texts: [
      "-m set --match-set @set",
      "-m set --match-set @set",
      "-m set ! --match-set @set",
      "-m set --match-set @set --return-nomatch",
      "-m set --match-set @set --packets-gt 1",
      "-m set --match-set @set ! --update-counters --bytes-lt 200",
      "-m set --match-set @set ! --update-subcounters",
    ],
    weight: 6,
  },
  { texts: ["-m pkttype --pkt-type unicast", "-m pkttype ! --pkt-type broadcast"] },
  { texts: ["-m mac --mac-source 0a:58:0a:01:00:02"], hooks: IN },
  { texts: ['-m comment --comment "two words"', "-m comment --comment one"] },
];

export interface TargetSample {
  readonly texts: readonly string[];
  readonly weight?: number;
  readonly protocols?: readonly string[];
  readonly hooks?: readonly Hook[];
  readonly tables?: readonly Table[];
}

const DNAT_HOOKS: readonly Hook[] = ["PREROUTING", "OUTPUT"];

export const TARGETS: readonly TargetSample[] = [
  { texts: ["-j ACCEPT", "-j RETURN"], weight: 3 },
  { texts: ["-j DROP"], weight: 1, tables: ["raw", "mangle", "filter"] },
  {
    texts: [
      "-j REJECT --reject-with icmp-port-unreachable",
      "-j REJECT --reject-with icmp-host-prohibited",
      "-j REJECT --reject-with icmp-net-unreachable",
      "-j REJECT --reject-with icmp-admin-prohibited",
    ],
    weight: 2,
    tables: ["filter"],
  },
  { texts: ["-j REJECT --reject-with tcp-reset"], tables: ["filter"], protocols: ["tcp"] },
  {
    texts: [
      "-j MARK --set-xmark 0x1/0xff",
      "-j MARK --set-xmark 0x2/0x2",
      "-j MARK --set-xmark 0x0/0x1",
      "-j MARK --set-xmark 0x10/0x0",
    ],
    weight: 3,
    tables: ["mangle"],
  },
  { texts: ["-j MARK --set-xmark 0x1/0x1"], tables: ["filter", "raw", "nat"] },
  {
    texts: [
      "-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff",
      "-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
      "-j CONNMARK --set-xmark 0x1/0x1",
    ],
    weight: 2,
    tables: ["mangle"],
  },
  { texts: ["-j TTL --ttl-set 33", "-j TTL --ttl-dec 2", "-j TTL --ttl-inc 1"], tables: ["mangle"] },
  { texts: ["-j DSCP --set-dscp 0x0a"], tables: ["mangle"] },
  { texts: ["-j TOS --set-tos 0x10/0xff"], tables: ["mangle"] },
  {
    texts: ["-j TCPMSS --clamp-mss-to-pmtu"],
    tables: ["mangle"],
    protocols: ["tcp-syn"],
    hooks: ["FORWARD", "POSTROUTING"],
  },
  { texts: ["-j TCPMSS --set-mss 1000"], tables: ["mangle"], protocols: ["tcp-syn"] },
  { texts: ["-j CHECKSUM --checksum-fill"], tables: ["mangle"] },
  { texts: ["-j DNAT --to-destination @host"], weight: 6, tables: ["nat"], hooks: DNAT_HOOKS },
  {
    texts: [
      "-j DNAT --to-destination @host:8080",
      "-j DNAT --to-destination @host:53",
      "-j DNAT --to-destination :8080",
    ],
    weight: 5,
    tables: ["nat"],
    hooks: DNAT_HOOKS,
    protocols: ["tcp", "udp"],
  },
  { texts: ["-j REDIRECT"], weight: 1, tables: ["nat"], hooks: DNAT_HOOKS },
  { texts: ["-j REDIRECT --to-ports 9090"], weight: 1, tables: ["nat"], hooks: DNAT_HOOKS, protocols: ["tcp", "udp"] },
  { texts: ["-j NETMAP --to 10.2.0.0/24"], tables: ["nat"], hooks: DNAT_HOOKS },
  { texts: ["-j MASQUERADE"], weight: 6, tables: ["nat"], hooks: ["POSTROUTING"] },
  {
    texts: ["-j SNAT --to-source @router", "-j SNAT --to-source 10.9.0.7", "-j SNAT --to-source @host"],
    weight: 5,
    tables: ["nat"],
    hooks: ["POSTROUTING"],
  },
  { texts: ["-j SNAT --to-source 10.9.0.8"], tables: ["nat"], hooks: ["INPUT"] },
  {
    texts: [
      "-j SET --add-set @set",
      "-j SET --add-set @set --exist",
      "-j SET --add-set @set --exist --timeout 900",
      "-j SET --del-set @set",
      "-j SET --add-set @set --del-set @set",
    ],
    weight: 3,
  },
  { texts: ["-j CT --notrack"], weight: 2, tables: ["raw"] },
  { texts: ["-j CT --zone 5", "-j CT --zone-orig 7"], tables: ["raw"] },
];

/** Ways to write the protocol for a target that needs one. */
export const PROTOCOL_WORDS: Readonly<Record<string, string>> = {
  "tcp-syn": "-p tcp -m tcp --tcp-flags SYN,RST SYN",
};
