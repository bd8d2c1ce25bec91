// Frames of a run as a pcapng file (draft-ietf-opsawg-pcapng: section header, one interface description per device, enhanced packet
// blocks). Attach as `world.tracer`; the bytes depend on nothing but the steps: the same run gives the same file.

import { encodeUtf8 } from "@kubehop/sim";
import type { Step, Tracer } from "./step.ts";

const SHB = 0x0a0d0d0a;
const IDB = 1;
const EPB = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const LINKTYPE_ETHERNET = 1;
/** Frames are never cut. */
const SNAPLEN = 0;
const OPT_ENDOFOPT = 0;
const OPT_COMMENT = 1;
const SHB_USERAPPL = 4;
const IF_NAME = 2;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const EPB_PACKETID = 5;
/** 10^-9 s. */
const NANOSECONDS = 9;
const NS_PER_MS = 1_000_000;
const INBOUND = 1;
const OUTBOUND = 2;

/** Builds blocks, little-endian, in a buffer that grows. */
class BlockBuffer {
  private buf = new Uint8Array(65536);
  private view = new DataView(this.buf.buffer);
  private length = 0;
  private start = 0;

  begin(type: number): void {
    this.start = this.length;
    this.u32(type);
    this.u32(0);
  }

  /** Closes the block: its length stands in front and behind. */
  end(): void {
    const total = this.length - this.start + 4;
    this.view.setUint32(this.start + 4, total, true);
    this.u32(total);
  }

  u16(value: number): void {
    this.room(2);
    this.view.setUint16(this.length, value, true);
    this.length += 2;
  }

  u32(value: number): void {
    this.room(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Padded with zeros to a multiple of four. */
  bytes(data: Uint8Array): void {
    const padded = (data.length + 3) & ~3;
    this.room(padded);
    this.buf.set(data, this.length);
    this.length += padded;
  }

  option(code: number, data: Uint8Array): void {
    this.u16(code);
    this.u16(data.length);
    this.bytes(data);
  }

  result(): Uint8Array {
    return this.buf.slice(0, this.length);
  }

  private room(n: number): void {
    if (this.length + n <= this.buf.length) return;
    const bigger = new Uint8Array(Math.max(this.buf.length * 2, this.length + n));
    bigger.set(this.buf);
    this.buf = bigger;
    this.view = new DataView(bigger.buffer);
  }
}

function u32Option(value: number): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value, true);
  return data;
}

function u64Option(value: number): Uint8Array {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value), true);
  return data;
}

/** A frame as a tap of its device shows it. */
export type FrameStep = Extract<Step, { readonly kind: "rx" | "xmit" }>;

/**
 * A file with the frames of all devices: every frame stands once per device and direction that a tap there shows. Interfaces are named
 * `NAMESPACE/DEVICE`. A packet keeps its epb_packetid from device to device and through tunnels; copies have their own. As a tracer it
 * comments on a frame with the kernel function that the tap stands in. Times are virtual, from 1970 on.
 */
export class PcapngWriter implements Tracer {
  /** Frames written. */
  frames = 0;
  private readonly out = new BlockBuffer();
  private readonly interfaces = new Map<string, number>();
  private readonly comments = new Map<string, Uint8Array>();

  constructor() {
    const { out } = this;
    out.begin(SHB);
    out.u32(BYTE_ORDER_MAGIC);
    out.u16(1);
    out.u16(0);
    // Section length: not given.
    out.u32(0xffffffff);
    out.u32(0xffffffff);
    out.option(SHB_USERAPPL, this.text("kubehop"));
    out.option(OPT_ENDOFOPT, new Uint8Array());
    out.end();
  }

  step(step: Step): void {
    if (step.kind === "rx" || step.kind === "xmit") this.frame(step, step.fn);
  }

  /** `comment`: what a reader is told of the frame. */
  frame(step: FrameStep, comment: string): void {
    const id = this.interfaceOf(step.ns, step.dev);
    const { out } = this;
    const at = BigInt(Math.round(step.at * NS_PER_MS));
    out.begin(EPB);
    out.u32(id);
    out.u32(Number(at >> 32n));
    out.u32(Number(at & 0xffffffffn));
    out.u32(step.frame.length);
    out.u32(step.frame.length);
    out.bytes(step.frame);
    out.option(OPT_COMMENT, this.text(comment));
    out.option(EPB_FLAGS, u32Option(step.kind === "rx" ? INBOUND : OUTBOUND));
    out.option(EPB_PACKETID, u64Option(step.pkt));
    out.option(OPT_ENDOFOPT, new Uint8Array());
    out.end();
    this.frames++;
  }

  /** The file so far. */
  bytes(): Uint8Array {
    return this.out.result();
  }

  /** Number of the device's interface; described when it is first asked for. */
  interfaceOf(ns: string, dev: string): number {
    const name = `${ns}/${dev}`;
    const known = this.interfaces.get(name);
    if (known !== undefined) return known;
    const id = this.interfaces.size;
    this.interfaces.set(name, id);
    const { out } = this;
    out.begin(IDB);
    out.u16(LINKTYPE_ETHERNET);
    out.u16(0);
    out.u32(SNAPLEN);
    out.option(IF_NAME, this.text(name));
    out.option(IF_TSRESOL, Uint8Array.of(NANOSECONDS));
    out.option(OPT_ENDOFOPT, new Uint8Array());
    out.end();
    return id;
  }

  /** UTF-8; texts come again and again. */
  private text(text: string): Uint8Array {
    let bytes = this.comments.get(text);
    if (bytes === undefined) this.comments.set(text, (bytes = encodeUtf8(text)));
    return bytes;
  }
}
