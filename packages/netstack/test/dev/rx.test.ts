import { expect, test } from "vitest";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST } from "../../src/skb/packet.ts";
import { toHex } from "../../src/wire/bytes.ts";
import { ALL, Capture, ETH_P_TEST, frame, HOST, Lab } from "./lab.ts";

function receiver(): { lab: Lab; got: { type: number; vlan: number; head: string }[] } {
  const lab = new Lab();
  lab.pair("a", "v0", "b", "v1", HOST(2));
  const got: { type: number; vlan: number; head: string }[] = [];
  lab.ns("b").packetTypes.set(ETH_P_TEST, (pkt) => {
    got.push({ type: pkt.pktType, vlan: pkt.vlanTci, head: toHex(pkt.bytes().slice(0, 2)) });
  });
  return { lab, got };
}

// R1.1
test.each([
  { dst: HOST(2), type: PACKET_HOST },
  { dst: HOST(3), type: PACKET_OTHERHOST },
  { dst: ALL, type: PACKET_BROADCAST },
  { dst: "01:00:5e:00:00:05", type: PACKET_MULTICAST },
])("a frame to $dst is of type $type", ({ dst, type }) => {
  const { lab, got } = receiver();
  lab.send("a", "v0", frame(dst, HOST(1), "abcd"));
  expect(got).toEqual([{ type, vlan: -1, head: "abcd" }]);
});

test("a VLAN tag is lifted; without a VLAN device the frame is somebody else's, unless the tag only has a priority", () => {
  const { lab, got } = receiver();
  const seen = new Capture(lab.dev("b", "v1"));
  const tagged = frame(HOST(2), HOST(1), "000588b5abcd", 0x8100);
  lab.send("a", "v0", tagged);
  lab.send("a", "v0", frame(HOST(2), HOST(1), "e00088b5abcd", 0x8100));
  expect(got).toEqual([
    { type: PACKET_OTHERHOST, vlan: -1, head: "abcd" },
    { type: PACKET_HOST, vlan: -1, head: "abcd" },
  ]);
  expect(toHex(seen.frames[0] as Uint8Array)).toBe(toHex(tagged));
});

test("nobody handles the ethertype", () => {
  const { lab } = receiver();
  lab.send("a", "v0", frame(HOST(2), HOST(1), 46, 0x1234));
  expect(lab.drops).toEqual(["UNHANDLED_PROTO@__netif_receive_skb_core"]);
});

test("a mute host drops IPv4 behind the tap and nothing else", () => {
  const { lab, got } = receiver();
  lab.ns("b").mute = true;
  const seen = new Capture(lab.dev("b", "v1"));
  lab.send("a", "v0", frame(HOST(2), HOST(1), 46, 0x0800));
  lab.send("a", "v0", frame(HOST(2), HOST(1)));
  expect(seen.take()).toEqual(["v1:in", "v1:in"]);
  expect(lab.drops).toEqual(["TC_INGRESS@tc_run"]);
  expect(got.length).toBe(1);
  // `protocol ip` does not mean a tagged frame: it goes up, where it is somebody else's.
  lab.send("a", "v0", frame(HOST(2), HOST(1), `00050800${"45".padEnd(40, "0")}`, 0x8100));
  expect(lab.drops).toEqual(["TC_INGRESS@tc_run", "OTHERHOST@ip_rcv_core"]);
});
