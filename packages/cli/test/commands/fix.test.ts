// `kubehop fix`, and what `kubehop run` says of repairs.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const BLOCKED = `scenario: a port is blocked
cluster: { nodes: [node1, node2] }
steps:
  - { in: node2, run: iptables -A INPUT -p icmp -j DROP }
  - { id: ask, in: node1, run: ping -c 1 -W 1 node2 }
`;
const BUG = `scenario: forwarding is off
matrix: { forwarding: ["0", "1"] }
bug: { when: { forwarding: "0" } }
cluster: { nodes: [node1, node2] }
manifests:
  - { apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [{ name: c, image: nginx }] } }
  - { apiVersion: v1, kind: Pod, metadata: { name: b }, spec: { containers: [{ name: c, image: nginx }] } }
place: { a: node1, b: node2 }
steps:
  - { in: node1, run: "sysctl -q -w net.ipv4.ip_forward=\${forwarding}" }
  - { id: ask, send: { flow: "a > b:80", timeout: 1s }, expect: { broken: timeout, fixed: ok } }
`;
const DELETE = "iptables -D INPUT -p icmp -j DROP on node2";

describe("fix", () => {
  it("tells what would repair a failing step", async () => {
    await withFiles({ "a.yaml": BLOCKED }, async (folder) => {
      const typed = await kubehop("fix", `${folder}/a.yaml`);
      expect(typed.stdout).toContain(`${folder}/a.yaml  ask\n  ${folder}/a.yaml:5:32  exit status: 1, expected 0\n`);
      expect(typed.stdout).toContain(`\n  would fix ${DELETE}   (tried: 1 of 1)\n`);
      expect(typed).toMatchObject({ code: 0, stderr: "" });
    });
  });

  it("of a bug file: what the fixed half wants of a broken cell", async () => {
    await withFiles({ "a.yaml": BUG }, async (folder) => {
      const typed = await kubehop("fix", `${folder}/a.yaml`, "--cell", "forwarding=0", "--json");
      expect(JSON.parse(typed.stdout)).toMatchObject({
        version: 1,
        cell: { forwarding: "0" },
        step: "ask",
        fixes: [{ text: "sysctl -w net.ipv4.ip_forward=1 on node1", tried: "1 of 1" }],
      });
      expect((await kubehop("fix", `${folder}/a.yaml`, "--cell", "forwarding=1")).stdout).toContain(
        "nothing to repair",
      );
    });
  });

  it("finds nothing: exit code 1", async () => {
    const hopeless = BLOCKED.replace("ping -c 1 -W 1 node2", "ping -c 1 -W 1 192.168.99.99");
    await withFiles({ "a.yaml": hopeless }, async (folder) => {
      const typed = await kubehop("fix", `${folder}/a.yaml`);
      expect(typed.code).toBe(1);
      expect(typed.stdout).toMatch(
        /\n {2}none repairs it: \d+ changes tried \(.*\b1 rule, .*\b3 settings of the cluster, .*\breleases\)\n$/,
      );
    });
  });

  it("does not look into tables of flows, and says so", async () => {
    const table = `${BLOCKED.replace("-j DROP", "-j ACCEPT")}flows: |\n  | flow | reach |\n  | node1 > node2/icmp | drop |\n`;
    await withFiles({ "a.yaml": table }, async (folder) => {
      expect((await kubehop("fix", `${folder}/a.yaml`)).stdout).toBe(
        `${folder}/a.yaml  nothing to repair: all expectations outside of tables of flows hold\n`,
      );
    });
  });

  it("names what it does not know", async () => {
    await withFiles({ "a.yaml": BLOCKED }, async (folder) => {
      expect(await kubehop("fix", `${folder}/a.yaml`, "--step", "nobody")).toMatchObject({ code: 2, stdout: "" });
      expect(await kubehop("fix")).toMatchObject({ code: 2, stdout: "" });
    });
  });
});

describe("run", () => {
  it("tells repairs of what failed, unless they are not wanted", async () => {
    await withFiles({ "a.yaml": BLOCKED }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`, "--json", `${folder}/r.json`);
      expect(typed.stdout).toContain(`\n  would fix ${DELETE}   (tried: 1 of 1)\n`);
      expect(readFileSync(`${folder}/r.json`, "utf8")).toContain(DELETE);
      expect((await kubehop("run", `${folder}/a.yaml`, "--no-fix")).stdout).not.toContain("would fix");
    });
  });

  it("names the step that a repair is for, where several fail", async () => {
    const two = `${BLOCKED}  - { id: other, in: node1, run: ping -c 1 -W 1 192.168.99.99 }\n`;
    await withFiles({ "a.yaml": two }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`, "--json", `${folder}/r.json`);
      expect(typed.stdout).toContain(`\n  would fix ${DELETE}   (step ask, tried: 1 of 2)\n`);
      expect(readFileSync(`${folder}/r.json`, "utf8")).toContain('"step": "ask"');
    });
  });

  it("repairs no cell that was to show a bug and does not", async () => {
    await withFiles({ "a.yaml": BUG.replace("broken: timeout", "broken: refused") }, async (folder) => {
      const typed = await kubehop("run", `${folder}/a.yaml`);
      expect(typed.stdout).toContain("result: timeout, expected refused");
      expect(typed.stdout).not.toContain("would fix");
    });
  });
});
