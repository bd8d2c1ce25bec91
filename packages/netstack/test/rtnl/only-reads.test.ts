// Which operations only ask: a word of a chain, a comment or a set's name decides nothing.
import { describe, expect, it } from "vitest";
import { onlyReads } from "../../src/rtnl/only-reads.ts";

const words = (line: string): string[] => line.split(" ");

describe("iptables", () => {
  it.each([
    "-L",
    "-t nat -nvL",
    "-vnL POSTROUTING",
    "-S",
    "-t nat -C test -j DROP",
    "--list-rules FORWARD",
    "-h",
    "-w -L",
  ])("%s asks", (line) => expect(onlyReads({ op: "iptables", args: words(line) })).toBe(true));
  it.each([
    "-N test",
    "-A test -j DROP",
    "-A FORWARD -j test",
    "-E a b",
    "-A FORWARD -m comment --comment -L -j DROP",
    "-t nat -A POSTROUTING -m comment --comment list",
    "-Z",
    "-L -Z",
    "-nvLZ",
    "--append FORWARD",
    "-w 5 -P INPUT DROP",
  ])("%s changes", (line) => expect(onlyReads({ op: "iptables", args: words(line) })).toBe(false));
});

describe("ipset and conntrack", () => {
  it.each(["list", "-o save list", "save web", "test web 10.0.0.1", "-L"])("ipset %s asks", (line) =>
    expect(onlyReads({ op: "ipset", args: words(line) })).toBe(true),
  );
  it.each(["create test hash:ip", "add list 10.0.0.1", "-exist add save 10.0.0.1", "flush"])(
    "ipset %s changes",
    (line) => expect(onlyReads({ op: "ipset", args: words(line) })).toBe(false),
  );
  it.each(["-L -p tcp", "-C", "-E"])("conntrack %s asks", (line) =>
    expect(onlyReads({ op: "conntrack", args: words(line) })).toBe(true),
  );
  it.each(["-D -p udp", "-F", "--flush"])("conntrack %s changes", (line) =>
    expect(onlyReads({ op: "conntrack", args: words(line) })).toBe(false),
  );
});

it("an operation of the door itself changes", () => {
  expect(onlyReads({ op: "sysctl", key: "net.ipv4.ip_forward", value: "1" })).toBe(false);
});
