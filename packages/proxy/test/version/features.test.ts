import { describe, expect, it } from "vitest";
import { FEATURE_ROWS, featuresOf, jumpsOf, PROVEN_MINORS, provenMinor } from "../../src/index.ts";

describe("featuresOf", () => {
  it.each(PROVEN_MINORS)("1.%s: every feature has exactly one value", (minor) => {
    const names = new Set(FEATURE_ROWS.map((row) => row.feature));
    expect(Object.keys(featuresOf(`1.${minor}`)).toSorted()).toEqual([...names].toSorted());
  });

  it("reads v1.10.3 as 1.10", () => {
    expect(provenMinor("v1.10.3")).toBe(10);
  });

  it.each(["1.19", "1.35", "2.0", "latest"])("refuses %s and names what is supported", (version) => {
    expect(() => featuresOf(version)).toThrow(`${version} is not modelled; supported are 1.9, 1.10, 1.28`);
  });

  it("no minor has two rows for one feature", () => {
    for (let minor = 9; minor <= 40; minor++) {
      const holding = FEATURE_ROWS.filter((row) => row.first <= minor && minor <= (row.last ?? 99)).map(
        (row) => row.feature,
      );
      expect(holding).toHaveLength(new Set(holding).size);
    }
  });
});

describe("jumpsOf", () => {
  const form = (minor: number): string[] =>
    jumpsOf(minor).map((row) => `${row.table} ${row.from}${row.onlyNew === true ? " NEW" : ""} ${row.to}`);

  it("1.10", () => {
    expect(form(10)).toEqual([
      "filter INPUT NEW KUBE-EXTERNAL-SERVICES",
      "filter OUTPUT NEW KUBE-SERVICES",
      "nat OUTPUT KUBE-SERVICES",
      "nat PREROUTING KUBE-SERVICES",
      "nat POSTROUTING KUBE-POSTROUTING",
      "filter FORWARD KUBE-FORWARD",
    ]);
  });

  it("1.28", () => {
    expect(form(28)).toEqual([
      "filter INPUT NEW KUBE-EXTERNAL-SERVICES",
      "filter FORWARD NEW KUBE-EXTERNAL-SERVICES",
      "filter INPUT KUBE-NODEPORTS",
      "filter FORWARD NEW KUBE-SERVICES",
      "filter OUTPUT NEW KUBE-SERVICES",
      "filter FORWARD KUBE-FORWARD",
      "filter INPUT NEW KUBE-PROXY-FIREWALL",
      "filter OUTPUT NEW KUBE-PROXY-FIREWALL",
      "filter FORWARD NEW KUBE-PROXY-FIREWALL",
      "nat OUTPUT KUBE-SERVICES",
      "nat PREROUTING KUBE-SERVICES",
      "nat POSTROUTING KUBE-POSTROUTING",
      "filter INPUT KUBE-FIREWALL",
      "filter OUTPUT KUBE-FIREWALL",
    ]);
  });
});
