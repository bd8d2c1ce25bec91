// What kubehop does not model is told apart from a tool's failure, wherever it stands in a line.

import { describe, expect, it } from "vitest";
import { startLine } from "../../src/index.ts";
import { Town } from "../support/town.ts";

const town = new Town();
town.names.set("web", "10.1.0.3");

function refusals(line: string): readonly string[] {
  return town.run(town.node, line).refusals;
}

describe("refused", () => {
  it.each([
    ["tc qdisc", "tc is not modelled: queueing is not modelled"],
    ["nosuch a", "nosuch: kubehop has no such command"],
    ["/opt/cni/bin/bridge2", "/opt/cni/bin/bridge2: kubehop has no such command"],
    ["echo $HOME", "bash: the variable $HOME is not modelled by kubehop"],
    ["for i in 1; do echo; done", "bash: the shell keyword `for' is not modelled by kubehop"],
    ["tcpdump -w f", "tcpdump: option -w is not modelled by kubehop"],
    ["tcpdump -i br0 'tcp[13] = 2'", "tcpdump: filter `tcp[13]' (packet bytes) is not modelled by kubehop"],
    ["ip -6 route", "kubehop: ip -6 is not modelled"],
    ["bridge vlan", "kubehop: bridge vlan is not modelled"],
    ["ip link add v type vxlan id 1 group 239.1.1.1 dev br0 dstport 4789", "is not modelled"],
    [
      "iptables -A INPUT -m string --string x -j DROP",
      'iptables v1.8.9 (nf_tables): match "string" is not modelled: iptables -A INPUT -m string --string x -j DROP',
    ],
    [
      "printf-less; echo '*filter\n-A INPUT -m string --string x\nCOMMIT' | iptables-restore",
      'iptables-restore v1.8.9 (nf_tables): line 2: match "string" is not modelled',
    ],
    ["ipset create m hash:mac", "ipset v7.17: set type hash:mac is not modelled: ipset create m hash:mac"],
    ["conntrack -I -s 1.2.3.4", "-I is not modelled"],
    ["sysctl -w net.ipv4.nope=1", "kubehop: the sysctl net.ipv4.nope is not modelled"],
    ["cat /proc/sys/net/ipv4/nope", "kubehop: the sysctl net.ipv4.nope is not modelled"],
    ["sysctl -w net.ipv4.fib_multipath_hash_policy=2", "sysctl: net.ipv4.fib_multipath_hash_policy=2 is not modelled"],
    ["cat /proc/version", "kubehop: the file /proc/version is not modelled"],
    ["cat < /etc/passwd", "kubehop: the file /etc/passwd is not modelled"],
    ["cat /tmp/../etc/passwd", "kubehop: a path with `..' (/tmp/../etc/passwd) is not modelled"],
    ["cat ../secret", "kubehop: a path with `..' (../secret) is not modelled"],
    ["echo 1.2.3.4 web >> /etc/hosts", "kubehop: the file /etc/hosts is not modelled"],
    ["mkdir -p /etc/cni/net.d", "kubehop: the file /etc/cni/net.d is not modelled"],
    ["modprobe overlay", "modprobe: the module overlay is not modelled by kubehop"],
    ["rmmod nf_conntrack", "rmmod: the module nf_conntrack is not modelled by kubehop"],
    ["ping ::1", "ping: IPv6 (::1) is not modelled by kubehop"],
    ["curl http://[::1]/", "curl: IPv6 ([::1]) is not modelled by kubehop"],
    ["nc fd00::1 80", "nc: IPv6 (fd00::1) is not modelled by kubehop"],
    ["ip addr add fd00::1/64 dev br0", "kubehop: IPv6 (fd00::1/64) is not modelled"],
    ["ip route add default via fe80::1", "kubehop: IPv6 (fe80::1) is not modelled"],
    ["ip neigh add fe80::1 lladdr 02:00:00:00:00:01 dev br0", "kubehop: IPv6 (fe80::1) is not modelled"],
    ["bridge fdb add 02:00:00:00:00:99 dev va", "the address 02:00:00:00:00:99 of va itself is not modelled"],
    ["hostname", "hostname is not modelled"],
    ["test -f x", "test is not modelled"],
    ["[ -f x ]", "[ is not modelled"],
    ["timeout -k 1 2 sleep 1", "timeout: option -k is not modelled by kubehop"],
  ])("%s", (line, expected) => {
    expect(refusals(line)).toContainEqual(expect.stringContaining(expected));
  });

  it.each([
    "tc || true",
    "tc; echo ok",
    "tc 2>&1 | cat",
    "tc 2>/dev/null",
    "! tc",
    "echo a | tc | cat",
    "timeout 5 tc",
    "sh -c 'tc || true'",
    "sleep 1; tc; true",
  ])("also in %s", (line) => {
    expect(refusals(line)).toEqual(["tc is not modelled: queueing is not modelled"]);
  });

  it("is told whenever it comes up, to whoever started the line", () => {
    const told: string[] = [];
    const { command } = town.start(town.node, "sleep 5; tc", "", (text) => told.push(text));
    expect(told).toEqual([]);
    while (command.exitCode === undefined) town.world.clock.runNext();
    expect(told).toHaveLength(1);
  });

  it("need not be listened to", () => {
    const place = {
      place: "node1",
      ns: town.node,
      tools: town.tools,
      files: new Map<string, string>(),
      stdin: "",
      kube: undefined,
      stdout: () => undefined,
      stderr: () => undefined,
      resolve: () => undefined,
      readFile: () => undefined,
    };
    expect(startLine(place, "tc", town.registry).exitCode).toBe(127);
  });
});

describe("failed as the real tool would", () => {
  it.each([
    ["ip link add br0 type bridge", 2],
    ["ip link show nosuch", 1],
    ["bridge fdb add 02:00:00:00:00:99 dev lo", 2],
    ["bridge fdb del 02:00:00:00:00:99 dev va", 2],
    ["iptables -D INPUT -j DROP", 1],
    ["iptables -A INPUT --nonsense", 2],
    ["cat nothing", 1],
    ["cat /tmp/nothing", 1],
    ["echo a > /tmp/no/dir", 1],
    ["grep x /dev/null", 1],
    ["echo 'a", 2],
    ["tcpdump -i nosuch", 1],
    ["ping -c1 nosuch", 2],
    ["curl nosuch", 6],
    ["sysctl net.bridge.bridge-nf-call-iptables", 1],
    ["sysctl net.ipv4.conf.eth9.rp_filter", 1],
    ["modprobe nosuch", 1],
    ["rmmod nosuch", 1],
    ["sleep -1", 1],
  ])("%s: %i", (line, code) => {
    const result = town.run(town.node, line);
    expect([result.code, result.refusals]).toEqual([code, []]);
  });
});

describe("files", () => {
  it("are those of the place and those beside the scenario", () => {
    town.outside.set("web.yaml", "kind: Service\n").set("/etc/hostname", "developer\n");
    expect(town.run(town.node, "cat web.yaml ./web.yaml").out).toBe("kind: Service\nkind: Service\n");
    expect(town.run(town.node, "cat /etc/hostname").out).toBe("");
  });

  it.each([
    ["echo a > /no/such/dir/x", "bash: /no/such/dir/x: Permission denied"],
    ["echo a > no/such/x", "bash: no/such/x: No such file or directory"],
    ["echo a > /tmp", "bash: /tmp: Is a directory"],
    ["mkdir /tmp", "mkdir: cannot create directory '/tmp': File exists"],
    ["mkdir a/b", "mkdir: cannot create directory 'a/b': No such file or directory"],
    ["mkdir -p a/b; echo x > a/b/c; cat a/b/c", "x"],
    ["rm -r a; cat a/b/c", "cat: a/b/c: No such file or directory"],
    ["mkdir d; rm d", "rm: cannot remove 'd': Is a directory"],
    ["echo x > /root/y; cat /root/./y", "x"],
  ])("%s", (line, text) => {
    const { out, err } = town.run(town.node, line);
    expect(`${out}${err}`).toContain(text);
  });

  it("of /proc/sys write a device's dot as it is", () => {
    town.run(town.node, "ip link add name dev.1 type dummy; echo 2 > /proc/sys/net/ipv4/conf/dev.1/rp_filter");
    expect(
      town.run(town.node, "sysctl -n net.ipv4.conf.dev/1.rp_filter; cat /proc/sys/net/ipv4/conf/dev.1/rp_filter").out,
    ).toBe("2\n2\n");
  });
});
