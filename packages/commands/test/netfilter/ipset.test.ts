import { describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

const town = new Town();
function run(line: string): string {
  const { out, err, code } = town.run(town.node, line);
  return `${out}${err}${code ?? "-"}`;
}

describe("ipset", () => {
  it.each([
    ["ipset create web hash:ip initval 0x1; ipset add web 10.1.0.2", "0"],
    ["ipset test web 10.1.0.2", "Warning: 10.1.0.2 is in set web.\n0"],
    ["ipset test web 10.1.0.3", "10.1.0.3 is NOT in set web.\n1"],
    [
      "ipset save",
      "create web hash:ip family inet hashsize 1024 maxelem 65536 bucketsize 12 initval 0x00000001\nadd web 10.1.0.2\n0",
    ],
    ["ipset save > /tmp/sets; ipset destroy; ipset restore < /tmp/sets; ipset list -n", "web\n0"],
    ["ipset save -f /tmp/more; ipset destroy; ipset -f /tmp/more restore; ipset list -n", "web\n0"],
    [
      "iptables -A INPUT -m set --match-set web src -j DROP; ipset destroy web",
      "ipset v7.17: Set cannot be destroyed: it is in use by a kernel component\n1",
    ],
    ["iptables -F; ipset destroy web; ipset list", "0"],
    ["ipset create m hash:mac", "ipset v7.17: set type hash:mac is not modelled: ipset create m hash:mac\n2"],
  ])("%s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });

  it("matches what it is told to match", () => {
    run(
      "ipset create pods hash:ip; ipset add pods 10.1.0.2; iptables -A INPUT -p icmp -m set --match-set pods src -j DROP",
    );
    const ping = (from: typeof town.a): number | undefined => town.run(from, "ping -c 1 -W 1 10.1.0.1").code;
    expect(ping(town.a)).toBe(1);
    expect(ping(town.b)).toBe(0);
    run("ipset del pods 10.1.0.2");
    expect(ping(town.a)).toBe(0);
  });
});
