// Ports that NAT drew, told in the script's: and nothing else is.
import { describe, expect, it } from "vitest";
import { ethernet, ipv4, udp } from "../../src/fuzz/frames.ts";
import type { StepSeen } from "../../src/live/kernel.ts";
import { DrawnPorts } from "../../src/scenario/drawn-ports.ts";
import type { Draw } from "../../src/scenario/script.ts";

const ORIG = { src: "10.0.0.2", dst: "10.9.0.1", proto: "udp", sport: 4000, dport: 53 };
const DRAW: Draw = { ns: "n", orig: ORIG, addr: "192.168.0.1", port: 30_057, range: [1024, 65_535] };

function made(port: number): StepSeen {
  const reply = { src: "10.9.0.1", dst: "192.168.0.1", proto: "udp", sport: 53, dport: port };
  return { frames: [], ct: { n: [{ event: "new", orig: ORIG, reply, status: [], mark: 0 }] }, error: null };
}

function frame(sport: number): string {
  const fields = { src: "192.168.0.1", dst: "10.9.0.1", protocol: 17, id: 1 };
  const packet = ipv4(fields, udp(fields.src, fields.dst, sport, 53, Buffer.from("x")));
  return ethernet("0a:58:0a:00:00:01", "0a:58:0a:00:00:02", 0x0800, packet);
}

function learned(port: number, draw = DRAW): DrawnPorts {
  const ports = new DrawnPorts();
  ports.learn([draw], made(port));
  return ports;
}

describe("a port that was drawn", () => {
  it("is told in the script's, with the checksum of that", () => {
    const ports = learned(41_000);
    const seen = ports.seen({ ...made(41_000), frames: [{ ns: "n", dev: "eth0", dir: "out", hex: frame(41_000) }] });
    expect(seen.frames[0]?.hex).toBe(frame(30_057));
    expect(seen.ct["n"]?.[0]?.reply.dport).toBe(30_057);
    expect(ports.sent(frame(30_057))).toBe(frame(41_000));
  });

  it.each([
    ["kept", 4000, DRAW],
    ["taken from elsewhere", 900, DRAW],
    ["the only one there is", 41_001, { ...DRAW, port: 41_000, range: [41_000, 41_000] as const }],
  ])("is a difference when it was %s", (_, port, draw) => {
    expect(learned(port, draw).size).toBe(0);
  });
});
