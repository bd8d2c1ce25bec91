// A cluster forgets what a request left in it, or says that it cannot.
import { describe, expect, it } from "vitest";
import { Choices } from "../../src/cluster/choices.ts";
import { Cluster } from "../../src/cluster/cluster.ts";
import { EndpointNames } from "../../src/flows/endpoint-names.ts";
import { Imprint } from "../../src/flows/imprint.ts";
import { tryFlow } from "../../src/flows/try-flow.ts";
import { sendFlow } from "../../src/model/step-spec.ts";
import { parseFlow } from "../../src/schema/notation.ts";
import { tableRows } from "../../src/steps/rows.ts";
import { scenarioOf } from "../load/read.ts";
import { FILES, scenario } from "./lab.ts";

function cluster(): Cluster {
  const [plan] = scenarioOf(scenario("steps: [{ wait: 1s }]\n"), FILES).cells;
  if (plan === undefined) throw new Error("no cell");
  return Cluster.build(plan, 1);
}

function ask(asked: Cluster, text: string): string {
  const parsed = parseFlow(text);
  const flow = typeof parsed === "string" ? parsed : sendFlow(parsed);
  if (typeof flow === "string") throw new Error(flow);
  return tryFlow(asked, flow, new Choices(), new EndpointNames(asked, [])).fate.text;
}

/** Rows that requests leave on all machines and in all pods. */
function left(asked: Cluster): string[] {
  return [...asked.world.namespaces.values()].flatMap((ns) =>
    (["conntrack", "neigh", "fdb"] as const).flatMap((table) =>
      tableRows(ns, table).map(({ state: _state, ...row }) => `${ns.name} ${table} ${Object.values(row).join(" ")}`),
    ),
  );
}

describe("an imprint", () => {
  it("entries, neighbours and learned addresses are forgotten", () => {
    const asked = cluster();
    const before = left(asked);
    const imprint = new Imprint(asked);
    expect(ask(asked, "shell > svc/web:80")).toBe("L");
    expect(ask(asked, "client > R:80")).toBe("drop");
    expect(ask(asked, "shell > R:80")).toBe("R");
    expect(left(asked).length).toBeGreaterThan(before.length + 5);
    expect(imprint.restore()).toBe(true);
    expect(left(asked)).toEqual(before);
  });

  it("an entry that was there before cannot be brought back", () => {
    const asked = cluster();
    ask(asked, "shell > R:80");
    const imprint = new Imprint(asked);
    ask(asked, "shell > L:80");
    expect(imprint.restore()).toBe(false);
  });

  it("lists and counters of rules are not looked into: such a cluster serves once", () => {
    const asked = cluster();
    const ns = asked.places.find("node1")?.ns;
    const rule = ["-A", "FORWARD", "-m", "limit", "--limit", "1/hour", "--limit-burst", "1", "-j", "ACCEPT"];
    expect(ns?.xt.backend().command(rule).stderr).toBe("");
    expect(new Imprint(asked).restore()).toBe(false);
  });
});
