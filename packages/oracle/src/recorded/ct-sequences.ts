// Sequences of TCP packets of one connection that is routed without NAT, and what conntrack said after the last of each: state,
// whether the packet went on, ASSURED and SEEN_REPLY, remaining time in seconds.

import { applyBatch, Conntrack, conntrackCommand, NetNamespace, packetSend, World } from "@kubehop/netstack";
import type { ConfigOp, NetDevice } from "@kubehop/netstack";
import { ctStateName, IPS_ASSURED, IPS_SEEN_REPLY } from "@kubehop/netstack";
import * as z from "zod";
import { ethernet, ipv4, tcp } from "../fuzz/frames.ts";
import type { Difference } from "./compare.ts";
import type { Corpus, CorpusCase } from "./corpus.ts";
import { RecordingError } from "./corpus.ts";

const row = z.tuple([z.string().nullable(), z.boolean(), z.array(z.string()), z.number().nullable()]);
type Row = z.infer<typeof row>;

export const ctSequencesSchema = z.strictObject({
  kernel: z.string().optional(),
  columns: z.tuple([z.literal("state"), z.literal("forwarded"), z.literal("flags"), z.literal("timeout")]),
  /** `oS rSA oA` → what was seen after its last packet. */
  seq: z.record(z.string().regex(/^[or][SAFR]+( [or][SAFR]+)*$/), row),
});

export type CtSequences = z.infer<typeof ctSequencesSchema>;

export function ctSequencesCorpus(recording: CtSequences): Corpus {
  const lab = new SequenceLab();
  const cases = Object.entries(recording.seq).map(([key, want]): CorpusCase => ({
    name: key,
    packets: key.split(" ").length,
    replay: () => differences(want, lab.play(key.split(" "))),
  }));
  return { kernel: recording.kernel ?? null, cases };
}

/** Seconds by which a remaining time may be off: the recorder asked a moment later. */
const SLACK_S = 1;

function differences(want: Row, got: Row): Difference[] {
  const [a, b] = [want[3], got[3]];
  const timely = a === b || (a !== null && b !== null && Math.abs(a - b) <= SLACK_S);
  const text = (r: Row): string =>
    `${r[0] ?? "no entry"}, ${r[1] ? "" : "not "}forwarded, ${r[2].join(" ") || "no flags"}, ${r[3] ?? "no"} s`;
  const close = [got[0], got[1], got[2], timely ? a : b] satisfies Row;
  if (text(close) === text(want)) return [];
  return [{ what: "conntrack", where: "after the last packet", recorded: text(want), ours: text(got) }];
}

interface End {
  readonly ip: string;
  readonly mac: string;
  readonly gateway: string;
  readonly gatewayMac: string;
  readonly port: number;
}
const FIRST_PORT = 10_000;
/** `o`riginal: a client outside; `r`eply: a pod. Both are one hop from the node. */
const ENDS: Readonly<Record<"o" | "r", End>> = {
  o: {
    ip: "192.168.120.252",
    mac: "00:50:56:9a:d2:4e",
    gateway: "192.168.120.226",
    gatewayMac: "00:50:56:98:55:01",
    port: FIRST_PORT,
  },
  r: {
    ip: "10.1.5.5",
    mac: "0a:58:0a:01:05:05",
    gateway: "10.1.5.1",
    gatewayMac: "0a:58:0a:01:05:01",
    port: 80,
  },
};
/** What kube-proxy's rules say about such packets: an INVALID one goes no further. */
const RULES = "*filter\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
/** Sequence numbers at the start, the recorder's. */
const FIRST_SEQ = { o: 1000, r: 5000 } as const;

class SequenceLab {
  readonly #node: NetNamespace;
  readonly #wires: Readonly<Record<"o" | "r", NetDevice>>;
  #forwarded = false;

  constructor() {
    const world = new World(1);
    this.#node = new NetNamespace(world, "node");
    apply(this.#node, [
      { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
      { op: "link-set", dev: "lo", up: true },
    ]);
    this.#wires = { o: this.#plug("o"), r: this.#plug("r") };
    apply(this.#node, [{ op: "iptables-restore", text: RULES }]);
  }

  #plug(side: "o" | "r"): NetDevice {
    const end = ENDS[side];
    const host = new NetNamespace(this.#node.world, side);
    const dev = `port-${side}`;
    const peer = { name: "eth0", netns: side, address: end.mac };
    apply(this.#node, [
      { op: "link-add", name: dev, address: end.gatewayMac, link: { type: "veth", peer } },
      { op: "addr-add", dev, local: `${end.gateway}/24` },
      { op: "link-set", dev, up: true },
      { op: "neigh-replace", dev, dst: end.ip, lladdr: end.mac, nud: "permanent" },
    ]);
    apply(host, [{ op: "link-set", dev: "eth0", up: true }]);
    host.mute = true;
    const wire = host.devices.byName("eth0");
    if (wire === undefined) throw new RecordingError("no wire");
    wire.taps.push((frame) => {
      if (!frame.out) this.#forwarded = true;
    });
    return wire;
  }

  /** The recorder's numbering: SYN and FIN take one number, an ACK acknowledges all the other side ever sent. */
  play(words: readonly string[]): Row {
    conntrackCommand(this.#node, ["-F"]);
    const next: Record<"o" | "r", number> = { ...FIRST_SEQ };
    for (const word of words) {
      const side = word.startsWith("o") ? "o" : "r";
      const other = side === "o" ? "r" : "o";
      const flags = word.slice(1);
      const frame = segment(ENDS[side], ENDS[other], flags, next[side], flags.includes("A") ? next[other] : 0);
      if (/[SF]/.test(flags)) next[side]++;
      this.#forwarded = false;
      this.#node.world.clock.renewBudget();
      packetSend(this.#wires[side], Uint8Array.from(Buffer.from(frame, "hex")));
    }
    return this.#observe();
  }

  #observe(): Row {
    const [ct] = this.#node.ct.list();
    if (ct === undefined) return [null, this.#forwarded, [], null];
    return [ctStateName(ct) ?? null, this.#forwarded, flagsOf(ct), Math.floor(ct.remaining / 1000)];
  }
}

function flagsOf(ct: Conntrack): string[] {
  return [...(ct.has(IPS_ASSURED) ? ["ASSURED"] : []), ...(ct.has(IPS_SEEN_REPLY) ? ["SEEN_REPLY"] : [])];
}

function segment(from: End, to: End, flags: string, seq: number, ack: number): string {
  const body = tcp(from.ip, to.ip, { sport: from.port, dport: to.port, seq, ack, flags }, Buffer.alloc(0));
  return ethernet(
    from.gatewayMac,
    from.mac,
    0x0800,
    ipv4({ src: from.ip, dst: to.ip, protocol: 6, id: 0x1234, df: true }, body),
  );
}

function apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
  const error = applyBatch(ns, { agent: "recording", ops });
  if (error !== null) throw new RecordingError(`${JSON.stringify(ops[error.index])}: ${error.message}`);
}
