// Switches of the kernel that code on the packet's way reads: modules, sysctls, flags of bridge ports.

import type { Step } from "@kubehop/netstack";
import { dumpLinks } from "@kubehop/netstack";
import { sysctlOf } from "../../steps/rows.ts";
import { type Candidate, typed } from "../candidate.ts";
import type { Clue, Evidence } from "../evidence.ts";
import { isNode, namespaceOf, placeName } from "../places.ts";

/** A sysctl, where it is read, and the values worth trying. */
interface Knob {
  /** Names; DEV stands for the device of the step. */
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly readBy: (clue: Clue) => boolean;
}

const KNOBS: readonly Knob[] = [
  // br_nf_pre_routing: does a bridged frame pass iptables?
  { keys: ["net.bridge.bridge-nf-call-iptables"], values: ["1", "0"], readBy: ({ step }) => step.kind === "fdb" },
  // ip_route_input_slow: a packet that is not for us.
  { keys: ["net.ipv4.ip_forward"], values: ["1"], readBy: ({ step }) => isDropOf(step, /^ip_|INADDR|NOROUTE/) },
  // __fib_validate_source
  {
    keys: ["net.ipv4.conf.all.rp_filter", "net.ipv4.conf.DEV.rp_filter"],
    values: ["0", "2"],
    readBy: ({ step }) => step.kind === "drop" && step.reason === "IP_RPFILTER",
  },
  {
    keys: ["net.ipv4.conf.DEV.accept_local"],
    values: ["1"],
    readBy: ({ step }) => step.kind === "drop" && step.reason === "IP_LOCAL_SOURCE",
  },
  // ip_route_input_slow: martians, unless route_localnet.
  { keys: ["net.ipv4.conf.all.route_localnet"], values: ["1", "0"], readBy: ({ packet }) => isLoopback(packet) },
  // arp_process: who answers for which address.
  {
    keys: ["arp_ignore", "arp_announce", "arp_filter"].flatMap((name) => [
      `net.ipv4.conf.all.${name}`,
      `net.ipv4.conf.DEV.${name}`,
    ]),
    values: ["0"],
    readBy: ({ packet }) => packet?.protocol === "arp",
  },
  // tcp_in_window, tcp_new: what conntrack calls INVALID.
  {
    keys: ["net.netfilter.nf_conntrack_tcp_be_liberal", "net.netfilter.nf_conntrack_tcp_loose"],
    values: ["1"],
    readBy: ({ step }) => step.kind === "ct" && step.state === "INVALID",
  },
];

function isDropOf(step: Step, pattern: RegExp): boolean {
  return step.kind === "drop" && (pattern.test(step.reason) || pattern.test(step.fn));
}

function isLoopback(packet: Clue["packet"]): boolean {
  return packet !== undefined && (packet.dst.startsWith("127.") || packet.src.startsWith("127."));
}

export function sysctlCandidates(clue: Clue, { cluster }: Evidence): Candidate[] {
  const ns = namespaceOf(cluster, clue.step.ns);
  const place = placeName(cluster, clue.step.ns);
  if (ns === undefined || place === undefined) return [];
  const everywhere = isNode(cluster, clue.step.ns);
  return KNOBS.filter(({ readBy }) => readBy(clue)).flatMap(({ keys, values }) =>
    keysAt(keys, clue).flatMap((key) => {
      const now = sysctlOf(ns, key);
      const others = now === undefined ? [] : values.filter((value) => value !== now);
      return others.map((value) => {
        const touches = value === "0" && key.startsWith("net.bridge.") ? "off" : "switch";
        return typed(place, `sysctl -w ${key}=${value}`, clue.metIn, {
          touches,
          everywhere,
          family: `${key} on ${place}`,
        });
      });
    }),
  );
}

function keysAt(keys: readonly string[], { step }: Clue): string[] {
  const dev = "dev" in step ? step.dev : undefined;
  return keys.flatMap((key) => (key.includes("DEV") ? (dev === undefined ? [] : key.replace("DEV", dev)) : key));
}

/** A bridge forwarded the frame: netfilter sees that if br_netfilter is loaded, and does not if it is not. */
export function moduleCandidates({ step, metIn }: Clue, { cluster }: Evidence): Candidate[] {
  const ns = namespaceOf(cluster, step.ns);
  const place = placeName(cluster, step.ns);
  if (step.kind !== "fdb" || ns === undefined || place === undefined) return [];
  const loaded = sysctlOf(ns, "net.bridge.bridge-nf-call-iptables") !== undefined;
  const command = loaded ? "modprobe -r br_netfilter" : "modprobe br_netfilter";
  const touches = loaded ? "off" : "switch";
  return [typed(place, command, metIn, { touches, everywhere: isNode(cluster, step.ns) })];
}

/** A port that refused the frame, for it came in there. */
export function hairpinCandidates({ step, metIn }: Clue, { cluster }: Evidence): Candidate[] {
  const ns = namespaceOf(cluster, step.ns);
  const place = placeName(cluster, step.ns);
  if (step.kind !== "drop" || ns === undefined || place === undefined) return [];
  return dumpLinks(ns)
    .filter(({ ifname, linkinfo }) => linkinfo.info_slave_data?.["hairpin"] === false && names(step.detail, ifname))
    .map(({ ifname }) => typed(place, `bridge link set dev ${ifname} hairpin on`, metIn, { touches: "switch" }));
}

function names(text: string, word: string): boolean {
  return text.split(/[\s,:]+/).includes(word);
}
