// A way to draw each modelled match: every option, values at their edges, spellings that are not canonical.

import type { Hook } from "../fuzz/rule-samples.ts";
import type { Words } from "./words.ts";
import { quoted } from "./words.ts";

/** Where a rule is drawn for. */
export interface Place {
  readonly kind: "legacy" | "nft";
  readonly table: string;
  /** Hooks from which the chain is reached. */
  readonly hooks: readonly Hook[];
  /** Protocol that the rule names without `!`; null: none. */
  readonly protocol: string | null;
}

export interface Draw {
  /** Only with `-p` of one of these. */
  readonly protocols?: readonly string[];
  readonly tables?: readonly string[];
  /** Every hook of the place must be one of these. */
  readonly hooks?: readonly Hook[];
  /** Options, without `-m NAME` or `-j NAME`. */
  words(w: Words, place: Place): string;
}

/** Sets that stand in every namespace in which rules are loaded. */
export const RULE_SETS = ["hosts", "ports", "pairs", "a-rather-long-name-of-31-letter"] as const;

const IN_HOOKS: readonly Hook[] = ["PREROUTING", "INPUT", "FORWARD"];
const TCP_FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
const STATES = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"];
const ADDR_TYPES =
  "UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT THROW NAT XRESOLVE".split(" ");
const MULTIPORT_PROTOCOLS = ["tcp", "udp", "sctp"];

/** The given options in a random order. */
function mixed(w: Words, options: readonly string[]): string {
  return w.shuffled(options).join(" ");
}

/** At least one of the options. */
function some(w: Words, options: readonly (() => string)[], p = 0.4): string {
  const chosen = w.some(p, options);
  return mixed(
    w,
    (chosen.length === 0 ? [w.pick(options)] : chosen).map((option) => option()),
  );
}

/** Names that /etc/services has for the protocol. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  tcp: ["ssh", "http", "https", "domain"],
  udp: ["ssh", "http", "https", "domain", "ntp"],
};

/** iptables-nft turns round a range that begins or ends where ports do: `! --sport :5` is listed as `--sport 6:65535`. Open. */
function portOptions(w: Words, { kind, protocol }: Place): (() => string)[] {
  const option = (names: readonly string[]) => (): string => {
    const ports = w.ports(":", SERVICES[protocol ?? ""]);
    const isEnd = /^0?:|:(65535)?$/.test(ports);
    return `${kind === "nft" && isEnd ? "" : w.bang()}--${w.pick(names)} ${ports}`;
  };
  return [option(["sport", "source-port"]), option(["dport", "destination-port"])];
}

/** A mask of no flags is lost by iptables-nft. Open. */
function tcpFlags(w: Words, { kind }: Place): string {
  if (w.chance(0.3)) return `${w.bang()}--syn`;
  const list = (words: readonly string[]): string => (w.chance(0.1) ? w.pick(words) : w.several(TCP_FLAGS).join(","));
  return `${w.bang()}--tcp-flags ${list(kind === "nft" ? ["ALL"] : ["ALL", "NONE"])} ${list(["ALL", "NONE"])}`;
}

function conntrackOptions(w: Words): (() => string)[] {
  const addr = (option: string) => (): string => `${w.bang()}--${option} ${w.network(true)}`;
  const ports = (option: string) => (): string => `${w.bang()}--${option} ${w.ports(":", ["http", "ssh"])}`;
  const expire = (): string => {
    const [from, to] = w.ordered(0, 0xffffffff);
    return `${w.bang()}--ctexpire ${w.pick([`${from}`, `${from}:${to}`, `${from}:`, `:${to}`])}`;
  };
  return [
    () => `${w.bang()}--ctstate ${w.several([...STATES, "SNAT", "DNAT"]).join(",")}`,
    () => `${w.bang()}--ctproto ${w.pick(["tcp", "udp", "6", "47", "255"])}`,
    ...["ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst"].map(addr),
    ...["ctorigsrcport", "ctorigdstport", "ctreplsrcport", "ctrepldstport"].map(ports),
    () => `${w.bang()}--ctstatus ${w.pick(["NONE", "EXPECTED,SEEN_REPLY", "ASSURED", "CONFIRMED,ASSURED"])}`,
    expire,
    () => `--ctdir ${w.pick(["ORIGINAL", "REPLY"])}`,
  ];
}

function recent(w: Words): string {
  const action = w.pick(["set", "rcheck", "update", "remove"]);
  const asks = action === "rcheck" || action === "update";
  return [
    `${w.bang()}--${action}`,
    ...(asks && w.chance(0.5) ? [`--seconds ${w.number(1, 100000)}`, ...w.some(0.5, ["--reap"])] : []),
    ...(asks && w.chance(0.5) ? [`--hitcount ${w.number(1, 200)}`] : []),
    ...(asks && w.chance(0.3) ? ["--rttl"] : []),
    ...(w.chance(0.7) ? [`--name ${w.pick(["DEFAULT", "a", "web-1", "x.y_z", "KUBE-SVC-ABCDEFGH"])}`] : []),
    ...(w.chance(0.5) ? [`--mask ${w.pick(["255.255.255.255", "255.255.255.0", "0.0.0.0"])}`] : []),
    ...(w.chance(0.6) ? [w.pick(["--rsource", "--rdest"])] : []),
  ].join(" ");
}

function physdev(w: Words, { hooks }: Place): string {
  const options = [
    () => w.devicePattern("--physdev-in"),
    () => `${w.bang()}--physdev-is-in`,
    () => `${w.bang()}--physdev-is-bridged`,
  ];
  // The kernel takes no question about the port of departure before it is known.
  if (!hooks.includes("OUTPUT"))
    options.push(
      () => w.devicePattern("--physdev-out"),
      () => `${w.bang()}--physdev-is-out`,
    );
  return some(w, options);
}

function multiport(w: Words): string {
  const form = w.pick(["sports", "dports", "ports", "source-ports", "destination-ports"]);
  let room = 15;
  const items: string[] = [];
  for (let wanted = w.number(1, 15); wanted > 0 && room > 1; wanted--) {
    const [from, to] = w.ordered(0, 65535);
    const isRange = from < to && w.chance(0.3);
    items.push(isRange ? `${from}:${to}` : String(from));
    room -= isRange ? 2 : 1;
  }
  return `${w.bang()}--${form} ${items.join(",")}`;
}

/** A burst that is too large for the rate is refused by both, and with it all rules of the state: the large ones are rare. */
function limit(w: Words): string {
  const unit = w.pick(["second", "sec", "s", "minute", "min", "hour", "h", "day", "d"]);
  const count = w.number(1, unit.startsWith("s") ? 10000 : 5000);
  const burst = w.chance(0.5) ? ` --limit-burst ${w.number(1, w.chance(0.9) ? 20 : 10000)}` : "";
  return `--limit ${count}/${unit}${burst}`;
}

function matchSet(w: Words): string {
  const dirs = w.several(["src", "dst", "src", "dst", "src", "dst"], 3).join(",");
  const counterTest = (what: string): string[] => {
    if (w.chance(0.75)) return [];
    const op = w.pick(["eq", "lt", "gt"]);
    return [`${op === "eq" ? w.bang() : ""}--${what}-${op} ${w.number(0, 0xffffffff)}`];
  };
  return [
    `${w.bang()}--match-set ${w.pick(RULE_SETS)} ${dirs}`,
    ...w.some(0.2, ["--return-nomatch", "! --update-counters", "! --update-subcounters"]),
    ...counterTest("packets"),
    ...counterTest("bytes"),
  ].join(" ");
}

function statistic(w: Words): string {
  if (w.chance(0.5)) {
    const share = w.pick(["0", "1", "0.5", "0.33333333349", "0.00000000047", "0.1", w.below(1e9) / 1e9]);
    return `--mode random ${w.bang()}--probability ${share}`;
  }
  const every = w.number(1, 0xffffffff);
  return `--mode nth ${w.bang()}--every ${every} --packet ${w.below(every)}`;
}

function addrtype(w: Words, { hooks }: Place): string {
  const types = (): string => w.several(ADDR_TYPES.slice(0, 9), 4).join(",");
  const sides = some(w, [() => `${w.bang()}--src-type ${types()}`, () => `${w.bang()}--dst-type ${types()}`]);
  if (w.chance(0.7)) return sides;
  if (hooks.every((hook) => IN_HOOKS.includes(hook))) return `${sides} --limit-iface-in`;
  return hooks.every((hook) => hook !== "PREROUTING" && hook !== "INPUT") ? `${sides} --limit-iface-out` : sides;
}

function icmpType(w: Words): string {
  const type = w.pick([
    "any",
    "echo-request",
    "ping",
    "TOS-host-redirect",
    "network-unreachable",
    "ttl-exceeded",
    null,
  ]);
  if (type !== null) return type;
  const number = w.number(0, 254);
  return w.chance(0.5) ? String(number) : `${number}/${w.number(0, 255)}`;
}

function comment(w: Words): string {
  if (w.chance(0.1))
    return w.pick(["", "a\tb", "two words", 'say "hi"', "it's", "back\\slash", "\\", '"', "é€", "default/web:http"]);
  return w.text(255);
}

export const MATCH_DRAWS: Readonly<Record<string, Draw>> = {
  tcp: {
    protocols: ["tcp"],
    words: (w, place) =>
      some(w, [
        ...portOptions(w, place),
        () => tcpFlags(w, place),
        () => `${w.bang()}--tcp-option ${w.number(1, 255)}`,
      ]),
  },
  udp: { protocols: ["udp"], words: (w, place) => some(w, portOptions(w, place)) },
  sctp: { protocols: ["sctp"], words: (w, place) => some(w, portOptions(w, place)) },
  icmp: { protocols: ["icmp"], words: (w) => `${w.bang()}--icmp-type ${icmpType(w)}` },
  comment: { words: (w) => `--comment ${quoted(comment(w))}` },
  mark: { words: (w) => `${w.bang()}--mark ${w.mark()}` },
  connmark: { words: (w) => `${w.bang()}--mark ${w.mark()}` },
  conntrack: { words: (w) => some(w, conntrackOptions(w), 0.2) },
  state: { words: (w) => `${w.bang()}--state ${w.several(STATES).join(",")}` },
  addrtype: { words: addrtype },
  statistic: { words: statistic },
  recent: { words: recent },
  set: { words: matchSet },
  physdev: { words: physdev },
  multiport: { protocols: MULTIPORT_PROTOCOLS, words: multiport },
  limit: { words: limit },
  mac: { hooks: IN_HOOKS, words: (w) => `${w.bang()}--mac-source ${w.mac()}` },
  iprange: {
    words: (w) =>
      some(w, [
        () => `${w.bang()}--src-range ${w.chance(0.2) ? w.addr() : w.addrRange()}`,
        () => `${w.bang()}--dst-range ${w.addrRange()}`,
      ]),
  },
  length: {
    words: (w) => {
      const [from, to] = w.ordered(0, 65535);
      return `${w.bang()}--length ${w.pick([`${from}:${to}`, String(from), `${from}:`, `:${to}`])}`;
    },
  },
  ttl: {
    words: (w) =>
      w.pick([
        () => `${w.bang()}--${w.pick(["ttl-eq", "ttl"])} ${w.number(0, 255)}`,
        () => `--ttl-lt ${w.number(0, 255)}`,
        () => `--ttl-gt ${w.number(0, 255)}`,
      ])(),
  },
  dscp: {
    words: (w) =>
      w.chance(0.5)
        ? `${w.bang()}--dscp ${w.written(w.number(0, 63))}`
        : `${w.bang()}--dscp-class ${w.pick(["CS0", "cs7", "AF11", "AF43", "BE", "EF"])}`,
  },
  pkttype: { words: (w) => `${w.bang()}--pkt-type ${w.pick(["unicast", "broadcast", "multicast", "host", "bcast"])}` },
};
