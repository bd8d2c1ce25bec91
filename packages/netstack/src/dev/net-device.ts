// struct net_device in miniature (include/linux/netdevice.h). A device type is a set of operations; the bridge, like any
// upper layer, attaches itself by `rxHandler`.

import type { Mac } from "../addr/mac.ts";
import type { BridgePort } from "../bridge/bridge-port.ts";
import type { InDevice } from "../ipv4/in-device.ts";
import type { NetNamespace } from "../netns/net-namespace.ts";
import type { Netem } from "./netem.ts";
import type { Packet } from "../skb/packet.ts";

export type DeviceKind = "loopback" | "veth" | "bridge" | "vxlan" | "nic" | "dummy";

/** IFF_* that are stored; UP, RUNNING and LOWER_UP are derived for printing. */
export const IFF_LOOPBACK = 0x8;
export const IFF_BROADCAST = 0x2;
export const IFF_NOARP = 0x80;
export const IFF_MULTICAST = 0x1000;

/** rx_handler_result: CONSUMED ends receive processing here, PASS continues to the protocol layers. */
export type RxHandler = (pkt: Packet) => "consumed" | "pass";

/** What a tap sees, like a packet socket: bytes from the link header; valid only during the call. */
export interface TapFrame {
  readonly dev: NetDevice;
  readonly out: boolean;
  readonly pkt: Packet;
}
export type Tap = (frame: TapFrame) => void;

/** Why the kernel refuses a change: errno word, and the kernel's own sentence (extack) where it gives one. */
export interface NetdevError {
  readonly errno: string;
  readonly extack?: string;
}

/** Per-type operations (net_device_ops). */
export interface DeviceOps {
  readonly kind: DeviceKind;
  /** ndo_start_xmit: head is at the link header. Takes the packet. */
  xmit(dev: NetDevice, pkt: Packet): void;
  /** Carrier of this device as its type defines it (peer up, port up, cable plugged). */
  carrier(dev: NetDevice): boolean;
  /** ndo_open; an error leaves the device down. */
  onUp?(dev: NetDevice): NetdevError | null;
  /** linkwatch: the device is open and has announced itself; now others learn of their carrier. */
  onOpened?(dev: NetDevice): void;
  onDown?(dev: NetDevice): void;
  /** hw_enc_features has checksums: the checksum inside a tunnel's packet may stay unfinished. A tap sees which. */
  readonly csumsEncapsulated?: boolean;
  /** Bounds of the MTU that `ip link set mtu` may give; 68..65535 unless given. */
  readonly minMtu?: number;
  readonly maxMtu?: number;
  /** IFLA_OPERSTATE word where the type defines its own; else derived from up and carrier. */
  operState?(dev: NetDevice): string;
  /** ndo_change_mtu: a type's own bound or duty. */
  changeMtu?(dev: NetDevice, mtu: number): NetdevError | null;
  /** ndo_set_mac_address of types that do more than store it. */
  setMac?(dev: NetDevice, mac: Mac): void;
  /** ndo_add_slave, ndo_del_slave: only a bridge can be a master. */
  addSlave?(master: NetDevice, dev: NetDevice): NetdevError | null;
  delSlave?(master: NetDevice, dev: NetDevice): void;
  /** Free what the type holds (peer, ports, tunnel socket), while the device is still listed. */
  onDelete?(dev: NetDevice): void;
}

export class NetDevice {
  ns: NetNamespace;
  ifindex: number;
  name: string;
  readonly ops: DeviceOps;
  addr: Mac;
  mtu: number;
  /** IFF_* of this file. */
  flags: number;
  up = false;
  /** dev_activate attached one when the device first came up, and it stays. */
  hasQdisc = false;
  /** Promiscuity count (dev_set_promiscuity). */
  promisc = 0;
  /** IFF_PROMISC set by `ip link set promisc on`; one of the users that `promisc` counts. */
  promiscByHand = false;
  /** A root qdisc that spoils the wire; null: none, frames leave at once. */
  netem: Netem | null = null;
  /** A filter drops every IPv4 frame that comes in behind the taps (TC_INGRESS); ARP is still answered. */
  mute = false;
  /** addr_assign_type NET_ADDR_SET: the address was given by hand (a bridge stops following its ports). */
  addrPinned = false;
  mtuPinned = false;
  /** IFLA_TXQLEN as it was given; undefined: what the kernel gives this kind of device. Nothing is queued here: it is only listed. */
  txQueueLen: number | undefined = undefined;
  /** The bridge this device is a port of. */
  master: NetDevice | null = null;
  bridgePort: BridgePort | null = null;
  rxHandler: RxHandler | null = null;
  /** Other half of a veth pair. */
  peer: NetDevice | null = null;
  /** State of the device's type (Bridge, Vxlan …); the type's own file narrows it. */
  priv: unknown = null;
  /** IPv4 configuration: addresses and conf sysctls. Set by netns when the device is registered. */
  inDev: InDevice;
  readonly taps: Tap[] = [];
  /** Observers of ours, no kernel part: they also see what only a promiscuous device would get, and change nothing by looking. */
  readonly watchers: Tap[] = [];
  rxPackets = 0;
  rxBytes = 0;
  rxDropped = 0;
  txPackets = 0;
  txBytes = 0;
  txDropped = 0;
  txErrors = 0;

  constructor(
    ns: NetNamespace,
    ifindex: number,
    name: string,
    ops: DeviceOps,
    addr: Mac,
    mtu: number,
    flags: number,
    inDev: InDevice,
  ) {
    this.ns = ns;
    this.ifindex = ifindex;
    this.name = name;
    this.ops = ops;
    this.addr = addr;
    this.mtu = mtu;
    this.flags = flags;
    this.inDev = inDev;
  }

  get kind(): DeviceKind {
    return this.ops.kind;
  }

  /** Up and with carrier (netif_running && netif_carrier_ok). */
  get operational(): boolean {
    return this.up && this.ops.carrier(this);
  }
}
