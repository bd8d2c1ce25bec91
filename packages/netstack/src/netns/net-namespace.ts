// struct net: one network namespace. The only place where the layers meet; each layer owns its own state class.

import { ArpTable } from "../neigh/neigh-table.ts";
import { registerBridgeCore } from "../bridge/br-core.ts";
import { DeviceTable } from "../dev/device-table.ts";
import type { NetDevice } from "../dev/net-device.ts";
import { createLoopback } from "../dev/loopback.ts";
import { FibTables } from "../ipv4/fib/fib-tables.ts";
import { registerIpv4 } from "../ipv4/register.ts";
import { Ipv4State } from "../ipv4/ipv4-state.ts";
import { ConntrackNet } from "../netfilter/conntrack/conntrack-net.ts";
import { NatNet } from "../netfilter/nat/nat-net.ts";
import { NfHooks } from "../netfilter/hooks.ts";
import { IpsetNet } from "../netfilter/ipset/ipset-net.ts";
import { XtablesNet } from "../netfilter/xtables/xtables-net.ts";
import { SockTables } from "../sock/sock-tables.ts";
import type { Packet } from "../skb/packet.ts";
import type { KernelFlavour } from "./flavour.ts";
import { KERNEL_FLAVOURS } from "./flavour.ts";
import { Modules } from "./modules.ts";
import { SysctlTable } from "./sysctl-table.ts";
import type { World } from "./world.ts";

/** A network-layer receive function, by ethertype (dev_add_pack). */
export type PacketTypeHandler = (pkt: Packet) => void;

export class NetNamespace {
  readonly world: World;
  readonly name: string;
  readonly flavour: KernelFlavour;
  readonly devices = new DeviceTable();
  readonly hooks = new NfHooks();
  readonly packetTypes = new Map<number, PacketTypeHandler>();
  readonly sysctl: SysctlTable;
  readonly modules: Modules;
  readonly ipv4: Ipv4State;
  readonly fib: FibTables;
  readonly arp: ArpTable;
  readonly ct: ConntrackNet;
  readonly nat: NatNet;
  readonly ipset: IpsetNet;
  readonly xt: XtablesNet;
  readonly sockets: SockTables;
  readonly lo: NetDevice;
  /** Kernel log lines of this namespace (LOG target, martians, bridge warnings), oldest first: virtual ms and text. */
  readonly dmesg: { readonly at: number; readonly text: string }[] = [];
  /** A recorded host that says nothing: every IPv4 frame ends behind the tap (TC_INGRESS), ARP is still answered. */
  mute = false;

  constructor(world: World, name: string, flavour: KernelFlavour = KERNEL_FLAVOURS["6.18"]) {
    this.world = world;
    this.name = name;
    this.flavour = flavour;
    this.sysctl = new SysctlTable();
    this.modules = new Modules(this);
    this.ipv4 = new Ipv4State(this);
    this.fib = new FibTables(this);
    this.arp = new ArpTable(this);
    this.ct = new ConntrackNet(this);
    this.nat = new NatNet(this);
    this.ipset = new IpsetNet(this);
    this.xt = new XtablesNet(this);
    this.sockets = new SockTables(this);
    registerIpv4(this);
    registerBridgeCore(this);
    this.lo = createLoopback(this);
    world.namespaces.set(name, this);
  }

  printk(text: string): void {
    this.dmesg.push({ at: this.world.now, text });
  }
}
