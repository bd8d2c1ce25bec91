// The public surface of the network stack: worlds and namespaces, the three doors (config, sockets, clock), listings, and the
// steps of packets. Everything else is internal.

// Values
export {
  type Cidr,
  formatCidr,
  formatIpv4,
  INADDR_ANY,
  INADDR_LOOPBACK,
  inPrefix,
  type Ipv4,
  parseCidr,
  parseInterfaceAddr,
  parseIpv4,
  prefixMask,
} from "./addr/ipv4.ts";
export { formatMac, isGroupMac, type Mac, MAC_BROADCAST, MAC_ZERO, parseMac } from "./addr/mac.ts";

// Worlds
export { KERNEL_FLAVOURS, type KernelFlavour, type KernelVersion } from "./netns/flavour.ts";
export { destroyNetns } from "./netns/destroy-netns.ts";
export { NetNamespace } from "./netns/net-namespace.ts";
export { recordConfig, type WorldRecorder } from "./netns/recorder.ts";
export { PacketStormError, World } from "./netns/world.ts";
export { frameBytes } from "./dev/eth.ts";
export { wireBytes } from "./dev/nic.ts";
export type { NetDevice, Tap, TapFrame } from "./dev/net-device.ts";
export { clearNetem, type DropNth, type NetemSpec, NO_NETEM, setNetem } from "./dev/netem.ts";
export { type HeldAt, type PacketMatch, PacketRace } from "./netfilter/race.ts";

// The config door
export type { Agent } from "./rtnl/agent.ts";
export { applyBatch } from "./rtnl/apply.ts";
export type {
  Batch,
  BatchError,
  ConfigOp,
  LinkChange,
  LinkSpec,
  NudWord,
  RouteSpec,
  RouteType,
  RuleOrigin,
  RuleOrigins,
  RuleSpec,
  XtBackendName,
} from "./rtnl/batch.ts";
export type { Command, CommandContext, Process, ToolVersions } from "./rtnl/command.ts";
export { type Door, openDoor } from "./rtnl/door.ts";
export { ensureChain, ensureRule } from "./rtnl/ensure.ts";
export { errnoText } from "./rtnl/nl-error.ts";

// Listings
export { dumpAddrs, printAddrs } from "./rtnl/addr.ts";
export { addrText, printAddr, printAddrOneline } from "./rtnl/print-addr.ts";
export { dumpFdb, type FdbRow } from "./rtnl/fdb.ts";
export { dumpLinks, type LinkRow } from "./rtnl/link-dump.ts";
export { dumpNeighs, printNeighs, printProxies, selectNeighs } from "./rtnl/neigh.ts";
export { neighRow, type NeighRow, printNeigh } from "./rtnl/print-neigh.ts";
export type { Neigh } from "./neigh/neigh.ts";
export { printFdb, printFdbList } from "./rtnl/print-fdb.ts";
export { linkName, printBrctlShow, printBridgeLink, printLink } from "./rtnl/print-link.ts";
export { dumpRoutes, printRoutes, type RouteFilter, selectRoutes } from "./rtnl/route.ts";
export { printRoute, routeRow } from "./rtnl/print-route.ts";
export { parseRtName } from "./rtnl/rt-names.ts";
export type { FibAlias } from "./ipv4/fib/fib-types.ts";
export { routeGet, type RouteGetQuery } from "./rtnl/route-get.ts";
export { dumpRules, printRules } from "./rtnl/rule.ts";
export { conntrackCommand, conntrackEvents, isEventCommand } from "./netfilter/conntrack/command.ts";
export { ipsetCommand, type IpsetResult } from "./netfilter/ipset/command.ts";
export {
  Conntrack,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from "./netfilter/conntrack/conntrack.ts";
export { type ConntrackRow, conntrackRow } from "./netfilter/conntrack/dump.ts";
export { ctProtoName, ctStateName, formatEntry } from "./netfilter/conntrack/print.ts";
export type { CounterRow, XtBackend } from "./netfilter/xtables/backend.ts";
export { ctime } from "./netfilter/xtables/ctime.ts";
export type { IptablesVersion } from "./netfilter/xtables/iptables-version.ts";
export type { PickRule, RulePlace } from "./netfilter/xtables/xtables-net.ts";

// Sockets
export { ipRouteOutput } from "./ipv4/route-output.ts";
export { flowKey, RTCF_BROADCAST } from "./ipv4/rtable.ts";
export { type SockErrno, SockError, strerror } from "./sock/errno.ts";
export { packetSend, packetTap, packetWatch } from "./sock/packet-socket.ts";
export { rawSend } from "./sock/raw.ts";
export { type PingError, pingOpen, type PingReply, type PingSock } from "./sock/ping.ts";
export type { Endpoint, PmtuDisc } from "./sock/sock.ts";
export type { SockPins } from "./sock/sock-tables.ts";
export { tcpConnect, tcpListen } from "./sock/tcp.ts";
export type { TcpCallbacks, TcpSock } from "./sock/tcp-sock.ts";
export { udpOpen, type UdpSock } from "./sock/udp.ts";

// Packets and what they tell
export { DROP_REASONS, type DropReason } from "./skb/drop-reason.ts";
export {
  type Packet,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  PACKET_OUTGOING,
} from "./skb/packet.ts";
export { type Hop, type Journey, JourneyRecorder } from "./trace/journey.ts";
export { type FrameStep, PcapngWriter } from "./trace/pcapng.ts";
export type { Step, StepBody, Tracer } from "./trace/step.ts";
export { TCP_FLAG_LETTERS } from "./trace/tcpdump-tcp.ts";
export { frameDirection, TcpdumpPrinter, tcpdumpTap } from "./trace/tcpdump.ts";
export type { TcpdumpOptions } from "./trace/dissect.ts";
export { ARP_LEN, ARPOP_REPLY, ARPOP_REQUEST, arpOp, arpSip, arpTha, arpTip, arpWrite } from "./wire/arp-fields.ts";
export { fromHex, getU16, getU32, toHex } from "./wire/bytes.ts";
export { csumReplace2 } from "./wire/checksum.ts";
export { ETH_HLEN, ETH_P_ARP, ETH_P_IP, ethDst, ethProto, ethSrc, ethWrite } from "./wire/ethernet.ts";
export {
  IP_OFFSET,
  ipDaddr,
  ipFragOff,
  ipHdrLen,
  IPPROTO_ICMP,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  ipProto,
  ipSaddr,
  ipTotLen,
  ipTtl,
} from "./wire/ipv4-fields.ts";

// For documents
export {
  conntrackSupport,
  type DeviceSupport,
  deviceSupport,
  type ExtensionSupport,
  KEPT_SYSCTLS,
  linkChangeSupport,
  opSupport,
  routingSupport,
  setTypeSupport,
  sysctlSupport,
  xtablesSupport,
  type OptionSupport,
} from "./support/support.ts";
