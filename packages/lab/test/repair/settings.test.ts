// Edits of the scenario file that a setting needs, and the releases worth trying.

import { flannelRules } from "@kubehop/cni";
import { describe, expect, it } from "vitest";
import { editSetting } from "../../src/repair/apply.ts";
import { FLANNEL_RELEASES } from "../../src/repair/candidates/settings.ts";

describe("a setting", () => {
  const set = (text: string, path: string, value: string | boolean): string | undefined =>
    editSetting(text, { kind: "setting", path, value });

  it("is added where nothing is said", () => {
    expect(set("scenario: x\n", "cluster.docker.forwardPolicy", "ACCEPT")).toBe(
      "scenario: x\ncluster:\n  docker:\n    forwardPolicy: ACCEPT\n",
    );
  });

  it("takes the place of what is said, a release as text", () => {
    expect(set('cluster: { kubernetes: "1.10" } # old\n', "cluster.kubernetes", "1.28")).toBe(
      'cluster: { kubernetes: "1.28" } # old\n',
    );
  });

  it.each([
    ["cluster: { cni: flannel }\n", "cluster.cni.flannel.ipMasq", "cluster: { cni: { flannel: { ipMasq: true } } }\n"],
    [
      "cluster: { proxy: iptables }\n",
      "cluster.proxy.masqueradeAll",
      "cluster: { proxy: { mode: iptables, masqueradeAll: true } }\n",
    ],
    ["cluster: { docker: true }\n", "cluster.docker.forwardPolicy", "cluster: { docker: { forwardPolicy: true } }\n"],
  ])("opens a short form: %s", (text, path, wanted) => {
    expect(set(text, path, true)?.replaceAll(/\s+/g, " ").trim()).toBe(wanted.trim());
  });

  it("is given up where a list stands in its way", () => {
    expect(set("cluster: [a]\n", "cluster.kernel", "6.18")).toBeUndefined();
  });
});

describe("releases of flanneld", () => {
  it("are those at which its rules change", () => {
    const all = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25].flatMap((minor) =>
      [0, 1, 2, 3, 4, 5, 6].map((patch) => `0.${minor}.${patch}`),
    );
    const rules = (version: string): string =>
      [true, false]
        .map((randomFully) =>
          JSON.stringify(
            flannelRules({ version, network: "10.244.0.0/16", subnet: "10.244.1.0/24", ipMasq: true, randomFully }),
          ),
        )
        .join();
    const changes = all.filter((version, index) => index > 0 && rules(version) !== rules(all[index - 1] ?? ""));
    // 0.10.0 changes the manifest's hairpinMode instead.
    expect(changes).toEqual(FLANNEL_RELEASES.filter((release) => release !== "0.10.0"));
  });
});
