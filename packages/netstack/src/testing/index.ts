// For tests: packets as values, header by header. Every parse/emit pair is checked against fixed bytes; the stack itself reads and
// writes headers in place (wire/).

export { type ArpRepr, emitArp, parseArp } from "./arp.ts";
export { emitEthernet, type EthernetRepr, parseEthernet } from "./ethernet.ts";
export { emitIcmp, type IcmpRepr, parseIcmp } from "./icmp.ts";
export { emitIpv4Packet, type Ipv4ParseError, type Ipv4Repr, parseIpv4Packet } from "./ipv4.ts";
export { emitTcp, parseTcp, type TcpRepr } from "./tcp.ts";
export { emitUdp, parseUdp, type UdpRepr } from "./udp.ts";
export { emitVxlan, parseVxlan, type VxlanRepr } from "./vxlan.ts";
