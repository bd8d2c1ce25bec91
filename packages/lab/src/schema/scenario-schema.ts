// The whole file. The types of the grammar are inferred from here; the JSON Schema and docs/SCENARIO.md are printed from here.
import * as z from "zod";
import { buildSchema, namespacesSchema } from "./bare-schema.ts";
import { cellsSchema, matrixValues } from "./cells-schema.ts";
import { clusterSchema } from "./cluster-schema.ts";
import type { expectSchema } from "./expect-schema.ts";
import { plainExpectSchema } from "./expect-schema.ts";
import * as leaf from "./leaves.ts";
import { optional, required } from "./key.ts";
import { pinSchema, serveSchema } from "./pin-schema.ts";
import { stepSchema } from "./step-schema.ts";

const title = leaf.line;
const oneOrMore = z.union([leaf.text, z.array(leaf.text)]);

const BECAUSE = "because: { packet: { in: node1, dev: cni0, flags: S. } }";

export const scenarioSchema = z.strictObject({
  scenario: optional(
    title,
    "Title. The key that makes a YAML file a scenario when it comes first.",
    "scenario: a Service call to a pod on the same node hangs",
    "required",
  ),
  lab: optional(title, "Title, in place of `scenario`.", "lab: find the missing rule"),
  refs: optional(oneOrMore, "Upstream issues; shown in reports.", "refs: [kubernetes/kubernetes#56903]", "none"),
  source: optional(leaf.text, "The document it reproduces.", "source: 004_425411c8b5cb53e8.txt", "none"),
  matrix: optional(
    z.record(z.string(), z.union([matrixValues, leaf.text])),
    "Name to values, or to a range 1..5. Every combination is a case; ${name} stands for the value anywhere below and in manifests.",
    "matrix: { br_netfilter: [absent, loaded] }",
    "one case",
  ),
  bug: optional(
    z.strictObject({
      when: required(
        cellsSchema,
        'Matrix name to value (or values): the cases in which `expect.broken` must hold. Where the values are releases, a range may stand for them: `"<1.30.1"`, `">=1.27 <1.30"`.',
        "when: { br_netfilter: absent }",
      ),
      because: optional(
        plainExpectSchema,
        "The cause: an expectation that must hold at the end of some step of every broken case.",
        BECAUSE,
      ),
    }),
    "Where the bug shows, and its cause.",
    "bug: { when: { br_netfilter: absent } }",
    "none",
  ),
  mutations: optional(
    z.array(z.record(z.string(), z.unknown())),
    "Edits of this file (path: value, null takes a key out), each of which must make an expectation fail (`run --mutate`).",
    'mutations: [{ "cluster.nodes.node1.modules.br_netfilter": loaded }]',
    "none",
  ),
  cluster: optional(
    clusterSchema,
    "Machines, versions, pod network.",
    "cluster: { cni: flannel, nodes: [node1, node2], hosts: [client] }",
    "newest release, flannel, 2 nodes",
  ),
  namespaces: optional(
    namespacesSchema,
    "A lab without Kubernetes, in place of `cluster`, `manifests`, `place` and `serve`: network namespaces of the newest kernel with the newest tools, a list of names, or a map of name to settings. All of them are there before anything is built.",
    "namespaces: { N1: {}, A: { mute: [eth0] } }",
    "a cluster",
  ),
  build: optional(
    buildSchema,
    "What is typed in the namespaces before time 0, in this order; every command must succeed.",
    "build: [{ in: N1, run: ip link add vA type veth peer name eth0 netns A }]",
    "none",
  ),
  manifests: optional(
    z.array(z.union([leaf.text, z.record(z.string(), z.unknown())])),
    "Kubernetes objects, applied before time 0: paths (relative to this file), or objects.",
    "manifests: [./web.yaml]",
    "none",
  ),
  place: optional(
    z.record(leaf.podRef, z.union([leaf.text, z.array(leaf.text)])),
    "Pods to nodes; a list takes a workload's pods in turn.",
    "place: { export#3: node1 }",
    "by the scheduler",
  ),
  pin: optional(
    pinSchema,
    "What a document fixes and chance would decide.",
    "pin: { pods: { export#3: { ip: 100.96.54.247 } } }",
    "by seed",
  ),
  timing: optional(
    z.record(leaf.text, leaf.duration),
    "Delays of the control plane from time 0 on: how much later an agent (kube-proxy, or node1/kube-proxy) hears of the API server's changes, and how much later the endpoints controller acts on them.",
    "timing: { kube-proxy: 500ms, node1/kubelet: 2s, endpoints: 100ms }",
    "at once",
  ),
  names: optional(
    z.record(leaf.text, leaf.text),
    "Aliases: for a pod, a machine, a Service or an address.",
    "names: { L: web#1, cip: svc/web }",
    "none",
  ),
  serve: optional(
    serveSchema,
    "What pods answer; none: nothing listens.",
    "serve: { web: { http: 80, body: hello } }",
    "by image",
  ),
  flows: optional(
    leaf.text,
    "A table of flows, judged at time 0: who may answer, with every random choice. Columns: `flow`, the values of one axis of the matrix or `reach`, and `except` (`1.28 Local: L* R*; 1.10: drop`).",
    "flows: |\n  | flow | reach |\n  | client > svc/web:80 | web#1 web#2 |",
    "none",
  ),
  steps: optional(
    z.array(stepSchema).min(1),
    "What happens, one after the other.",
    "steps: [{ in: client, run: ping -c 1 web#1 }]",
    "required, unless there is `flows`",
  ),
});

export type ScenarioFile = z.infer<typeof scenarioSchema>;
export type StepFile = z.infer<typeof stepSchema>;
export type ClusterFile = z.infer<typeof clusterSchema>;
export type ExpectFile = z.infer<typeof expectSchema>;
export type PlainExpectFile = z.infer<typeof plainExpectSchema>;
