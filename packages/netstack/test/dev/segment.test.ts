import { expect, test } from "vitest";
import { ALL, Capture, frame, HOST, Lab } from "./lab.ts";

function lan(): { lab: Lab; seen: Capture } {
  const lab = new Lab();
  ["a", "b", "c"].forEach((n, i) => {
    lab.apply(n, { op: "link-add", name: `eth${n}`, address: HOST(i + 1), link: { type: "nic", segment: "lan" } });
    lab.up(n, `eth${n}`);
  });
  return { lab, seen: new Capture(lab.dev("a", "etha"), lab.dev("b", "ethb"), lab.dev("c", "ethc")) };
}

test("unknown destinations are flooded, known ones are not", () => {
  const { lab, seen } = lan();
  lab.send("a", "etha", frame(HOST(2), HOST(1)));
  expect(seen.take()).toEqual(["etha:out", "ethb:in", "ethc:in"]);
  lab.send("b", "ethb", frame(HOST(1), HOST(2)));
  expect(seen.take()).toEqual(["ethb:out", "etha:in"]);
  lab.send("c", "ethc", frame(ALL, HOST(3)));
  expect(seen.take()).toEqual(["ethc:out", "etha:in", "ethb:in"]);
});

test("a card that is down gets nothing, and is forgotten", () => {
  const { lab, seen } = lan();
  lab.send("b", "ethb", frame(HOST(1), HOST(2)));
  lab.apply("b", { op: "link-set", dev: "ethb", up: false });
  seen.take();
  lab.send("a", "etha", frame(HOST(2), HOST(1)));
  expect(seen.take()).toEqual(["etha:out", "ethc:in"]);
});
