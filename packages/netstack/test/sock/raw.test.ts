import { expect, test } from "vitest";
import { NetNamespace } from "../../src/netns/net-namespace.ts";
import { World } from "../../src/netns/world.ts";
import { applyBatch } from "../../src/rtnl/apply.ts";
import type { ConfigOp } from "../../src/rtnl/batch.ts";
import { rawSend } from "../../src/sock/raw.ts";
import { fromHex, toHex } from "../../src/wire/bytes.ts";

// A raw socket that brings its own header, as net/ipv4/raw.c treats it; the errors were seen on 6.18.

const MAC = "02:00:00:00:00:02";

function host(more: readonly ConfigOp[] = []): { ns: NetNamespace; sent: string[] } {
  const world = new World(1);
  const ns = new NetNamespace(world, "r");
  new NetNamespace(world, "p").mute = true;
  const ops: ConfigOp[] = [
    { op: "link-set", dev: "lo", up: true },
    { op: "link-add", name: "v", link: { type: "veth", peer: { name: "eth0", netns: "p" } } },
    { op: "addr-add", dev: "v", local: "10.0.0.1/24" },
    { op: "link-set", dev: "v", up: true, mtu: 600 },
    { op: "neigh-replace", dev: "v", dst: "10.0.0.2", lladdr: MAC, nud: "permanent" },
  ];
  expect(applyBatch(ns, { agent: "test", ops: [...ops, ...more] })).toBeNull();
  expect(
    applyBatch(world.namespaces.get("p") as NetNamespace, {
      agent: "test",
      ops: [{ op: "link-set", dev: "eth0", up: true }],
    }),
  ).toBeNull();
  const sent: string[] = [];
  ns.devices.byName("v")?.taps.push(({ out, pkt }) => void (out && sent.push(toHex(pkt.bytes(pkt.nh)))));
  return { ns, sent };
}

/** Total length and checksum are left 0: the kernel's business. */
const packet = (src: string, dst: string, id = "0007", data = ""): Uint8Array =>
  fromHex(`45000000${id}000040110000${src}${dst}03e8003500080000${data}`);

test("length and checksum are written, id and source are kept", () => {
  const { ns, sent } = host();
  expect(rawSend(ns, packet("09090909", "0a000002"))).toBeUndefined();
  expect(sent).toEqual(["4500001c0007000040115eb7090909090a00000203e8003500080000"]);
});

test("an empty source is the route's, an empty id is drawn", () => {
  const { ns, sent } = host();
  expect(rawSend(ns, packet("00000000", "0a000002", "0000"))).toBeUndefined();
  expect(sent[0]?.slice(24, 32)).toBe("0a000001");
  expect(sent[0]?.slice(8, 12)).not.toBe("0000");
});

test.each([
  ["EINVAL", new Uint8Array(12), []],
  ["EMSGSIZE", packet("0a000001", "0a000002", "0007", "00".repeat(600)), []],
  ["EACCES", packet("0a000001", "0a0000ff"), []],
  ["ENETUNREACH", packet("0a000001", "09090909"), []],
  ["EINVAL", packet("0a000001", "0a320001"), [{ op: "route-add", dst: "10.50.0.0/16", type: "blackhole" }]],
  ["EACCES", packet("0a000001", "0a320001"), [{ op: "route-add", dst: "10.50.0.0/16", type: "prohibit" }]],
  ["EPERM", packet("0a000001", "0a000002"), [{ op: "iptables", args: ["-A", "OUTPUT", "-j", "DROP"] }]],
  [
    "EPERM",
    packet("0a000001", "0a000002"),
    [{ op: "iptables", args: ["-t", "mangle", "-A", "POSTROUTING", "-j", "DROP"] }],
  ],
] satisfies [string, Uint8Array, ConfigOp[]][])("%s", (errno, bytes, ops) => {
  const { ns, sent } = host(ops);
  expect(rawSend(ns, bytes)).toBe(errno);
  expect(sent).toEqual([]);
});
