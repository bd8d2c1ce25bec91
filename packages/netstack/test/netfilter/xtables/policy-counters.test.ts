// What counts what meets a policy, and when it begins anew: seen with iptables 1.8.9 on Linux 6.18.
import { describe, expect, it } from "vitest";
import { applyBatch } from "../../../src/rtnl/apply.ts";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { udpOpen } from "../../../src/sock/udp.ts";
import type { XtBackendName } from "../../../src/rtnl/batch.ts";

class Host {
  readonly ns = new NetNamespace(new World(1), "a");
  readonly #backend: XtBackendName;

  constructor(backend: XtBackendName) {
    this.#backend = backend;
    applyBatch(this.ns, { agent: "test", ops: [{ op: "link-set", dev: "lo", up: true }] });
  }

  iptables(line: string): void {
    const { stderr } = this.ns.xt.backend(this.#backend).command(line.split(" "));
    if (stderr !== "") throw new Error(stderr);
  }

  restore(text: string): void {
    const error = this.ns.xt.backend(this.#backend).restore(text, { noflush: true });
    if (error !== null) throw new Error(error.message);
  }

  /** A datagram to itself; what INPUT's policy and its first rule have counted. */
  sends(): readonly [policy: number, rule: number] {
    const sock = udpOpen(this.ns, { port: 5000, onData: () => undefined });
    sock.sendTo(new Uint8Array(1), "127.0.0.1", 5000);
    sock.close();
    this.ns.world.softirq();
    const rows = this.ns.xt
      .backend(this.#backend)
      .counters()
      .filter(({ chain }) => chain === "INPUT");
    return [rows[0]?.packets ?? -1, rows[1]?.packets ?? -1];
  }
}

describe("iptables-nft", () => {
  it("counts only once somebody has spoken of the policy", () => {
    const host = new Host("nft");
    host.iptables("-A INPUT -s 127.0.0.1");
    expect(host.sends()).toEqual([0, 1]);
    host.iptables("-A INPUT -s 10.0.0.1");
    expect(host.sends()).toEqual([0, 2]);
    host.iptables("-P INPUT ACCEPT");
    expect(host.sends()).toEqual([1, 3]);
    host.iptables("-A INPUT -s 10.0.0.2");
    expect(host.sends()).toEqual([2, 4]);
    host.restore("*filter\n:INPUT - [0:0]\nCOMMIT\n");
    expect(host.sends()).toEqual([1, 5]);
  });

  it("begins to count with -Z", () => {
    const host = new Host("nft");
    host.iptables("-A INPUT -s 127.0.0.1");
    host.iptables("-Z");
    expect(host.sends()).toEqual([1, 1]);
  });
});

describe("iptables-legacy", () => {
  it("counts from the start, and anew after any change of the table", () => {
    const host = new Host("legacy");
    host.iptables("-A INPUT -s 127.0.0.1");
    expect(host.sends()).toEqual([1, 1]);
    expect(host.sends()).toEqual([2, 2]);
    host.iptables("-A FORWARD -s 10.0.0.1");
    expect(host.sends()).toEqual([1, 3]);
    host.restore("*filter\n:INPUT - [0:0]\nCOMMIT\n");
    expect(host.sends()).toEqual([2, 4]);
  });
});
