import { describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

function town(): Town {
  return new Town();
}

describe("ip show", () => {
  const t = town();
  const out = (line: string): string => t.run(t.node, line).out;

  it("prints addresses of one device, however it is asked", () => {
    const text =
      "2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n    link/ether 0a:58:0a:01:00:01 brd ff:ff:ff:ff:ff:ff\n" +
      "    inet 10.1.0.1/24 scope global br0\n       valid_lft forever preferred_lft forever\n";
    for (const line of ["ip addr show dev br0", "ip a s br0", "ip a show br0", "ip address list br0"])
      expect(out(line)).toBe(text);
  });

  it("leaves the link layer out with -4", () => {
    expect(out("ip -4 addr")).toBe(
      "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n" +
        "2: br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n    inet 10.1.0.1/24 scope global br0\n       valid_lft forever preferred_lft forever\n",
    );
    expect(t.run(t.a, "ip -4 a show eth0").out.split("\n")[0]).toMatch(/ qlen 1000 link-netns node1$/);
  });

  it("has the short forms", () => {
    expect(out("ip -br a")).toBe(
      "lo               UNKNOWN        127.0.0.1/8 \nbr0              UP             10.1.0.1/24 \nva@if2           UP             \nvb@if2           UP             \n",
    );
    expect(out("ip -br link show va")).toBe(
      "va@if2           UP             02:00:00:00:00:02 <BROADCAST,MULTICAST,UP,LOWER_UP> \n",
    );
    expect(out("ip -o -4 a")).toBe(
      "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n2: br0    inet 10.1.0.1/24 scope global br0\\       valid_lft forever preferred_lft forever\n",
    );
  });

  it("selects links by master and type", () => {
    const names = (line: string): string[] =>
      (JSON.parse(out(line)) as { ifname: string }[]).map(({ ifname }) => ifname);
    expect(names("ip -j link show master br0")).toEqual(["va", "vb"]);
    expect(names("ip -j link show type bridge")).toEqual(["br0"]);
    expect(names("ip -j link show type bridge_slave")).toEqual(["va", "vb"]);
    expect(names("ip -j link show up")).toEqual(["lo", "br0", "va", "vb"]);
  });

  it("has the keys of ip -j in their order", () => {
    expect(Object.keys((JSON.parse(out("ip -j link show va")) as object[])[0] ?? {})).toEqual([
      "ifindex",
      "link_index",
      "ifname",
      "flags",
      "mtu",
      "qdisc",
      "master",
      "operstate",
      "linkmode",
      "group",
      "txqlen",
      "link_type",
      "address",
      "broadcast",
      "link_netnsid",
    ]);
    expect(Object.keys((JSON.parse(out("ip -j -4 addr show br0")) as object[])[0] ?? {})).toEqual([
      "ifindex",
      "ifname",
      "flags",
      "mtu",
      "qdisc",
      "operstate",
      "group",
      "txqlen",
      "addr_info",
    ]);
  });

  it("prints routes, and does not repeat what was asked for", () => {
    expect(out("ip r")).toBe("10.1.0.0/24 dev br0 proto kernel scope link src 10.1.0.1 \n");
    expect(out("ip route show dev br0")).toBe("10.1.0.0/24 proto kernel scope link src 10.1.0.1 \n");
    expect(out("ip -d route")).toBe("unicast 10.1.0.0/24 dev br0 proto kernel scope link src 10.1.0.1 \n");
    expect(out("ip r s match 10.1.0.9")).toBe("10.1.0.0/24 dev br0 proto kernel scope link src 10.1.0.1 \n");
    expect(out("ip r s 10.1.0.0/16") + out("ip r s root 10.2.0.0/16") + out("ip r s via 1.1.1.1")).toBe("");
    expect(out("ip r s root 10.1.0.0/16")).toContain("10.1.0.0/24");
    expect(out("ip -j r")).toBe(
      '[{"dst":"10.1.0.0/24","dev":"br0","protocol":"kernel","scope":"link","prefsrc":"10.1.0.1","flags":[]}]\n',
    );
  });

  it("asks for one route", () => {
    expect(out("ip route get 10.1.0.3")).toBe("10.1.0.3 dev br0 src 10.1.0.1 uid 0 \n    cache \n");
    const refused = t.run(t.node, "ip route get 10.77.0.1");
    expect([refused.err, refused.code]).toEqual(["RTNETLINK answers: Network is unreachable\n", 2]);
  });

  it("prints rules and neighbours", () => {
    expect(out("ip rule")).toBe(
      "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n",
    );
    t.run(t.a, "ping -c 1 10.1.0.1");
    expect(out("ip n")).toBe("10.1.0.2 dev br0 lladdr 0a:58:0a:01:00:02 DELAY \n");
    expect(out("ip n show dev br0 nud delay")).toBe("10.1.0.2 lladdr 0a:58:0a:01:00:02 DELAY \n");
    expect(out("ip n show nud stale")).toBe("");
    expect(out("ip -j n")).toBe('[{"dst":"10.1.0.2","dev":"br0","lladdr":"0a:58:0a:01:00:02","state":["DELAY"]}]\n');
  });
});

describe("ip changes", () => {
  const t = town();
  const run = (line: string): string => {
    const { out, err, code } = t.run(t.node, line);
    return `${out}${err}${code ?? "-"}`;
  };

  it("sets up a vxlan as flannel does", () => {
    expect(run("ip link add dm type dummy && ip addr add 192.168.0.1/24 dev dm && ip link set dm up")).toBe("0");
    expect(
      run(
        "ip link add flannel.1 address f2:4a:3d:b6:4e:95 mtu 1450 type vxlan id 1 local 192.168.0.1 dev dm dstport 8472 nolearning",
      ),
    ).toBe("0");
    expect(
      run(
        "ip addr add 10.1.4.0/32 dev flannel.1; ip link set flannel.1 up; ip route add 10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink",
      ),
    ).toBe("0");
    expect(
      run(
        "ip neigh replace 10.1.6.0 lladdr 36:dc:08:bc:b6:23 dev flannel.1 nud permanent; bridge fdb append 36:dc:08:bc:b6:23 dev flannel.1 dst 192.168.0.2",
      ),
    ).toBe("0");
    expect(run("ip r s 10.1.6.0/24; ip n show dev flannel.1; bridge fdb show dev flannel.1")).toBe(
      "10.1.6.0/24 via 10.1.6.0 dev flannel.1 onlink \n10.1.6.0 lladdr 36:dc:08:bc:b6:23 PERMANENT \n36:dc:08:bc:b6:23 dst 192.168.0.2 self permanent\n0",
    );
    expect(run("ip -d link show flannel.1")).toContain(
      "vxlan id 1 local 192.168.0.1 dev dm srcport 0 0 dstport 8472 nolearning",
    );
    expect(run("bridge fdb del 36:dc:08:bc:b6:23 dev flannel.1; bridge fdb show dev flannel.1")).toBe("0");
  });

  it.each([
    ["ip link set va mtu 1400; ip link show va | grep -o 'mtu [0-9]*'", "mtu 1400\n0"],
    ["ip link set va type bridge_slave hairpin on; ip -d link show va | grep -o 'hairpin [a-z]*'", "hairpin on\n0"],
    ["bridge link set dev va hairpin off; bridge -d link show dev va | grep -o 'hairpin [a-z]*'", "hairpin off\n0"],
    ["ip route add default via 10.1.0.3 metric 5; ip route show default", "default via 10.1.0.3 dev br0 metric 5 \n0"],
    [
      "ip route replace default via 10.1.0.2 metric 5; ip r s default; ip route del default",
      "default via 10.1.0.2 dev br0 metric 5 \n0",
    ],
    [
      "ip route add blackhole 10.5.0.0/16; ip r s type blackhole; ip route del blackhole 10.5.0.0/16",
      "blackhole 10.5.0.0/16 \n0",
    ],
    [
      "ip rule add fwmark 0x10/0xff lookup 100 pref 50; ip rule | head -2; ip rule del pref 50",
      "0:\tfrom all lookup local\n50:\tfrom all fwmark 0x10/0xff lookup 100\n0",
    ],
    [
      "ip neigh add 10.1.0.9 lladdr 02:00:00:00:00:99 dev br0 nud stale; ip n s dev br0; ip neigh flush dev br0; ip n s dev br0",
      "10.1.0.9 lladdr 02:00:00:00:00:99 STALE \n0",
    ],
    [
      "ip addr add 10.8.0.1/24 dev vb; ip addr add 10.8.0.2/24 dev vb; ip -4 -o a show vb | wc -l; ip addr flush dev vb; ip -4 -o a show vb",
      "2\n0",
    ],
    [
      "ip link add x type veth peer name y; ip -br link show x | cut -c1",
      "bash: cut: command not found\nkubehop: cut is not modelled: use grep\n127",
    ],
    ["ip link del x; ip link show y", 'Device "y" does not exist.\n1'],
  ])("%s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });

  it.each([
    ["ip zzz", 'Object "zzz" is unknown, try "ip help".\n1'],
    ["ip addr zzz", 'Command "zzz" is unknown, try "ip address help".\n255'],
    ["ip a show nosuch", 'Device "nosuch" does not exist.\n1'],
    ["ip link set va mtu abc", 'Error: argument "abc" is wrong: Invalid "mtu" value\n\n255'],
    ["ip link set nosuch up", 'Cannot find device "nosuch"\n1'],
    ["ip route add 10.5.0.0/24 via 1.2.3.4", "Error: Nexthop has invalid gateway.\n2"],
    ["ip route add foo via 1.2.3.4", 'Error: any valid prefix is expected rather than "foo".\n1'],
    ["ip addr add 10.9.0.1/24", 'Not enough information: "dev" argument is required.\n1'],
    ["ip addr add foo dev va", 'Error: any valid prefix is expected rather than "foo".\n1'],
    ["ip addr add 10.1.0.1/24 dev br0", "Error: ipv4: Address already assigned.\n2"],
    ["ip route show table 5", "Error: ipv4: FIB table does not exist.\nDump terminated\n2"],
    ["ip route show table nosuch", 'Error: argument "nosuch" is wrong: table id value is invalid\n\n255'],
    ["ip neigh add 10.1.0.5 dev va", "Error: No link layer address given.\n2"],
    ["ip neigh add 10.1.0.5 lladdr zz dev va", '"zz" is invalid lladdr.\n1'],
    ["ip neigh del 10.1.0.55 dev va", "RTNETLINK answers: No such file or directory\n2"],
    ["ip rule del pref 5", "RTNETLINK answers: No such file or directory\n2"],
    ["ip route get", "need at least a destination address\n1"],
    ["ip link show master br9", 'Error: argument "br9" is wrong: Device does not exist\n\n255'],
    ["ip link set va address zz", '"zz" is invalid lladdr.\n1'],
    ["ip addr del 9.9.9.9/32 dev va", "Error: ipv4: Address not found.\n2"],
    ["ip netns list", "kubehop: ip netns is not modelled\n2"],
    ["ip -6 route", "kubehop: ip -6 is not modelled\n2"],
    ["ip -s link", "kubehop: -s for links is not modelled\n2"],
    ["ip route flush table main", "kubehop: ip route flush is not modelled\n2"],
    ["ip link add m type macvlan", 'kubehop: the link type "macvlan" is not modelled\n2'],
    ["ip route add 10.5.0.0/24 via 10.1.0.2 encap mpls 5", 'kubehop: the route option "encap" is not modelled\n2'],
    ["bridge zzz", 'Object "zzz" is unknown, try "bridge help".\n255'],
    ["bridge vlan", "kubehop: bridge vlan is not modelled\n2"],
    ["bridge fdb show dev nosuch", 'Cannot find device "nosuch"\n255'],
    ["bridge fdb show br nosuch", 'Cannot find bridge device "nosuch"\n255'],
    ["brctl show nosuch", "bridge nosuch does not exist!\n1"],
    ["brctl zzz", "never heard of command [zzz]\nUsage: brctl [commands]\n1"],
    ["brctl showmacs nosuch", "read of forward table failed: No such device\n1"],
    ["brctl stp br0 on", "brctl: stp is not modelled by kubehop\n2"],
  ])("refuses: %s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });
});

describe("brctl", () => {
  const t = town();

  it("shows bridges, ports and addresses", () => {
    t.run(t.a, "ping -c 1 10.1.0.1");
    t.run(t.node, "sleep 2");
    expect(t.run(t.node, "brctl show").out).toBe(
      "bridge name\tbridge id\t\tSTP enabled\tinterfaces\nbr0\t\t8000.0a580a010001\tno\t\tva\n\t\t\t\t\t\t\tvb\n",
    );
    expect(t.run(t.node, "brctl showmacs br0").out).toBe(
      "port no\tmac addr\t\tis local?\tageing timer\n  1\t02:00:00:00:00:02\tyes\t\t0.00\n  2\t02:00:00:00:00:03\tyes\t\t0.00\n  1\t0a:58:0a:01:00:02\tno\t\t2.00\n",
    );
  });

  it("changes hairpin and membership", () => {
    expect(t.run(t.node, "brctl hairpin br0 va on && bridge -d link show dev va | grep -o 'hairpin on'").out).toBe(
      "hairpin on\n",
    );
    expect(t.run(t.node, "brctl delif br0 va && brctl show").out).not.toContain("va");
    expect(
      t.run(t.node, "brctl addif br0 va && brctl addbr br1 && ip -j link show type bridge | grep -c br1").out,
    ).toBe("1\n");
  });
});
