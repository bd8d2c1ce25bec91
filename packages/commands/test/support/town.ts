// A tiny world by the doors alone: a node with a bridge, two pods on it, and a shell at each place.

import type { ConfigOp, ToolVersions } from "@kubehop/netstack";
import { applyBatch, NetNamespace, parseIpv4, World } from "@kubehop/netstack";
import type { KubeAccess, PlaceContext, RunningCommand } from "../../src/index.ts";
import { defaultRegistry, startLine } from "../../src/index.ts";

export interface Result {
  readonly out: string;
  readonly err: string;
  readonly code: number | undefined;
  /** What was told as not modelled, in order. */
  readonly refusals: readonly string[];
  readonly command: RunningCommand;
  /** Virtual ms it took. */
  readonly took: number;
}

const TOOLS: ToolVersions = { iptables: "1.8.9", backend: "nft", iproute2: "6.1", kubectl: "1.28" };

export class Town {
  readonly world = new World("town");
  readonly node = new NetNamespace(this.world, "node1");
  readonly a = new NetNamespace(this.world, "pod-a");
  readonly b = new NetNamespace(this.world, "pod-b");
  readonly registry = defaultRegistry();
  readonly names = new Map<string, string>();
  readonly outside = new Map<string, string>();
  readonly #files = new Map<NetNamespace, Map<string, string>>();
  kube: KubeAccess | undefined;
  tools: ToolVersions = TOOLS;

  constructor() {
    this.apply(this.node, [
      { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
      { op: "link-set", dev: "lo", up: true },
      { op: "link-add", name: "br0", link: { type: "bridge" }, address: "0a:58:0a:01:00:01" },
      { op: "addr-add", dev: "br0", local: "10.1.0.1/24" },
      { op: "link-set", dev: "br0", up: true },
    ]);
    this.plug(this.a, "va", "10.1.0.2/24", "0a:58:0a:01:00:02");
    this.plug(this.b, "vb", "10.1.0.3/24", "0a:58:0a:01:00:03");
  }

  apply(ns: NetNamespace, ops: readonly ConfigOp[]): void {
    const error = applyBatch(ns, { agent: "test", ops });
    if (error !== null) throw new Error(`${JSON.stringify(ops[error.index])}: ${error.message}`);
  }

  private plug(pod: NetNamespace, host: string, local: string, address: string): void {
    this.apply(this.node, [
      {
        op: "link-add",
        name: host,
        link: { type: "veth", peer: { name: "eth0", netns: pod.name, address } },
        address: `02:00:00:00:00:0${local.charAt(7)}`,
      },
      { op: "link-set", dev: host, up: true, master: "br0" },
    ]);
    this.apply(pod, [
      { op: "link-set", dev: "lo", up: true },
      { op: "addr-add", dev: "eth0", local },
      { op: "link-set", dev: "eth0", up: true },
      { op: "route-add", dst: "default", via: "10.1.0.1" },
    ]);
  }

  /** Start a line; output gathers in the result's functions. */
  start(
    ns: NetNamespace,
    line: string,
    stdin = "",
    refuse: (text: string) => void = () => undefined,
  ): { command: RunningCommand; out: () => string; err: () => string } {
    let [out, err] = ["", ""];
    const place: PlaceContext = {
      place: ns.name,
      ns,
      tools: this.tools,
      files: this.files(ns),
      stdin,
      kube: this.kube,
      stdout: (text) => (out += text),
      stderr: (text) => (err += text),
      resolve: (name) => parseIpv4(this.names.get(name) ?? ""),
      readFile: (path) => this.outside.get(path),
      refuse,
    };
    return { command: startLine(place, line, this.registry), out: () => out, err: () => err };
  }

  /** Start a line and let time pass until it has ended, at most `limit` virtual ms. */
  run(ns: NetNamespace, line: string, stdin = "", limit = 600_000): Result {
    const { clock } = this.world;
    const begin = clock.now;
    const refusals: string[] = [];
    const { command, out, err } = this.start(ns, line, stdin, (text) => refusals.push(text));
    while (command.exitCode === undefined && clock.now - begin < limit) if (!clock.runNext()) break;
    return { out: out(), err: err(), code: command.exitCode, refusals, command, took: clock.now - begin };
  }

  files(ns: NetNamespace): Map<string, string> {
    const files = this.#files.get(ns) ?? new Map<string, string>();
    this.#files.set(ns, files);
    return files;
  }
}
