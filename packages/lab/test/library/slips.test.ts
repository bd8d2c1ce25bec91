// Slips in a test must not pass for results: `.not.toReach` would take each of them for success.
import { describe, expect, it } from "vitest";
import { LabError } from "../../src/library/lab-error.ts";
import { loadLab } from "../../src/library/load-lab.ts";
import "../../src/vitest/index.ts";
import type { ReachExpectation } from "../../src/vitest/to-reach.ts";
import { SHELL, web } from "../steps/run.ts";

const SOURCE = {
  file: "lab.yaml",
  text: "scenario: x\ncluster: { nodes: { node1: {}, node2: {} } }\nmanifests: [./web.yaml]\n",
  readFile: (path: string) => (path === "./web.yaml" ? `${web(2)}---\n${SHELL}` : undefined),
};

describe("toReach and not.toReach", () => {
  it.each<[unknown, string]>([
    [{ bakend: "web#1" }, 'toReach: unknown key bakend: did you mean "backend"?'],
    [{ by: "web#1" }, "toReach: unknown key by: there are backend, client, ttl"],
    [{ ttl: "62" }, 'toReach: ttl wants a whole number, found "62"'],
    [{ ttl: Number.NaN }, "toReach: ttl wants a whole number, found NaN"],
    [{ backend: [] }, "toReach: backend wants a name or a list of names, found a list"],
    [{ backend: undefined }, "toReach: backend wants a name or a list of names, found undefined"],
    [{ client: 7 }, "toReach: client wants a name or an address, found 7"],
    ["web#1", 'toReach wants { backend, client, ttl }, found "web#1"'],
    [null, "toReach wants { backend, client, ttl }, found null"],
    [{ backend: "web#9" }, 'toReach: backend "web#9" is no pod, workload, machine or alias now'],
    [{ backend: ["web#1", "pod/nobody"] }, 'toReach: backend "pod/nobody" is no pod'],
    [{ client: "nodeX" }, 'toReach: client "nodeX" is no place, alias or address now'],
  ])("throw for %j", async (slip, message) => {
    const reached = await (await loadLab(SOURCE)).from("pod/shell").send("svc/web:80");
    const expected = slip as ReachExpectation;
    await expect(expect(reached).toReach(expected)).rejects.toThrow(message);
    await expect(expect(reached).not.toReach(expected)).rejects.toThrow(message);
  });

  it.each([
    ["true", "node1$ true: no request was made, so it neither reached nor failed to"],
    ["ip route show table nope", "no request was made"],
  ])("throw where nothing was asked: %s", async (line, message) => {
    const reached = await (await loadLab(SOURCE)).node("node1").run(line);
    await expect(expect(reached).toReach()).rejects.toThrow(message);
    await expect(expect(reached).not.toReach()).rejects.toThrow(message);
  });

  it.each([
    [5, "5"],
    [undefined, "undefined"],
    ["ok", '"ok"'],
    [{ result: "ok" }, "another object"],
  ])("throw for %j, which no lab gave", async (received, said) => {
    const message = `toReach judges what curl, send, ping or run of a lab gave, found ${said}`;
    await expect(expect(received).toReach()).rejects.toThrow(message);
    await expect(expect(received).not.toReach()).rejects.toThrow(message);
  });
});

describe("a lab", () => {
  it.each([Number.NaN, -1.5, -1, 1.5, Number.POSITIVE_INFINITY])("wants a seed, not %d", async (seed) => {
    const loaded = loadLab(SOURCE, { seed });
    await expect(loaded).rejects.toThrow(LabError);
    await expect(loaded).rejects.toThrow(`seed wants a whole number from 0 on, found ${seed}`);
  });

  it("takes no URL or target for an option", async () => {
    const shell = (await loadLab(SOURCE)).from("pod/shell");
    await expect(shell.curl("-V")).rejects.toThrow('"-V" is an option; options are written with run()');
    await expect(shell.ping("-f")).rejects.toThrow(LabError);
  });
});
