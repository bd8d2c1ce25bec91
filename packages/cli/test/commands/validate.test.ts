import { describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const GOOD = "scenario: x\nmatrix: { m: [a, b] }\nmanifests: [./web.yaml]\nsteps: [{ run: ip route }]\n";
const POD =
  "apiVersion: v1\nkind: Pod\nmetadata: { name: client }\nspec: { containers: [{ name: c, image: nginx }] }\n";

describe("validate", () => {
  it("says how many cases a good file has", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      expect(await kubehop("validate", `${folder}/a.yaml`)).toEqual({
        code: 0,
        stdout: `${folder}/a.yaml: ok, 2 cases\n`,
        stderr: "",
      });
    });
  });

  it("searches folders, passes over other YAML, hidden files and node_modules", async () => {
    const files = {
      "x/a.yaml": GOOD,
      "x/web.yaml": POD,
      "b.yml": GOOD.replace("./web", "x/web"),
      ".git/c.yaml": "scenario: broken",
      "node_modules/d.yaml": "scenario: broken",
    };
    await withFiles(files, async (folder) => {
      expect(await kubehop("validate", folder, `${folder}/b.yml`)).toEqual({
        code: 0,
        stdout: `${folder}/b.yml: ok, 2 cases\n${folder}/x/a.yaml: ok, 2 cases\n`,
        stderr: "",
      });
    });
  });

  it("shows every mistake of every file, exit code 2", async () => {
    await withFiles(
      { "a.yaml": "scenario: x\nfoo: 1\nsteps: [{ rnu: a }]\n", "b.yaml": GOOD, "web.yaml": POD },
      async (folder) => {
        const { code, stdout, stderr } = await kubehop("validate", folder);
        expect(code).toBe(2);
        expect(stderr).toBe("");
        expect(stdout.replace(/(?<=a step needs one of ).*/, "…")).toBe(`${folder}/a.yaml:2:1: unknown key "foo"
   2 | foo: 1
     | ^^^

${folder}/a.yaml:3:11: unknown key "rnu" in steps[0]
   3 | steps: [{ rnu: a }]
     |           ^^^
hint: did you mean "run"?

${folder}/b.yaml: ok, 2 cases
`);
      },
    );
  });

  it("a mistake in a manifest is shown in the manifest", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD.replace("containers", "contianers") }, async (folder) => {
      expect((await kubehop("validate", `${folder}/a.yaml`)).stdout).toContain(
        `${folder}/web.yaml:4:9: unknown key "contianers" in spec`,
      );
    });
  });

  it("--resolved prints the defaults", async () => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      const { stdout } = await kubehop("validate", "--resolved", `${folder}/a.yaml`);
      expect(stdout).toContain("  cluster.kubernetes: 1.28  (newest)\n");
      expect(stdout).toContain("  Pod default/client metadata.namespace: default\n");
    });
  });

  it("--resolved prints the cluster as it stands at time 0", async () => {
    const text = `${GOOD.replace(/matrix.*\n/, "").replace("./web", "web")}pin: { pods: { client: { ip: 10.244.0.7, veth: veth0a, vethMac: "6a:00:00:00:00:01" } } }
place: { client: node1 }
serve: { client: { udp-echo: 53 } }
cluster: { nodes: [node1] }
`;
    const service = `${POD}---\napiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { type: NodePort, clusterIP: 10.96.0.80, ports: [{ name: http, port: 80, targetPort: 8080, nodePort: 30080 }] }\n`;
    await withFiles({ "a.yaml": text, "web.yaml": service }, async (folder) => {
      const { code, stdout } = await kubehop("validate", "--resolved", `${folder}/a.yaml`);
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /at time 0, seed 1:\n {4}node node1 {2}192\.168\.99\.11\n {6}eth0 {2}192\.168\.99\.11\/24 {2}\S+ {2}mtu 1500\n {6}flannel\.1 /,
      );
      expect(stdout).toMatch(
        /pod default\/client \(pod\/client\) {2}node1 {2}10\.244\.0\.7 {2}\S+ {2}mtu 1450 {2}veth0a 6a:00:00:00:00:01 {2}serves echo 53\/udp\n/,
      );
      expect(stdout).toContain("svc default/web  NodePort 10.96.0.80  http 80/TCP > 8080, node port 30080\n");
    });
  });
});

describe("schema", () => {
  it("prints JSON Schema", async () => {
    const { code, stdout } = await kubehop("schema");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: "kubehop scenario", type: "object" });
  });
});

describe("explain", () => {
  it.each([
    [["explain"], "kubehop explain: no file is named\nhint: kubehop explain FILE ['FLOW']\n"],
    [
      ["explain", "F", "a", "b"],
      "kubehop explain: one flow at a time, found also b\nhint: put the flow in quotes: 'client > node1:30080'\n",
    ],
    [["explain", "F", "--full", "--minimal"], "kubehop explain: --minimal and --full exclude each other\n"],
    [["explain", "F", "--cell", "m=z"], "kubehop explain: no cell has m=z\nhint: cells: [m=a] [m=b]\n"],
    [
      ["explain", "F", "--cell", "nope=z"],
      'kubehop explain: "nope" is not a name of the matrix\nhint: matrix has: m\n',
    ],
    [["explain", "F", "--cell", "m"], 'kubehop explain: --cell wants NAME=VALUE, found "m"\n'],
  ])("%j", async (argv, stderr) => {
    await withFiles({ "a.yaml": GOOD, "web.yaml": POD }, async (folder) => {
      const typed = await kubehop(...argv.map((word) => (word === "F" ? `${folder}/a.yaml` : word)));
      expect(typed).toEqual({ code: 2, stdout: "", stderr });
    });
  });
});

describe("validate, of what only a run would meet", () => {
  it("says what run refuses: programs that are not there, wherever they stand in a line", async () => {
    const steps = `scenario: x
manifests: [./web.yaml]
steps:
  - { in: node1, run: tc qdisc show }
  - in: client
    run: |
      ip route
      ip -s link | /usr/bin/awk '{ print $1 }'
  - { in: client, run: "timeout 5 nslookup web" }
  - { run: "kubectl exec client -- dig web" }
  - { in: client, run: "sh -c 'curll http://web'" }
  - { in: client, run: 'curl "http://$WEB/"' }
`;
    await withFiles({ "a.yaml": steps, "web.yaml": POD }, async (folder) => {
      const { code, stdout } = await kubehop("validate", `${folder}/a.yaml`);
      expect(code).toBe(2);
      const said = stdout.split("\n").filter((line) => /^hint|a\.yaml:\d/.test(line));
      expect(said.map((line) => line.replace(/^.*\/a\.yaml:/, ""))).toEqual([
        "4:23: tc is not modelled: queueing is not modelled",
        "8:20: /usr/bin/awk is not modelled: use grep",
        "9:35: nslookup is not modelled: names are answered by the cluster",
        "10:36: dig is not modelled: names are answered by the cluster",
        "11:32: curll: kubehop has no such command",
        'hint: did you mean "curl"?',
        "12:24: bash: the variable $WEB is not modelled by kubehop",
      ]);
    });
  });

  it("tries every mutation: one that breaks the grammar breaks no expectation", async () => {
    const text = `${GOOD}mutations:
  - steps[0].untl: 5s
  - steps[0].repeat: 2
  - steps[0].every: [3]
  - steps[0].run.foo: 3
`;
    await withFiles({ "a.yaml": text, "web.yaml": POD }, async (folder) => {
      const first = await kubehop("validate", `${folder}/a.yaml`);
      expect(first).toMatchObject({
        code: 2,
        stdout: expect.stringContaining("a.yaml:9:5: steps[0].run.foo leads") as unknown,
      });
    });
    await withFiles({ "a.yaml": text.replace("  - steps[0].run.foo: 3\n", ""), "web.yaml": POD }, async (folder) => {
      const { code, stdout } = await kubehop("validate", `${folder}/a.yaml`);
      expect(code).toBe(2);
      expect(stdout).toContain('a.yaml:6:5: with this edit the file cannot be read: unknown key "untl" in steps[0]');
      expect(stdout).toContain("a.yaml:8:5: with this edit the file cannot be read: ");
      expect(stdout).not.toContain("a.yaml:7:");
    });
  });
});
