// What is possible, found out by trying: every random choice, none of which sees a trace of another.
import { describe, expect, it } from "vitest";
import { Cluster } from "../../src/cluster/cluster.ts";
import { explore, MAX_COMBINATIONS, type Replay } from "../../src/flows/explore.ts";
import { loadScenario } from "../../src/load/load-scenario.ts";
import type { RowFates } from "../../src/model/flow-table.ts";
import { type SendFlow, sendFlow } from "../../src/model/step-spec.ts";
import { parseFlow } from "../../src/schema/notation.ts";
import { web } from "../steps/run.ts";
import { FILES, scenario } from "./lab.ts";

function flow(text: string): SendFlow {
  const parsed = parseFlow(text);
  const sent = typeof parsed === "string" ? parsed : sendFlow(parsed);
  if (typeof sent === "string") throw new Error(sent);
  return sent;
}

/** Clusters of a file, counted; `prepare` types rules on them. */
class Clusters {
  count = 0;
  readonly #text: string;
  readonly #files: Readonly<Record<string, string>>;
  readonly #prepare: (cluster: Cluster) => void;

  constructor(text: string, files = FILES, prepare: (cluster: Cluster) => void = () => undefined) {
    this.#text = text;
    this.#files = files;
    this.#prepare = prepare;
  }

  readonly replay: Replay = (use) => {
    this.count++;
    const loaded = loadScenario("lab.yaml", this.#text, (path) => this.#files[path]);
    const plan = loaded.ok ? loaded.scenario.cells[0] : undefined;
    if (plan === undefined) throw new Error("no cell");
    const cluster = Cluster.build(plan, 1);
    this.#prepare(cluster);
    use(cluster);
  };
}

const STEPS = "steps: [{ wait: 1s }]\n";

function texts(rows: readonly RowFates[]): string[] {
  return rows.map(({ flow: name, fates }) => `${name}: ${fates.map(({ text }) => text).join(" ")}`);
}

/** Rules on node1, in front of all others. */
function typed(...rules: string[]): (cluster: Cluster) => void {
  return ({ places }) => {
    const ns = places.find("node1")?.ns;
    for (const rule of rules) {
      const result = ns?.xt.backend().command(rule.split(" "));
      if (result === undefined || result.exit !== 0) throw new Error(`${rule}: ${result?.stderr}`);
    }
  };
}

describe("exploring", () => {
  const flows = ["shell > svc/web:80", "L > svc/web:80", "shell > L:81", "client > svc/web:80", "shell > R/icmp"].map(
    flow,
  );
  const wanted = [
    "shell > svc/web:80: L R",
    "L > svc/web:80: L* R",
    "shell > L:81: refused",
    "client > svc/web:80: drop",
    "shell > R/icmp: ok",
  ];

  it("one cluster serves for all flows, and says what fresh ones say", () => {
    const [one, fresh] = [new Clusters(scenario(STEPS)), new Clusters(scenario(STEPS))];
    expect(texts(explore(one.replay, { flows, endpoints: ["L", "R"], settled: true }))).toEqual(wanted);
    expect(texts(explore(fresh.replay, { flows, endpoints: ["L", "R"], settled: false }))).toEqual(wanted);
    expect([one.count, fresh.count]).toEqual([1, 7]);
  });

  it("finds as many endpoints as there are, and names them without being told how", () => {
    const many = new Clusters(scenario(STEPS), { ...FILES, "web.yaml": web(9) });
    const [row] = explore(many.replay, { flows: [flow("shell > svc/web:80")], endpoints: [], settled: true });
    const rest = Array.from({ length: 7 }, (_, i) => `web#${i + 3}`);
    expect(row?.fates.map(({ text }) => text).toSorted()).toEqual(["L", "R", ...rest]);
  });

  it("an affinity is not handed from one try to the next", () => {
    const sticky = web(2).replace("spec: { clusterIP", "spec: { sessionAffinity: ClientIP, clusterIP");
    const clusters = new Clusters(scenario(STEPS), { ...FILES, "web.yaml": sticky });
    const rows = explore(clusters.replay, { flows: [flow("shell > svc/web:80")], endpoints: [], settled: true });
    expect(texts(rows)).toEqual(["shell > svc/web:80: L R"]);
    expect(clusters.count).toBe(2);
  });

  it("a port that the flow fixes is free again", () => {
    const clusters = new Clusters(scenario(STEPS));
    const rows = explore(clusters.replay, { flows: [flow("shell:4000 > svc/web:80")], endpoints: [], settled: true });
    expect(texts(rows)).toEqual(["shell:4000 > svc/web:80: L R"]);
    expect(clusters.count).toBe(2);
  });

  it("follows random rules of any table, but not those that are certain", () => {
    const drop = (how: string): string => `-I FORWARD -p tcp --dport 80 -m statistic --mode random ${how} -j DROP`;
    const asked = (rule: string): string[] => {
      const clusters = new Clusters(scenario(STEPS), FILES, typed(rule));
      return texts(explore(clusters.replay, { flows: [flow("shell > R:80")], endpoints: [], settled: true }));
    };
    expect(asked(drop("--probability 0.01"))).toEqual(["shell > R:80: drop R"]);
    expect(asked(drop("--probability 0"))).toEqual(["shell > R:80: R"]);
    expect(asked(drop("! --probability 0"))).toEqual(["shell > R:80: drop"]);
    expect(asked(drop("--probability 1"))).toEqual(["shell > R:80: drop"]);
    expect(asked(drop("! --probability 1"))).toEqual(["shell > R:80: R"]);
  });

  it("a repeated SYN chooses as the first did", () => {
    const rule = "-I FORWARD -p tcp --dport 80 -m statistic --mode random --probability 0.5 -j DROP";
    const clusters = new Clusters(scenario(STEPS), FILES, typed(rule));
    explore(clusters.replay, { flows: [flow("shell > R:80")], endpoints: [], settled: false });
    expect(clusters.count).toBe(2);
  });

  it("a request whose reply is lost is not answered, and it is said who got it", () => {
    const clusters = new Clusters(
      scenario(STEPS),
      FILES,
      typed("-I FORWARD -p tcp --sport 80 --tcp-flags PSH PSH -j DROP"),
    );
    const [row] = explore(clusters.replay, { flows: [flow("shell > R:80/tcp")], endpoints: ["R"], settled: true });
    expect(row?.fates.map(({ text }) => text)).toEqual(["drop"]);
    expect(row?.fates[0]?.because.slice(0, 2)).toEqual([
      "R was reached, its reply was not",
      "node1 filter FORWARD 1 -j DROP",
    ]);
  });

  it("says which rules decided, whose they are, and where that is written", () => {
    const clusters = new Clusters(scenario(STEPS));
    const [row] = explore(clusters.replay, { flows: [flow("node1 > svc/web:80")], endpoints: ["R"], settled: true });
    const lines = row?.fates.find(({ text }) => text === "R*")?.because ?? [];
    const shown = lines.map((line) => line.replaceAll(/(KUBE-(?:SVC|SEP)-)\w+/g, "$1…"));
    expect(shown).toEqual([
      "node1 nat KUBE-SVC-… 1 → KUBE-MARK-MASQ 1 -j MARK --set-xmark 0x4000/0x4000  (Service default/web:80, web.yaml:14)",
      "node1 nat KUBE-SVC-… 3 → KUBE-SEP-… 2 -j DNAT --to-destination 10.244.1.2:80  (Service default/web:80, web.yaml:14)",
      "node1 nat POSTROUTING 1 → KUBE-POSTROUTING 2 -j MARK --set-xmark 0x4000/0x0  (kube-proxy)",
      "node1 nat POSTROUTING 1 → KUBE-POSTROUTING 3 -j MASQUERADE --random-fully  (kube-proxy)",
    ]);
  });

  it("too many combinations are refused", () => {
    const rules = Array.from(
      { length: 10 },
      (_, i) => `-I FORWARD -m statistic --mode random --probability 0.5 -m comment --comment r${i}`,
    );
    const clusters = new Clusters(scenario(STEPS), FILES, typed(...rules));
    const ask = (): unknown =>
      explore(clusters.replay, { flows: [flow("shell > R/icmp")], endpoints: [], settled: true });
    expect(ask).toThrow(`shell > R/icmp: more than ${MAX_COMBINATIONS} combinations of random choices are not tried`);
  });
});
