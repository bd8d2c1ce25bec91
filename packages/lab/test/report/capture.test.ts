// The comments of captured frames: which packet, where on its way, what became of it.
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../src/load/load-scenario.ts";
import { capturingRunner } from "../../src/report/capture.ts";
import { cellRunner } from "../../src/steps/run-steps.ts";
import { SHELL, web } from "../steps/run.ts";

const OPT_COMMENT = 1;

/** Comments of all frames, in order, read from the blocks of the file. */
function commentsOf(pcapng: Uint8Array): string[] {
  const view = new DataView(pcapng.buffer, pcapng.byteOffset, pcapng.byteLength);
  const comments: string[] = [];
  for (let block = 0; block < pcapng.length; block += view.getUint32(block + 4, true)) {
    if (view.getUint32(block, true) !== 6) continue;
    const options = block + 28 + ((view.getUint32(block + 20, true) + 3) & ~3);
    if (view.getUint16(options, true) !== OPT_COMMENT) continue;
    const length = view.getUint16(options + 2, true);
    comments.push(new TextDecoder().decode(pcapng.subarray(options + 4, options + 4 + length)));
  }
  return comments;
}

function captured(steps: string): string[] {
  const files: Readonly<Record<string, string>> = { "web.yaml": `${web(1)}---\n${SHELL}` };
  const readFile = (path: string): string | undefined => files[path];
  const text = `scenario: x\nplace: { web: node1, shell: node2 }\nmanifests: [web.yaml]\nsteps:\n${steps}`;
  const loaded = loadScenario("a.yaml", text, readFile);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.diagnostics));
  const [plan] = loaded.scenario.cells;
  let found: string[] = [];
  const run = capturingRunner(cellRunner(readFile), (_plan, pcapng) => (found = commentsOf(pcapng)));
  if (plan !== undefined) run(plan, 1, () => undefined);
  return found;
}

describe("comments of frames", () => {
  it("follow a packet through tunnel and translation to its end", () => {
    const comments = captured("  - { in: shell, run: curl http://web/ }\n");
    const hops = comments.filter((one) => / delivered to tcp .*web/.test(one));
    expect(hops[0]).toMatch(/^pkt \d+ hop 4 default\/web-\S+\/eth0 in \S+: delivered to tcp /);
    const packet = /^pkt \d+ /.exec(hops[0] ?? "")?.[0] ?? "none";
    const way = comments.filter((one) => one.startsWith(packet)).join("\n");
    expect(way).toMatch(/hop 2 node2\/\S+ in \S+: dst 10\.96\.1\.1:80 ⇒ 10\.244\.\d\.\d+:80\n/);
    expect(way).toMatch(/hop 2 node2\/flannel\.1 out \S+: encapsulated by flannel\.1 in /);
    expect(way).toMatch(/hop 3 node1\/eth0 in \S+: input; decapsulated by flannel\.1/);
  });

  it("name the rule that dropped a packet, and who wrote it", () => {
    const own = captured(
      "  - { in: node1, run: iptables -I FORWARD -j DROP }\n  - { in: shell, run: curl --max-time 1 http://web/, expect: timeout }\n",
    );
    expect(own.join("\n")).toMatch(
      /hop 3 node1\/flannel\.1 in \S+: forward; dropped NETFILTER_DROP by typed in step 1 \(-A FORWARD -j DROP\)/,
    );
    const theirs = captured(
      "  - { run: kubectl scale deploy web --replicas=0 }\n  - { wait: 5s }\n  - { in: shell, run: curl --max-time 1 http://web/, expect: refused }\n",
    );
    expect(theirs.join("\n")).toMatch(
      /: forward; dropped NETFILTER_DROP by Service default\/web:80 \(-A KUBE-SERVICES .*-j REJECT/,
    );
  });

  it("are told of the frames of every step", () => {
    const once = captured("  - { in: shell, run: ping -c 1 web }\n");
    const twice = captured("  - { in: shell, run: ping -c 1 web }\n  - { in: shell, run: ping -c 1 web }\n");
    expect(twice.slice(0, once.length)).toEqual(once);
    expect(twice.length).toBeGreaterThan(once.length);
  });
});
