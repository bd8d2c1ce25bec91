import { describe, expect, it } from "vitest";
import { PcapngWriter } from "../../src/trace/pcapng.ts";
import type { Step } from "../../src/trace/step.ts";

const FRAME = Uint8Array.from({ length: 17 }, (_, i) => i);

function step(kind: "rx" | "xmit", dev: string, fn: string, at = 0): Step {
  return { at, pkt: 7, parent: 0, ns: "n1", fn, kind, dev, frame: FRAME };
}

interface Block {
  readonly type: number;
  readonly body: DataView;
}

/** A reader of its own: blocks by their lengths, both of which must agree. */
function blocks(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: Block[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).toBe(0);
    expect(view.getUint32(at + length - 4, true)).toBe(length);
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + 8, length - 12);
    found.push({ type: view.getUint32(at, true), body });
    at += length;
  }
  return found;
}

/** Options from an offset on: code → bytes. */
function options(body: DataView, from: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = from; ;) {
    const code = body.getUint16(at, true);
    const length = body.getUint16(at + 2, true);
    if (code === 0) return found;
    found.set(code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length));
    at += 4 + ((length + 3) & ~3);
  }
}

const text = (bytes: Uint8Array | undefined): string => String.fromCharCode(...(bytes ?? []));

describe("pcapng", () => {
  const writer = new PcapngWriter();
  writer.step(step("xmit", "eth0", "dev_hard_start_xmit", 5_000_000.25));
  writer.step(step("rx", "veth1", "__netif_receive_skb_core"));
  writer.step(step("rx", "eth0", "__netif_receive_skb_core"));
  writer.step({ at: 0, pkt: 7, parent: 0, ns: "n1", fn: "ip_rcv", kind: "note", text: "no frame" });
  const [section, eth0, first, veth1, second, third, ...rest] = blocks(writer.bytes());

  it("begins with a section header of known byte order", () => {
    expect(section?.type).toBe(0x0a0d0d0a);
    expect(section?.body.getUint32(0, true)).toBe(0x1a2b3c4d);
    expect(section?.body.getUint16(4, true)).toBe(1);
    expect(section?.body.getBigInt64(8, true)).toBe(-1n);
  });

  it("describes every device once, before its first frame", () => {
    expect([eth0?.type, veth1?.type, rest.length]).toEqual([1, 1, 0]);
    const described = [eth0, veth1].map((b) => options((b as Block).body, 8));
    expect(described.map((o) => text(o.get(2)))).toEqual(["n1/eth0", "n1/veth1"]);
    expect(described.map((o) => [...(o.get(9) ?? [])])).toEqual([[9], [9]]);
    expect(eth0?.body.getUint16(0, true)).toBe(1);
  });

  it("gives each frame its device, virtual time, bytes, direction, identity and place in the kernel", () => {
    const frames = [first, second, third].map((b) => (b as Block).body);
    expect(frames.map((b) => b.getUint32(0, true))).toEqual([0, 1, 0]);
    const [body] = frames as [DataView];
    const ns = (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true));
    expect(ns).toBe(5_000_000_250_000n);
    expect([body.getUint32(12, true), body.getUint32(16, true)]).toEqual([17, 17]);
    expect(new Uint8Array(body.buffer, body.byteOffset + 20, 20)).toEqual(Uint8Array.from([...FRAME, 0, 0, 0]));
    const opts = frames.map((b) => options(b, 40));
    expect(opts.map((o) => text(o.get(1)))).toEqual([
      "dev_hard_start_xmit",
      "__netif_receive_skb_core",
      "__netif_receive_skb_core",
    ]);
    expect(opts.map((o) => [...(o.get(2) ?? [])])).toEqual([
      [2, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]);
    expect(opts.map((o) => [...(o.get(5) ?? [])][0])).toEqual([7, 7, 7]);
    expect(writer.frames).toBe(3);
  });

  it("grows with the frames", () => {
    const big = new PcapngWriter();
    for (let i = 0; i < 5000; i++) big.step(step("rx", "eth0", "f", i));
    expect(blocks(big.bytes())).toHaveLength(5002);
  });
});
