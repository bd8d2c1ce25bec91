import { expect, test } from "vitest";
import { bootMachine } from "../../src/cluster/machines.ts";
import type { HostSpec, NetworkConfigurer } from "../../src/model/cluster-spec.ts";
import { printAddr, printRoutes, World } from "@kubehop/netstack";

const UNDERLAY = { cidr: "192.168.120.0/24", gateway: "192.168.120.254", gatewayMac: undefined, mtu: 1500 };

function machine(network: NetworkConfigurer): HostSpec {
  return {
    kind: "host",
    name: "m",
    ip: "192.168.120.226",
    mac: undefined,
    nic: "ens192",
    network,
    kernel: "3.10",
    modules: { br_netfilter: "absent" },
    sysctls: {},
  };
}

function listed(network: NetworkConfigurer): string[] {
  const ns = bootMachine(new World(1), machine(network), UNDERLAY);
  const addr = ns.devices.byName("ens192")?.inDev.addrs[0];
  return `${addr === undefined ? "" : printAddr(addr)}\n${printRoutes(ns)}`
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

test("NetworkManager makes the connected route itself and gives its routes a metric", () => {
  expect(listed("NetworkManager")).toEqual([
    "inet 192.168.120.226/24 brd 192.168.120.255 scope global noprefixroute ens192",
    "valid_lft forever preferred_lft forever",
    "default via 192.168.120.254 dev ens192 proto static metric 100",
    "192.168.120.0/24 dev ens192 proto kernel scope link src 192.168.120.226 metric 100",
  ]);
});

test("without it the kernel makes the route, and nothing is said of metrics", () => {
  expect(listed("ifupdown")).toEqual([
    "inet 192.168.120.226/24 scope global ens192",
    "valid_lft forever preferred_lft forever",
    "default via 192.168.120.254 dev ens192",
    "192.168.120.0/24 dev ens192 proto kernel scope link src 192.168.120.226",
  ]);
});
