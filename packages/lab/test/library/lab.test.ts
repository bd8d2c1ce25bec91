// What a program is told: mistakes of the file and of its own, and why something was not reached.
import { describe, expect, it } from "vitest";
import { loadLab } from "../../src/library/load-lab.ts";
import "../../src/vitest/index.ts";
import { judgeReach } from "../../src/vitest/to-reach.ts";
import { SHELL, web } from "../steps/run.ts";

const MANIFEST = `${web(2)}---\n${SHELL}`;
const TEXT = `scenario: x
matrix: { m: [a, b] }
cluster: { nodes: { node1: {}, node2: {} } }
manifests: [./web.yaml]
`;
const FILES: Readonly<Record<string, string>> = { "lab.yaml": TEXT, "./web.yaml": MANIFEST };
const SOURCE = { file: "lab.yaml", readFile: (path: string) => FILES[path] };

describe("loadLab", () => {
  it("tells every mistake of the file, in place", async () => {
    await expect(loadLab("scenario: x\nfoo: 1\ncluster: { nodse: [a] }\n")).rejects.toThrow(
      /lab\.yaml:2:1: unknown key "foo"[^]*lab\.yaml:3:12: unknown key "nodse" in cluster[^]*did you mean "nodes"\?/,
    );
    await expect(loadLab({ file: "gone.yaml", readFile: () => undefined })).rejects.toThrow("gone.yaml: no such file");
  });

  it("takes the cell that is named", async () => {
    await expect(loadLab(SOURCE, { cell: { m: "c" } })).rejects.toThrow("no cell [m=c]: there are [m=a] [m=b]");
    await expect(loadLab(SOURCE, { cell: { m: "b" } })).resolves.toBeDefined();
  });

  it("leaves the steps of the file alone", async () => {
    const text = `${TEXT}steps: [{ in: node1, run: ip route del default }]\n`;
    const lab = await loadLab({ ...SOURCE, text });
    expect((await lab.node("node1").run("ip route show default")).stdout).toContain("default via");
  });
});

describe("a lab", () => {
  it("knows its places", async () => {
    const lab = await loadLab(SOURCE);
    expect(() => lab.from("pod/shel")).toThrow('there is no place "pod/shel" now');
    expect(() => lab.node("shell")).toThrow('no node is named "shell"; there are node1, node2');
    await expect(lab.send("pod/shell > svc/wbe:80")).rejects.toThrow("no address for svc/wbe");
    await expect(lab.wait("soon")).rejects.toThrow('"soon" is not a time');
    expect(() => lab.explain()).toThrow("nothing was asked yet");
  });

  it("refuses what is not modelled, and what never ends", async () => {
    const lab = await loadLab(SOURCE);
    await expect(lab.node("node1").run("nft list ruleset")).rejects.toThrow(/nft/);
    await expect(lab.from("pod/shell").run("ping web")).rejects.toThrow(
      "ping web: did not end within 3600 virtual seconds",
    );
  });

  it("knows who typed a rule: the call, and no line of the file", async () => {
    const lab = await loadLab(SOURCE);
    for (const node of ["node1", "node2"]) await lab.node(node).run("iptables -I FORWARD -j DROP");
    const { drops, explain } = await lab.from("pod/shell").curl("http://web");
    expect(drops[0]).toMatchObject({ agent: "typed", by: expect.stringMatching(/^typed in call [12]$/) as unknown });
    expect(explain()).toMatch(/DROPPED NETFILTER_DROP by filter\/FORWARD rule 1 +typed in call [12]\n/);
    expect(explain()).not.toContain("lab.yaml:1");
  });

  it("goes on after a call that broke off", async () => {
    const lab = await loadLab(SOURCE);
    await expect(lab.node("node1").run("nft list ruleset")).rejects.toThrow(/nft/);
    await expect(lab.from("pod/shell").curl("http://web")).resolves.toMatchObject({ result: "ok" });
  });

  it("takes lines and background commands, as run does", async () => {
    const lab = await loadLab(SOURCE);
    await lab.from("pod/shell").run("tcpdump -lni eth0 tcp &");
    await lab.from("pod/shell").curl("http://web");
    const shown = await lab.from("pod/shell").run("echo shown:\nfg");
    expect(shown.stdout).toMatch(/^shown:\n[^]* > \S+\.80: Flags \[S\]/);
  });

  it("takes any text for one word of a command", async () => {
    const lab = await loadLab(SOURCE);
    const reached = await lab.from("pod/shell").curl("http://web/'; ip link set eth0 down; echo '");
    expect(reached.what).toBe(
      String.raw`pod/shell$ curl --silent --show-error --max-time 5 'http://web/'\''; ip link set eth0 down; echo '\'''`,
    );
    expect((await lab.from("pod/shell").run("ip link show eth0")).stdout).toContain("state UP");
  });

  it("comes out the same when it is repeated", async () => {
    const play = async (): Promise<unknown> => {
      const lab = await loadLab(SOURCE, { seed: 3 });
      const first = await lab.from("pod/shell").curl("http://web");
      await lab.wait("2s");
      const second = await lab.from("pod/shell").send("svc/web:80");
      return [first, second].map(({ by, client, ttl, startedAt, endedAt, stdout }) => [
        by,
        client,
        ttl,
        startedAt,
        endedAt,
        stdout,
      ]);
    };
    expect(await play()).toEqual(await play());
  });

  it("explains the very request it made", async () => {
    const lab = await loadLab(SOURCE, { seed: 3 });
    const told = new Map<string, Set<string>>();
    for (let n = 0; n < 6; n++) {
      const { by = "", explain } = await lab.from("pod/shell").send("svc/web:80");
      const [, reference = "nobody"] = /delivered to tcp 0\.0\.0\.0:80 \((.*)\)/.exec(explain()) ?? [];
      told.set(by, (told.get(by) ?? new Set()).add(reference));
    }
    // Each pod is told by its own reference, and always by the same.
    expect([...told.values()].map((names) => names.size)).toEqual([1, 1]);
    expect(new Set([...told.values()].flatMap((names) => [...names]))).toEqual(new Set(["web#1", "web#2"]));
  });
});

describe("toReach", () => {
  it("says what is wrong and tells the way", async () => {
    const lab = await loadLab(SOURCE);
    const reached = await lab.from("pod/shell").send("svc/web:80");
    const wrong = judgeReach(reached, { backend: "pod/shell", client: "node1", ttl: 1 });
    expect(wrong.pass).toBe(false);
    const message = wrong.message();
    expect(message).toContain(`pod/shell > svc/web:80: backend: ${reached.by ?? ""}, expected pod/shell\n`);
    expect(message).toMatch(
      /\n {2}client: 10\.244\.\d\.\d, expected node1 \(192\.168\.99\.11\)\n {2}ttl: 6\d, expected 1\n/,
    );
    expect(message).toMatch(/\nREQUEST tcp [^]*KUBE-SERVICES[^]*\nREPLY /);
  });

  it("says where a request that was lost ended", async () => {
    const lab = await loadLab(SOURCE);
    await lab.node("node1").run("iptables -I FORWARD -j DROP");
    await lab.node("node2").run("iptables -I FORWARD -j DROP");
    const reached = await lab.from("pod/shell").curl("http://web");
    const { pass, message } = judgeReach(reached);
    expect(pass).toBe(false);
    expect(message()).toMatch(/result: timeout, expected ok\n {2}curl: \(28\)[^]*NETFILTER_DROP/);
    expect(reached.drops[0]).toMatchObject({ reason: "NETFILTER_DROP", rule: "-A FORWARD -j DROP" });
    await expect(reached).not.toReach();
    await expect(expect(Promise.resolve(reached)).toReach({ backend: "web#1" })).rejects.toThrow("result: timeout");
  });

  it("a command that asks nobody cannot be judged", async () => {
    const lab = await loadLab(SOURCE);
    const asked = await lab.node("node1").run("ip route");
    expect(() => judgeReach(asked)).toThrow("node1$ ip route: no request was made");
  });

  it("not.toReach says what was reached", async () => {
    const lab = await loadLab(SOURCE);
    const made = lab.from("pod/shell").send("svc/web:80");
    await expect(expect(made).not.toReach({ backend: ["web#1", "web#2"] })).rejects.toThrow(
      /reached default\/web-\S+, client 10\.244\.\d\.\d, ttl 6\d, and should not have/,
    );
  });
});
