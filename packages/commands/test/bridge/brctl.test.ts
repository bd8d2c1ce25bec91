// Complaints of bridge-utils 1.7.

import { expect, it } from "vitest";
import { Town } from "../support/town.ts";

const town = new Town();

it.each([
  ["addbr br0", "device br0 already exists; can't create bridge with the same name\n1"],
  ["addbr va", "device va already exists; can't create bridge with the same name\n1"],
  ["delbr nosuch", "bridge nosuch doesn't exist; can't delete it\n1"],
  ["delbr br0", "bridge br0 is still up; can't delete it\n1"],
  ["delbr va", "can't delete bridge va: Operation not permitted\n1"],
  ["addif br0 lo", "can't add lo to bridge br0: Invalid argument\n1"],
  ["addif br0 va", "device va is already a member of a bridge; can't add it to bridge br0.\n1"],
  ["addif nosuch va", "bridge nosuch does not exist!\n1"],
  ["addif br0 nosuch", "interface nosuch does not exist!\n1"],
  ["addbr br1", "0"],
  ["delif br1 va", "device va is not a port of br1\n1"],
  ["delbr br1", "0"],
])("brctl %s", (words, expected) => {
  const { out, err, code } = town.run(town.node, `brctl ${words}`);
  expect(`${out}${err}${code ?? "-"}`).toBe(expected);
});
