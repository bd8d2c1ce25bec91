// Rules as typed and as iptables-save 1.8.9 printed them on Linux 6.18; found by `kubehop verify --round-trip`.

import { expect, test } from "vitest";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import { parseRules, XtError } from "../../../src/netfilter/xtables/text.ts";

test.each([
  ["-p icmpv6", "-p ipv6-icmp"],
  ["-p mh", "-p mobility-header"],
  ["-p 143", "-p ethernet"],
  [
    "-m physdev --physdev-is-bridged --physdev-out b --physdev-is-out --physdev-in a --physdev-is-in",
    "-m physdev --physdev-is-in --physdev-in a --physdev-is-out --physdev-out b --physdev-is-bridged",
  ],
  // Host bits stay; a mask with holes is taken for a whole one.
  ["-m conntrack --ctorigsrc 127.0.0.1/31", "-m conntrack --ctorigsrc 127.0.0.1/31"],
  ["-m conntrack --ctreplsrc 41.2.7.1/1", "-m conntrack --ctreplsrc 41.2.7.1/1"],
  ["-m conntrack --ctorigsrc 36.108.127.224/255.0.255.0", "-m conntrack --ctorigsrc 36.108.127.224"],
  // XTTYPE_PORTRC: a service of any protocol, in any order.
  ["-p udp --dport ssh:http", "-p udp -m udp --dport 22:80"],
  ["-p udp --sport 5:4", "-p udp -m udp --sport 5:4"],
  ["-m conntrack --ctorigdstport http:https", "-m conntrack --ctorigdstport 80:443"],
  ["-m conntrack ! --ctreplsrcport 5:4", "-m conntrack ! --ctreplsrcport 5:4"],
  ["-p tcp -j DNAT --to-destination :http", "-p tcp -j DNAT --to-destination :80"],
  ["-p tcp -j DNAT --to-destination 1.2.3.4:5-6/ssh", "-p tcp -j DNAT --to-destination 1.2.3.4:5-6/22"],
  ["-p tcp -j REDIRECT --to-ports http-alt", "-p tcp -j REDIRECT --to-ports 8080"],
  // Not said again, though it never matches.
  ["-p udp ! --sport 0:65535", "-p udp -m udp"],
  ["-p tcp ! --dport 0:65535", "-p tcp -m tcp"],
  ["-p sctp --dport 0:65535", "-p sctp -m sctp --dport 0:65535"],
  ["-p sctp ! --sport 0:65535", "-p sctp -m sctp ! --sport 0:65535"],
  ["-p tcp --tcp-flags NONE SYN", "-p tcp -m tcp"],
  ["-p tcp ! --tcp-flags NONE SYN", "-p tcp -m tcp ! --tcp-flags NONE SYN"],
  ["-m mark --mark 1 -m mark --mark 2", "-m mark --mark 0x1 -m mark --mark 0x2"],
  ["-j NETMAP --to 10.0.0.1", "-j NETMAP --to 10.0.0.1/32"],
  ["-j NETMAP --to 10.1.2.1/24", "-j NETMAP --to 10.1.2.0/24"],
  ["-j NETMAP --to 10.1.2.1/255.0.255.0", "-j NETMAP --to 10.1.2.1/32"],
])("%s", (typed, saved) => {
  expect(parseRules(typed).map((rule) => rule.text)).toEqual([saved]);
  expect(parseRules(saved).map((rule) => rule.text)).toEqual([saved]);
});

test.each([
  ["-p sctp --dport https", "invalid port/service `https' specified"],
  ["-p udp --dport 5:nosuch", 'Port "nosuch" does not resolve to anything.\n'],
  ["-m conntrack --ctorigdstport nosuch", 'Port "nosuch" does not resolve to anything.\n'],
  ["-p tcp -j DNAT --to-destination :5-ssh", "Port `ssh' not valid"],
  ["-j DNAT --to-destination 1.2.3.4 --random-fully", 'unknown option "--random-fully"'],
  // The second connmark adds no options of its own, so that the word means what was new last.
  ["-m connmark --mark 1 -m mark --mark 2 -m connmark --mark 3", 'mark: option "--mark" can only be used once.\n'],
  ['-j LOG --log-prefix ""', "Argument must have a minimum length of 1 characters\n"],
  ["! -s 1.2.3.4 -d 10.0.0.1,10.0.0.2", "! not allowed with multiple source or destination IP addresses"],
  ["-p tcp -m multiport --ports 80:80", "invalid portrange specified"],
])("%s: %s", (typed, message) => {
  expect(() => parseRules(typed)).toThrow(new XtError("parameter", message));
});

test("the name of a list of recent is saved as it is, even where it cannot be read again", () => {
  const [rule] = parseRules('-m recent --set --name "a b"');
  expect(rule?.text).toBe("-m recent --set --name a b --mask 255.255.255.255 --rsource");
});

test("a restore without a chain takes the table away: nft has none then, legacy an empty one", () => {
  const { xt } = new NetNamespace(new World(1), "n");
  const saved = (kind: "nft" | "legacy"): string => {
    expect(xt.backend(kind).restore("*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")).toBe(null);
    expect(xt.backend(kind).restore("*raw\nCOMMIT\n")).toBe(null);
    return xt.backend(kind).save({ bare: true });
  };
  expect(saved("nft")).toBe("");
  expect(saved("legacy")).toBe("*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
});
