// The evidence table says what the recordings say, and every test that it names is there.
import { existsSync } from "node:fs";
import { xtablesSupport } from "@kubehop/netstack";
import { expect, it } from "vitest";
import {
  AREA_EVIDENCE,
  RECORDED_DEVICES,
  RECORDED_SET_TYPES,
  RECORDED_SYSCTLS,
  XT_EVIDENCE,
} from "../../src/support/evidence.ts";
import { collectEvidence, recordedDevices, recordedSetTypes, recordedSysctls } from "./collect.ts";

const { matches, targets } = xtablesSupport();

it("names exactly the options that occur in the recordings", () => {
  expect(XT_EVIDENCE).toEqual(collectEvidence({ matches, targets }));
});

it("names exactly the sysctls of the recordings", () => {
  expect(RECORDED_SYSCTLS).toEqual(recordedSysctls());
});

it("names exactly the kinds of devices and the types of sets in the recordings", () => {
  expect(RECORDED_DEVICES).toEqual(recordedDevices());
  expect(RECORDED_SET_TYPES).toEqual(recordedSetTypes());
});

it.each(Object.entries(AREA_EVIDENCE))("%s: its tests exist", (_, { tests }) => {
  const missing = tests.filter((path) => !existsSync(new URL(`../../../../${path}`, import.meta.url)));
  expect(missing).toEqual([]);
});
