import { describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

const town = new Town();
function run(line: string): string {
  const { out, err, code } = town.run(town.node, line);
  return `${out}${err}${code ?? "-"}`;
}

describe("sysctl and modprobe", () => {
  it.each([
    ["sysctl net.ipv4.ip_forward", "net.ipv4.ip_forward = 1\n0"],
    ["sysctl -n net.ipv4.ip_forward", "1\n0"],
    ["sysctl -w net.ipv4.ip_forward=0", "net.ipv4.ip_forward = 0\n0"],
    ["cat /proc/sys/net/ipv4/ip_forward", "0\n0"],
    ["echo 1 > /proc/sys/net/ipv4/ip_forward; sysctl -n net/ipv4/ip_forward", "1\n0"],
    ["sysctl -a | grep '^net.ipv4.ip_forward '", "net.ipv4.ip_forward = 1\n0"],
    [
      "sysctl net.ipv4.nope",
      "sysctl: cannot stat /proc/sys/net/ipv4/nope: No such file or directory\nkubehop: the sysctl net.ipv4.nope is not modelled\n1",
    ],
    ["sysctl -w net.ipv4.ip_forward=abc", 'sysctl: setting key "net.ipv4.ip_forward": Invalid argument\n1'],
    ["sysctl -p", "sysctl: option -p is not modelled by kubehop\n2"],
    [
      "cat /proc/sys/net/bridge/bridge-nf-call-iptables",
      "cat: /proc/sys/net/bridge/bridge-nf-call-iptables: No such file or directory\n1",
    ],
    [
      "echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables",
      "bash: /proc/sys/net/bridge/bridge-nf-call-iptables: No such file or directory\n1",
    ],
    ["lsmod", "Module                  Size  Used by\n0"],
    ["modprobe -r br_netfilter", "modprobe: FATAL: Module br_netfilter not found.\n1"],
    ["modprobe br_netfilter; cat /proc/sys/net/bridge/bridge-nf-call-iptables", "1\n0"],
    ["lsmod | grep br_netfilter", "br_netfilter           32768  0\nbridge                311296  1 br_netfilter\n0"],
    ["sysctl net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-iptables = 1\n0"],
    ["modprobe nosuch", "modprobe: FATAL: Module nosuch not found.\n1"],
    ["modprobe", "modprobe: ERROR: missing parameters. See -h.\n1"],
  ])("%s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });
});

describe("dmesg", () => {
  it("stamps with virtual seconds", () => {
    run("sleep 12.5");
    town.node.printk("IN=br0 OUT=");
    expect(run("dmesg | tail -n 1")).toBe("[   12.500000] IN=br0 OUT=\n0");
    expect(run("dmesg -w")).toBe("dmesg: option -w is not modelled by kubehop\n2");
    expect(run("dmesg -C; dmesg")).toBe("0");
  });
});

describe("iptables and conntrack", () => {
  it("pass the words on", () => {
    expect(
      run(
        "iptables -t nat -N WEB; iptables -t nat -A WEB -p tcp --dport 80 -j DNAT --to-destination 10.1.0.3:80; iptables -t nat -A OUTPUT -j WEB",
      ),
    ).toBe("0");
    expect(run("iptables-save -t nat | grep -- '-A'")).toBe(
      "-A OUTPUT -j WEB\n-A WEB -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.1.0.3:80\n0",
    );
    expect(run("iptables -t nat -vnL WEB | head -1")).toBe("Chain WEB (1 references)\n0");
    expect(
      run(
        "iptables-save > before; iptables -t nat -F OUTPUT; iptables-save > after; diff before after | grep '^[<>] -A'",
      ),
    ).toBe("< -A OUTPUT -j WEB\n0");
    expect(run("iptables-restore < before; iptables-save -t nat | grep -c 'OUTPUT -j WEB'")).toBe("1\n0");
    expect(run("iptables -L NOSUCH")).toMatch(/^iptables.*\n.*[12]$/s);
    expect(run("iptables -V; iptables-legacy -V")).toBe("iptables v1.8.9 (nf_tables)\niptables v1.8.9 (legacy)\n0");
    expect(run("iptables-restore --table nat")).toBe("iptables-restore: option --table is not modelled by kubehop\n2");
    expect(run("ipset list")).toBe("0");
  });

  it("prints tracked connections, and events until interrupted", () => {
    const events = town.start(town.node, "conntrack -E");
    town.run(town.a, "ping -c 1 10.1.0.1");
    expect(run("conntrack -L -p icmp 2>/dev/null")).toMatch(
      /^icmp {5}1 \d+ src=10\.1\.0\.2 dst=10\.1\.0\.1 type=8 code=0 id=\d+ src=10\.1\.0\.1 dst=10\.1\.0\.2 type=0 code=0 id=\d+ mark=0 use=1\n0$/,
    );
    events.command.interrupt();
    expect(events.out()).toMatch(/^ {4}\[NEW\] icmp /);
    expect(events.command.exitCode).toBe(0);
    expect(run("conntrack -F; conntrack -C")).toBe(
      "0\nconntrack v1.4.7 (conntrack-tools): connection tracking table has been emptied.\n0",
    );
  });
});
