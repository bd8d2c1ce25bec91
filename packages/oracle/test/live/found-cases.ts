// What random labs found, each as a case of its own: what our kernel once did otherwise. Recorded on the real one (found.test.ts).

import { arpFrame, ethernet, icmp, ipv4, tcp, udp } from "../../src/fuzz/frames.ts";
import { hostLink, loUp, macOf } from "../../src/fuzz/topology.ts";
import type { FuzzCase } from "../../src/fuzz/fuzz-case.ts";
import type { PlayStep } from "../../src/live/kernel.ts";
import type { LabSpec } from "../../src/live/lab-spec.ts";
import type { ConfigOp } from "@kubehop/netstack";

export interface FoundCase {
  readonly name: string;
  readonly lab: LabSpec;
  readonly fuzzCase: FuzzCase;
}

const HOSTS = { A: "10.1.0.2", B: "10.2.0.2", C: "10.3.0.2" } as const;
type HostName = keyof typeof HOSTS;

/** R with three legs; neighbours known. */
function lab(ops: readonly ConfigOp[] = [], backend: LabSpec["backend"] = "legacy"): LabSpec {
  const first: ConfigOp[] = [
    { op: "sysctl", key: "net.ipv4.ip_forward", value: "1" },
    { op: "sysctl", key: "net.ipv4.conf.all.send_redirects", value: "0" },
    { op: "sysctl", key: "net.ipv4.conf.default.send_redirects", value: "0" },
    loUp,
  ];
  const links = Object.entries(HOSTS).flatMap(([host, ip]) =>
    hostLink({ router: "R", dev: `e${host}`, host, ip, gateway: ip.replace(/2$/, "1"), mtu: 1500 }, true),
  );
  return {
    title: "routed",
    namespaces: ["R", "A", "B", "C"],
    build: [
      { ns: "R", ops: first },
      ...links,
      { ns: "R", ops: [{ op: "route-add", dst: "default", via: HOSTS.C }, ...ops] },
    ],
    mute: Object.keys(HOSTS).map((ns) => ({ ns, devices: ["eth0"] })),
    routers: ["R"],
    backend,
    vteps: [],
  };
}

interface Head {
  readonly dst: string;
  readonly protocol: number;
  readonly tos?: number;
  readonly options?: Buffer;
}

function send(from: HostName, { dst, protocol, tos, options }: Head, payload: Buffer): PlayStep {
  const src = HOSTS[from];
  const fields = {
    src,
    dst,
    protocol,
    id: 7,
    ...(tos === undefined ? {} : { tos }),
    ...(options === undefined ? {} : { options }),
  };
  return { frame: [from, "eth0", ethernet(macOf(src.replace(/2$/, "1")), macOf(src), 0x0800, ipv4(fields, payload))] };
}

const TCP = { sport: 1001, dport: 80, seq: 1000, ack: 0, flags: "S" };
const RECORD_ROUTE = Buffer.from("070b04000000000000000001", "hex");
const RECORD_THREE = Buffer.from("070f0400000000000000000000000001", "hex");
/** One slot, and half of another. */
const RECORD_ODD = Buffer.from("070904000000000000010101", "hex");
/** A record route, and behind it one whose pointer is wrong. */
const RECORD_BAD = Buffer.from("070b0400000000000000000107030201", "hex");

function syn(from: HostName, dst: string, damage: number): Buffer {
  const segment = tcp(HOSTS[from], dst, TCP, Buffer.alloc(0));
  segment.writeUInt16BE((segment.readUInt16BE(16) + damage) & 0xffff, 16);
  return segment;
}

/** One half of a datagram. */
function fragment(from: HostName, dst: string, datagram: Buffer, part: number): PlayStep {
  const src = HOSTS[from];
  const cut = 504;
  const place = part === 0 ? { more: true } : { offset: cut };
  const payload = part === 0 ? datagram.subarray(0, cut) : datagram.subarray(cut);
  const packet = ipv4({ src, dst, protocol: 17, id: 9, ...place }, payload);
  return { frame: [from, "eth0", ethernet(macOf(src.replace(/2$/, "1")), macOf(src), 0x0800, packet)] };
}

function brokenUdp(from: HostName, dst: string): Buffer {
  const datagram = udp(HOSTS[from], dst, 1001, 80, Buffer.from("abc"));
  datagram.writeUInt16BE(datagram.readUInt16BE(6) ^ 1, 6);
  return datagram;
}

/** `far`: the rules of F; `sets`: what ipset restores in R. */
function found(
  name: string,
  where: LabSpec,
  rules: string,
  steps: readonly PlayStep[],
  { far = "", sets }: { readonly far?: string; readonly sets?: string } = {},
): FoundCase {
  return {
    name,
    lab: where,
    fuzzCase: { rules: { R: rules, F: far }, steps, ...(sets === undefined ? {} : { sets: { R: sets } }) },
  };
}

/** The sender finishes the outer checksum, so there is one to verify. */
const FILL = "*mangle\n-A POSTROUTING -j CHECKSUM --checksum-fill\nCOMMIT\n";

/** R owns a bridge with A, B and C on it; neighbours known. */
function bridgeLab(ops: readonly ConfigOp[]): LabSpec {
  const hosts = Object.entries(BRIDGED);
  const first: ConfigOp[] = [
    ...ops,
    loUp,
    { op: "link-add", name: "br0", address: macOf("10.1.0.1"), link: { type: "bridge" } },
    { op: "link-set", dev: "br0", mcastSnooping: false, up: true },
    { op: "addr-add", dev: "br0", local: "10.1.0.1/24" },
  ];
  const links = hosts.flatMap(([host, ip]) =>
    hostLink({ router: "R", dev: `v${host}`, host, ip, gateway: "10.1.0.1", mtu: 1500 }, true, "br0"),
  );
  return {
    title: "bridged",
    namespaces: ["R", "A", "B", "C"],
    build: [{ ns: "R", ops: first }, ...links],
    mute: hosts.map(([ns]) => ({ ns, devices: ["eth0"] })),
    routers: ["R"],
    backend: "legacy",
    vteps: [],
  };
}

const BRIDGED = { A: "10.1.0.2", B: "10.1.0.3", C: "10.1.0.4" } as const;
const BR_NETFILTER: readonly ConfigOp[] = [
  { op: "modprobe", module: "br_netfilter" },
  { op: "sysctl", key: "net.bridge.bridge-nf-call-iptables", value: "1" },
];

/** A – R – tunnel – F – B. */
function tunnelLab(udpCsum: boolean): LabSpec {
  const ends = [
    { ns: "R", host: "A", n: 1 },
    { ns: "F", host: "B", n: 2 },
  ] as const;
  const build = ends.flatMap(({ ns, host, n }) => [
    { ns, ops: [{ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" } as const, loUp] },
    ...hostLink({ router: ns, dev: `e${host}`, host, ip: HOSTS[host], gateway: `10.${n}.0.1`, mtu: 1500 }, true),
  ]);
  const peer = { name: "eth0", netns: "F", address: macOf("192.168.7.2") };
  const wire: ConfigOp = {
    op: "link-add",
    name: "eth0",
    address: macOf("192.168.7.1"),
    link: { type: "veth", peer },
  };
  return {
    title: "tunnel",
    namespaces: ["R", "F", "A", "B"],
    build: [
      ...build,
      { ns: "R", ops: [wire] },
      ...ends.map(({ ns, n }) => ({ ns, ops: tunnelEnd(n, 3 - n, udpCsum) })),
    ],
    mute: ["A", "B"].map((ns) => ({ ns, devices: ["eth0"] })),
    routers: ["R", "F"],
    backend: "legacy",
    vteps: ["192.168.7.1", "192.168.7.2"],
  };
}

function tunnelEnd(near: number, far: number, udpCsum: boolean): ConfigOp[] {
  const [local, remote, gateway] = [`192.168.7.${near}`, `192.168.7.${far}`, `10.${far}.255.1`];
  const mac = macOf(gateway);
  const address = macOf(`10.${near}.255.1`);
  const permanent = (dev: string, dst: string, lladdr: string): ConfigOp => ({
    op: "neigh-replace",
    dev,
    dst,
    lladdr,
    nud: "permanent",
  });
  return [
    { op: "addr-add", dev: "eth0", local: `${local}/24` },
    { op: "link-set", dev: "eth0", up: true },
    permanent("eth0", remote, macOf(remote)),
    {
      op: "link-add",
      name: "vx",
      address,
      mtu: 1500,
      link: { type: "vxlan", id: 1, local, dstport: 4789, learning: false, udpCsum },
    },
    { op: "link-set", dev: "vx", up: true },
    { op: "route-add", dst: `10.${far}.0.0/16`, via: gateway, dev: "vx", onlink: true },
    permanent("vx", gateway, mac),
    { op: "fdb-append", dev: "vx", mac, dst: remote, state: "permanent" },
  ];
}

/** The tunnel's own packets go into the tunnel. */
const LOOP = "*nat\n-A OUTPUT -p udp -m udp --dport 4789 -j DNAT --to-destination 10.2.0.2\nCOMMIT\n";

function ping(mac: string, dst: string): PlayStep {
  const fields = { src: BRIDGED.A, dst, protocol: 1, id: 7 };
  return {
    frame: ["A", "eth0", ethernet(mac, macOf(BRIDGED.A), 0x0800, ipv4(fields, icmp(8, 0, 1, Buffer.alloc(8))))],
  };
}

const FAR = "10.9.9.9";
/** C tells R a better way to FAR, about a packet that R may have sent there. */
function redirect(protocol: number): PlayStep {
  const [src, gateway] = ["10.3.0.1", 0x0a030009];
  const quoted = protocol === 6 ? tcp(src, FAR, TCP, Buffer.alloc(0)) : icmp(0, 0, 1, Buffer.alloc(8));
  return send("C", { dst: src, protocol: 1 }, icmp(5, 1, gateway, ipv4({ src, dst: FAR, protocol, id: 1 }, quoted)));
}

/** FAR asks R for a closed port: the answer shows the way to FAR. */
function knocked(): PlayStep {
  const fields = { src: FAR, dst: "10.3.0.1", protocol: 17, id: 9 };
  const payload = udp(fields.src, fields.dst, 53, 2000, Buffer.from("x"));
  return { frame: ["C", "eth0", ethernet(macOf("10.3.0.1"), macOf(HOSTS.C), 0x0800, ipv4(fields, payload))] };
}

const POLICY: ConfigOp = { op: "route-add", dst: "default", via: HOSTS.B, table: "100" };

export const FOUND: readonly FoundCase[] = [
  found(
    "TCPMSS keeps a wrong checksum wrong",
    lab(),
    "*mangle\n-A FORWARD -p tcp --syn -j TCPMSS --set-mss 1000\nCOMMIT\n",
    [
      send("A", { dst: HOSTS.B, protocol: 6 }, syn("A", HOSTS.B, 1)),
      send("A", { dst: HOSTS.B, protocol: 6 }, syn("A", HOSTS.B, 0)),
    ],
  ),
  found("REJECT says nothing to a datagram that is cut short", lab(), "*filter\n-A FORWARD -j REJECT\nCOMMIT\n", [
    send("A", { dst: HOSTS.B, protocol: 17 }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("abc")).subarray(0, 4)),
    send("A", { dst: HOSTS.B, protocol: 17 }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("abc"))),
  ]),
  found(
    "REJECT says nothing where a record route was filled in",
    lab(),
    "*filter\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n",
    [
      send("A", { dst: HOSTS.B, protocol: 6, options: RECORD_ROUTE }, syn("A", HOSTS.B, 0)),
      send("A", { dst: HOSTS.B, protocol: 6 }, syn("A", HOSTS.B, 0)),
    ],
  ),
  found(
    "an ICMP error is made where conntrack had verified the packet before the record route was filled in",
    lab(),
    "*filter\n-A INPUT -m conntrack --ctstate NEW\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n-A FORWARD -j REJECT\nCOMMIT\n",
    [
      send(
        "A",
        { dst: HOSTS.B, protocol: 17, options: RECORD_ROUTE },
        udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("x")),
      ),
      send("A", { dst: HOSTS.B, protocol: 6, options: RECORD_ROUTE }, syn("A", HOSTS.B, 0)),
    ],
  ),
  found("a sender hears of a drop in POSTROUTING", lab(), "*mangle\n-A POSTROUTING -d 10.2.0.2 -j DROP\nCOMMIT\n", [
    { udp: ["R", 20_001, HOSTS.B, 53, "00"] },
    { udp: ["R", 20_002, HOSTS.A, 53, "00"] },
  ]),
  found(
    "CT leaves an untracked packet alone",
    lab(),
    "*raw\n-A OUTPUT -p udp -j CT --notrack\n-A OUTPUT -p udp -j CT --zone 5\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n",
    [{ udp: ["R", 20_001, HOSTS.B, 53, "00"] }],
  ),
  found(
    "an error about an untracked packet is INVALID",
    lab(),
    "*raw\n-A OUTPUT -j CT --notrack\nCOMMIT\n*mangle\n-A PREROUTING -m conntrack --ctstate INVALID -j MARK --set-xmark 0x1/0x1\nCOMMIT\n*filter\n-A INPUT -p udp -j REJECT\nCOMMIT\n",
    [{ udp: ["R", 20_001, "127.0.0.1", 53, "00"] }],
  ),
  found(
    "rerouting asks rules for ports",
    lab([POLICY, { op: "rule-add", priority: 104, ipproto: 17, dport: [53, 80], table: "100" }]),
    "*mangle\n-A OUTPUT -j MARK --set-xmark 0x1/0xff\nCOMMIT\n",
    [{ udp: ["R", 20_001, HOSTS.C, 53, "00"] }, { udp: ["R", 20_002, HOSTS.C, 99, "00"] }],
  ),
  found(
    "rp_filter asks rules for the ports of the way back",
    lab([
      { op: "sysctl", key: "net.ipv4.conf.all.rp_filter", value: "1" },
      { op: "route-add", dst: "10.9.0.0/16", via: HOSTS.B },
      { op: "route-add", dst: "default", via: HOSTS.A, table: "100" },
      { op: "rule-add", priority: 104, ipproto: 17, dport: [53, 80], table: "100" },
    ]),
    "",
    [53, 99].map((sport): PlayStep => {
      const fields = { src: "10.9.0.9", dst: HOSTS.C, protocol: 17, id: 9 };
      const payload = udp(fields.src, fields.dst, sport, 2000, Buffer.from("x"));
      return { frame: ["A", "eth0", ethernet(macOf("10.1.0.1"), macOf(HOSTS.A), 0x0800, ipv4(fields, payload))] };
    }),
  ),
  found(
    "a RST has the options and the route of the packet's class",
    lab([POLICY, { op: "rule-add", priority: 105, tos: 0x10, table: "100" }]),
    "",
    [
      send("A", { dst: "10.1.0.1", protocol: 6, options: RECORD_ROUTE }, syn("A", "10.1.0.1", 0)),
      send("A", { dst: "10.1.0.1", protocol: 6, tos: 0x10 }, syn("A", "10.1.0.1", 0)),
    ],
  ),
  ...(["nft", "legacy"] as const).map((backend) =>
    found(
      `a cut TCP header: ${backend}`,
      lab([], backend),
      "*filter\n-A FORWARD -p tcp -m tcp --syn -j MARK --set-xmark 0x1/0x1\n-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n",
      [
        send("A", { dst: HOSTS.B, protocol: 6 }, syn("A", HOSTS.B, 0).subarray(0, 7)),
        send("A", { dst: HOSTS.B, protocol: 6 }, syn("A", HOSTS.B, 0)),
      ],
    ),
  ),
  found("no path MTU is learned from a datagram that nobody sent", lab(), "", [
    send(
      "A",
      { dst: "10.1.0.1", protocol: 1 },
      icmp(
        3,
        4,
        1000,
        ipv4(
          { src: "10.1.0.1", dst: HOSTS.A, protocol: 17, id: 1 },
          udp("10.1.0.1", HOSTS.A, 53, 1001, Buffer.alloc(0)),
        ),
      ),
    ),
    send("A", { dst: "10.1.0.1", protocol: 1 }, icmp(8, 0, 1, Buffer.alloc(1400))),
  ]),
  found("a path MTU is learned from an echo reply", lab(), "", [
    send(
      "A",
      { dst: "10.1.0.1", protocol: 1 },
      icmp(3, 4, 1000, ipv4({ src: "10.1.0.1", dst: HOSTS.A, protocol: 1, id: 1 }, icmp(0, 0, 1, Buffer.alloc(8)))),
    ),
    send("A", { dst: "10.1.0.1", protocol: 1 }, icmp(8, 0, 1, Buffer.alloc(1400))),
  ]),
  found("a path MTU is learned for sockets only", lab(), "", [
    send(
      "A",
      { dst: "10.1.0.1", protocol: 1 },
      icmp(
        3,
        4,
        1000,
        ipv4({ src: "10.1.0.1", dst: HOSTS.A, protocol: 6, id: 1 }, tcp("10.1.0.1", HOSTS.A, TCP, Buffer.alloc(0))),
      ),
    ),
    send("A", { dst: "10.1.0.1", protocol: 1 }, icmp(8, 0, 1, Buffer.alloc(1400))),
  ]),
  found(
    "an echo request that conntrack had verified is answered where a record route was filled in",
    lab(),
    "*filter\n-A INPUT -m conntrack --ctstate NEW\n-A FORWARD -j REJECT\nCOMMIT\n",
    [send("A", { dst: HOSTS.B, protocol: 1, options: RECORD_ROUTE }, icmp(8, 0, 1, Buffer.alloc(8)))],
  ),
  found("an error about a RST echoes the RST's record route", lab(), "*filter\n-A OUTPUT -p tcp -j REJECT\nCOMMIT\n", [
    send("A", { dst: "10.1.0.1", protocol: 6, options: RECORD_ROUTE }, syn("A", "10.1.0.1", 0)),
    send("A", { dst: "10.1.0.1", protocol: 6, options: RECORD_THREE }, syn("A", "10.1.0.1", 0)),
  ]),
  found(
    "host unreachable records the route once more",
    lab(),
    "",
    [RECORD_ROUTE, RECORD_THREE].flatMap((options): PlayStep[] => [
      send("A", { dst: "10.2.0.77", protocol: 17, options }, udp(HOSTS.A, "10.2.0.77", 1001, 80, Buffer.from("x"))),
      { ops: { ns: "R", ops: [{ op: "neigh-del", dev: "eB", dst: "10.2.0.77" }] } },
    ]),
  ),
  found("nothing is said where half a slot of a record route is left", lab(), "", [
    send("A", { dst: "10.1.0.1", protocol: 1, options: RECORD_ODD }, icmp(8, 0, 1, Buffer.alloc(8))),
    send("A", { dst: "10.1.0.1", protocol: 6, options: RECORD_ODD }, syn("A", "10.1.0.1", 0)),
    send("A", { dst: HOSTS.B, protocol: 17, options: RECORD_ODD }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("x"))),
  ]),
  found(
    "a timestamp option without room counts up, and the header's checksum goes with it",
    lab(),
    "",
    // No room; no room once too often; a flag that nobody knows; junk behind the end of the list.
    ["4408090000000000", "440809f000000000", "440805020000000000000000", "00ffff01"].flatMap((hex): PlayStep[] => {
      const options = Buffer.from(hex, "hex");
      const data = (dst: string): Buffer => udp(HOSTS.A, dst, 1001, 80, Buffer.from("x"));
      return [HOSTS.B, "10.1.0.1"].map((dst) => send("A", { dst, protocol: 17, options }, data(dst)));
    }),
  ),
  found(
    "a full bucket of limit is of 32 bits",
    lab(),
    "*filter\n-A FORWARD -m limit --limit 1/hour --limit-burst 119 -j ACCEPT\n-A FORWARD -j DROP\nCOMMIT\n",
    Array.from({ length: 9 }, () => send("A", { dst: HOSTS.B, protocol: 1 }, icmp(8, 0, 1, Buffer.alloc(8)))),
  ),
  found(
    "an element that a packet adds again keeps its comment, except in a bitmap",
    lab(),
    "*filter\n-A FORWARD -j SET --add-set ip dst --exist\n-A FORWARD -j SET --add-set net src --exist --timeout 700\n-A FORWARD -j SET --add-set port dst --exist\nCOMMIT\n",
    [send("A", { dst: HOSTS.B, protocol: 17 }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("x")))],
    {
      sets: 'create ip hash:ip comment counters\nadd ip 10.2.0.2 comment "a b"\ncreate net hash:net timeout 600 comment\nadd net 10.1.0.0/16 nomatch timeout 0 comment c\ncreate port bitmap:port range 0-100 comment\nadd port 80 comment d\n',
    },
  ),
  found(
    "an echo reply is cut for the way it was made for",
    lab([{ op: "link-set", dev: "eC", mtu: 1280 }]),
    "*nat\n-A INPUT -j SNAT --to-source 10.9.0.8\nCOMMIT\n",
    [0, 1472].map((offset): PlayStep => {
      const payload = icmp(8, 0, 1, Buffer.alloc(1900)).subarray(offset, offset === 0 ? 1472 : 2000);
      const fields = { src: HOSTS.A, dst: "10.1.0.1", protocol: 1, id: 5, offset, more: offset === 0 };
      return { frame: ["A", "eth0", ethernet(macOf("10.1.0.1"), macOf(HOSTS.A), 0x0800, ipv4(fields, payload))] };
    }),
  ),
  found(
    "a redirect needs somebody who sent the quoted packet, and a gateway that is known",
    lab([{ op: "sysctl", key: "net.ipv4.ip_forward", value: "0" }]),
    "",
    [
      redirect(6),
      knocked(),
      redirect(1),
      {
        ops: {
          ns: "R",
          ops: [{ op: "neigh-replace", dev: "eC", dst: "10.3.0.9", lladdr: macOf("10.3.0.9"), nud: "permanent" }],
        },
      },
      knocked(),
      redirect(47),
      knocked(),
      redirect(1),
      knocked(),
    ],
  ),
  found("a parameter problem echoes what was understood", lab(), "", [
    send("A", { dst: HOSTS.B, protocol: 17, options: RECORD_BAD }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("x"))),
    send("A", { dst: "10.1.0.1", protocol: 1, options: RECORD_BAD }, icmp(8, 0, 1, Buffer.alloc(8))),
  ]),
  found("ARP for the router", lab(), "", [
    {
      frame: [
        "A",
        "eth0",
        arpFrame({
          op: 1,
          dst: "ff:ff:ff:ff:ff:ff",
          sha: macOf(HOSTS.A),
          spa: HOSTS.A,
          tha: "00:00:00:00:00:00",
          tpa: "10.1.0.1",
        }),
      ],
    },
  ]),
  found(
    "an error about a RST of ours has the options of the RST",
    lab(),
    "*filter\n-A OUTPUT -p tcp -j REJECT\nCOMMIT\n",
    [send("A", { dst: "10.1.0.1", protocol: 6, options: RECORD_ROUTE }, syn("A", "10.1.0.1", 0))],
  ),
  found("an unreachable host enters the record route once more, and the quote shows it", lab(), "", [
    send("A", { dst: "10.2.0.77", protocol: 6, options: RECORD_ROUTE }, syn("A", "10.2.0.77", 0)),
    { ops: { ns: "R", ops: [{ op: "neigh-del", dev: "eB", dst: "10.2.0.77" }] } },
  ]),
  found(
    "a broadcast that no port took is confirmed on its way up, and told of with the next packet",
    bridgeLab(BR_NETFILTER),
    "*filter\n-A FORWARD -m pkttype --pkt-type broadcast -m conntrack --ctstate NEW -j REJECT\nCOMMIT\n",
    [ping("ff:ff:ff:ff:ff:ff", "10.1.0.77"), ping(macOf(BRIDGED.B), "10.1.0.77")],
  ),
  found(
    "a rule with physdev loads br_netfilter",
    bridgeLab([]),
    "*filter\n-A FORWARD -m physdev --physdev-in vA -j DROP\nCOMMIT\n",
    [ping(macOf(BRIDGED.B), BRIDGED.B)],
  ),
  found("a tunnel device finishes the checksum inside another tunnel's packet", tunnelLab(false), LOOP, [
    { udp: ["R", 20_001, HOSTS.B, 53, "abcd"] },
  ]),
  found("a flow keeps its source port through tunnels in tunnels", tunnelLab(false), LOOP, [
    send("A", { dst: HOSTS.B, protocol: 17 }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.from("x"))),
    send("A", { dst: HOSTS.B, protocol: 1 }, icmp(8, 0, 1, Buffer.alloc(8))),
  ]),
  found("fragments of a tunnel's packet that NAT leads elsewhere", tunnelLab(false), LOOP, [
    send("A", { dst: HOSTS.B, protocol: 17 }, udp(HOSTS.A, HOSTS.B, 1001, 80, Buffer.alloc(1460))),
  ]),
  found(
    "a datagram put together has the mark of its first fragment",
    tunnelLab(false),
    "*nat\n-A INPUT -p udp -j MARK --set-xmark 0x1/0x1\n-A POSTROUTING -m mark --mark 0x1/0x1\nCOMMIT\n*mangle\n-A FORWARD -m mark --mark 0x1/0x1 -m conntrack --ctstate NEW\nCOMMIT\n",
    [0, 1].map((part) => fragment("B", HOSTS.A, udp(HOSTS.B, HOSTS.A, 1001, 80, Buffer.alloc(1000)), part)),
  ),
  found(
    "CHECKSUM finishes the checksum inside a tunnel's packet",
    tunnelLab(false),
    "*mangle\n-A POSTROUTING -p udp -m udp --dport 4789 -j CHECKSUM --checksum-fill\nCOMMIT\n",
    [{ udp: ["R", 20_001, HOSTS.B, 53, "abcd"] }],
  ),
  found(
    "what a tunnel's checksum covered stays verified",
    tunnelLab(true),
    "*filter\n-A INPUT -m conntrack --ctstate NEW\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n-A FORWARD -j REJECT\nCOMMIT\n",
    [
      send("B", { dst: HOSTS.A, protocol: 6, options: RECORD_ROUTE }, syn("B", HOSTS.A, 0)),
      send("B", { dst: HOSTS.A, protocol: 6 }, syn("B", HOSTS.A, 1)),
      send("B", { dst: HOSTS.A, protocol: 17 }, brokenUdp("B", HOSTS.A)),
    ],
    { far: FILL },
  ),
  ...[true, false].map((udpCsum) =>
    found(
      `an ICMP error about what came by a tunnel asks for no checksum: outer ${udpCsum ? "with" : "without"}`,
      tunnelLab(udpCsum),
      "*filter\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n-A FORWARD -j REJECT\nCOMMIT\n",
      [
        send("B", { dst: HOSTS.A, protocol: 17 }, brokenUdp("B", HOSTS.A)),
        send("B", { dst: HOSTS.A, protocol: 6 }, syn("B", HOSTS.A, 1)),
      ],
      { far: FILL },
    ),
  ),
];
