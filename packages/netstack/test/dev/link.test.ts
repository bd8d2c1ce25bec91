import { expect, test } from "vitest";
import { dumpLinks } from "../../src/rtnl/link-dump.ts";
import { Lab } from "./lab.ts";

function withPair(): Lab {
  const lab = new Lab();
  lab.apply("a", { op: "link-add", name: "v0", link: { type: "veth", peer: { name: "v1" } } });
  lab.apply("a", { op: "link-add", name: "br0", link: { type: "bridge" } });
  lab.apply("a", { op: "link-add", name: "br1", link: { type: "bridge" } });
  return lab;
}

// Texts of iproute2 6.1 on 6.18.
test.each([
  { what: "unknown device", op: { op: "link-set", dev: "nosuch", up: true }, says: 'Cannot find device "nosuch"' },
  {
    what: "name in use",
    op: { op: "link-add", name: "v0", link: { type: "bridge" } },
    says: "RTNETLINK answers: File exists",
  },
  {
    what: "peer name in use",
    op: { op: "link-add", name: "w0", link: { type: "veth", peer: { name: "br0" } } },
    says: "RTNETLINK answers: File exists",
  },
  {
    what: "index in use",
    op: { op: "link-add", name: "w0", ifindex: 3, link: { type: "bridge" } },
    says: "RTNETLINK answers: File exists",
  },
  {
    what: "rename to a name in use",
    op: { op: "link-set", dev: "v0", name: "v1" },
    says: "RTNETLINK answers: File exists",
  },
  {
    what: "long name",
    op: { op: "link-set", dev: "v0", name: "waytoolonginterfacename" },
    says: 'Error: argument "waytoolonginterfacename" is wrong: "name" not a valid ifname',
  },
  { what: "small MTU", op: { op: "link-set", dev: "v0", mtu: 10 }, says: "Error: mtu less than device minimum." },
  { what: "large MTU", op: { op: "link-set", dev: "v0", mtu: 70000 }, says: "Error: mtu greater than device maximum." },
  {
    what: "group address",
    op: { op: "link-set", dev: "v0", address: "01:00:00:00:00:01" },
    says: "RTNETLINK answers: Cannot assign requested address",
  },
  {
    what: "zero address",
    op: { op: "link-set", dev: "v0", address: "00:00:00:00:00:00" },
    says: "RTNETLINK answers: Cannot assign requested address",
  },
  { what: "malformed address", op: { op: "link-set", dev: "v0", address: "zz" }, says: '"zz" is invalid lladdr.' },
  {
    what: "unknown master",
    op: { op: "link-set", dev: "v0", master: "nosuch" },
    says: 'Error: argument "nosuch" is wrong: Device does not exist\n',
  },
  {
    what: "a master that is no bridge",
    op: { op: "link-set", dev: "v0", master: "v1" },
    says: "RTNETLINK answers: Operation not supported",
  },
  {
    what: "lo as a port",
    op: { op: "link-set", dev: "lo", master: "br0" },
    says: "RTNETLINK answers: Invalid argument",
  },
  {
    what: "bridge in bridge",
    op: { op: "link-set", dev: "br1", master: "br0" },
    says: "Error: Can not enslave a bridge to a bridge.",
  },
  {
    what: "port flag of no port",
    op: { op: "link-set", dev: "v0", hairpin: true },
    says: "RTNETLINK answers: Operation not supported",
  },
  {
    what: "bridge to another namespace",
    op: { op: "link-set", dev: "br0", netns: "b" },
    says: "Error: The interface netns is immutable.",
  },
  { what: "delete lo", op: { op: "link-del", dev: "lo" }, says: "RTNETLINK answers: Operation not supported" },
] as const)("$what: $says", ({ op, says }) => {
  const lab = withPair();
  lab.ns("b");
  expect(lab.refused("a", op)).toBe(says);
});

test("a device moves to another namespace: down, with its index, out of its bridge", () => {
  const lab = withPair();
  lab.ns("b");
  lab.up("a", "v0");
  lab.apply("a", { op: "link-set", dev: "v0", master: "br0" });
  lab.apply("a", { op: "link-set", dev: "v0", netns: "b" });
  const v0 = lab.dev("b", "v0");
  expect([v0.up, v0.ifindex, v0.master, lab.ns("a").devices.byName("v0")]).toEqual([false, 3, null, undefined]);
  expect(v0.ns.name).toBe("b");
});

test("an index that is taken in the new namespace is replaced", () => {
  const lab = withPair();
  lab.apply("b", { op: "link-add", name: "x", ifindex: 3, link: { type: "dummy" } });
  lab.apply("a", { op: "link-set", dev: "v0", netns: "b" });
  expect(lab.dev("b", "v0").ifindex).toBe(2);
});

test("indexes go up; a wish does not move the counter", () => {
  const lab = new Lab();
  lab.apply("a", { op: "link-add", name: "x", ifindex: 3, link: { type: "dummy" } });
  for (const name of ["y", "z"]) lab.apply("a", { op: "link-add", name, link: { type: "dummy" } });
  lab.apply("a", { op: "link-del", dev: "y" }, { op: "link-add", name: "w", link: { type: "dummy" } });
  expect(dumpLinks(lab.ns("a")).map((l) => `${l.ifindex}:${l.ifname}`)).toEqual(["1:lo", "3:x", "4:z", "5:w"]);
});
