import { dumpAddrs, dumpLinks } from "@kubehop/netstack";
import type { NetNamespace } from "@kubehop/netstack";
import { expect, test } from "vitest";
import { Dockerd } from "../../src/dockerd/dockerd.ts";
import { doorOf, node, rules } from "../node/machine.ts";

function docker(ns: NetNamespace, version: string, forwardPolicy: "ACCEPT" | "DROP" = "DROP"): Dockerd {
  const mac = "02:42:c0:00:00:01";
  return new Dockerd({ door: doorOf(ns), version, bridge: "172.17.0.1/16", mac, forwardPolicy });
}

const NAT = [
  "-P PREROUTING ACCEPT",
  "-P INPUT ACCEPT",
  "-P OUTPUT ACCEPT",
  "-P POSTROUTING ACCEPT",
  "-N DOCKER",
  "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
  "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
  "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
  "-A DOCKER -i docker0 -j RETURN",
];
const ESTABLISHED = "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
const OUT = ["-A FORWARD -i docker0 ! -o docker0 -j ACCEPT", "-A FORWARD -i docker0 -o docker0 -j ACCEPT"];

// flannel-cni-bugs.md §1.8 (17.03) and §2.5.
test.each([
  {
    version: "17.03",
    forward: ["-A FORWARD -j DOCKER-ISOLATION", "-A FORWARD -o docker0 -j DOCKER", ESTABLISHED, ...OUT],
    own: ["-A DOCKER-ISOLATION -j RETURN"],
  },
  {
    version: "18.09",
    forward: [
      "-A FORWARD -j DOCKER-USER",
      "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
      ESTABLISHED,
      "-A FORWARD -o docker0 -j DOCKER",
      ...OUT,
    ],
    own: [
      "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
      "-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
      "-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
      "-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
      "-A DOCKER-USER -j RETURN",
    ],
  },
])("rules of $version, the same after a restart", ({ version, forward, own }) => {
  const ns = node();
  docker(ns, version).start();
  expect(rules(ns, "nat")).toEqual(NAT);
  const filter = rules(ns, "filter");
  expect(filter).toContain("-P FORWARD DROP");
  expect(filter.filter((line) => line.startsWith("-A FORWARD"))).toEqual(forward);
  expect(filter.filter((line) => line.startsWith("-A DOCKER"))).toEqual(own);
  docker(ns, version).start();
  expect(rules(ns, "filter")).toEqual(filter);
  expect(rules(ns, "nat")).toEqual(NAT);
});

test("docker0 has its address and MAC, no carrier and no queue; forwarding is on", () => {
  const ns = node("3.10");
  docker(ns, "17.03", "ACCEPT").start();
  const link = dumpLinks(ns).find((row) => row.ifname === "docker0");
  expect(link).toMatchObject({ ifindex: 2, address: "02:42:c0:00:00:01", operstate: "DOWN", txqlen: 0 });
  const [address] = dumpAddrs(ns, "docker0").flatMap((row) => row.addr_info);
  expect(address).toMatchObject({ local: "172.17.0.1", prefixlen: 16 });
  expect(ns.sysctl.get("net.ipv4.ip_forward")).toBe("1");
  expect(rules(ns, "filter")).toContain("-P FORWARD ACCEPT");
});
