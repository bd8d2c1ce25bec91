// Every key's example in a scenario that has what the example speaks of: its pods, its Services, what stands beside it.
import { parse } from "yaml";
import { formatReferencePath, type ReferenceRow } from "../../src/schema/reference.ts";

type Tree = { readonly [key: string]: unknown };

/** Files that examples and their surroundings name. */
export const FILES: Readonly<Record<string, string>> = {
  "./web.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: nothing }\n",
  "town.yaml": town(3),
  "pairs.yaml": town(2),
};

/** A pod named client, and Deployments web and export with their Services. */
function town(replicas: number): string {
  const objects = [
    pod("client"),
    deployment("web", replicas),
    deployment("export", replicas),
    deployment("echo", replicas),
    service("web", "default", "{ name: http, port: 80 }"),
    service("export", "default", "{ port: 80 }"),
    service("echo", "default", "{ port: 80 }"),
    service("dns", "default", "{ port: 53, protocol: UDP }"),
    service("export", "prod", "{ port: 80 }"),
  ];
  return objects.join("---\n");
}

function pod(name: string): string {
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: c, image: alpine }] }\n`;
}

function deployment(name: string, replicas: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: c, image: nginx }] }
`;
}

function service(name: string, namespace: string, port: string): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { type: NodePort, selector: { app: ${name} }, ports: [${port}] }
`;
}

const CURL = "curl --silent --max-time 5 http://web/";
const CLUSTER: Tree = { scenario: "x", manifests: ["town.yaml"], steps: [{ in: "client", run: CURL }] };
const NAMESPACES: Tree = {
  scenario: "x",
  namespaces: { N1: {}, A: {} },
  steps: [{ in: "N1", run: "ip link" }],
};
const VETH = [{ in: "N1", run: "ip link add vA type veth peer name eth0 netns A" }];
const VERBS = ["run", "send", "inject", "datagram", "wait", "flows", "fault", "race"];

/** A bug whose step tells its halves apart. */
const HALVES: Tree = {
  matrix: { m: ["a", "b"] },
  bug: { when: { m: "a" } },
  steps: [{ expect: { broken: "timeout", fixed: "ok" } }],
};

/** A machine outside the cluster knows no name of a Service. */
const OUTSIDE: Tree = { steps: [{ in: "client", run: "ip route" }] };

const AGENT: Tree = { steps: [{ fault: { agent: "node1/kubelet" } }] };
const LINK: Tree = { steps: [{ fault: { link: "node1 eth0" } }] };

/** What stands around an example, by the beginning of its key's path; all that fit are taken together. */
const AROUND: readonly (readonly [path: string, around: Tree])[] = [
  [
    "bug",
    {
      matrix: { br_netfilter: ["absent", "loaded"] },
      bug: { when: { br_netfilter: "absent" } },
      cluster: { nodes: { node1: { modules: { br_netfilter: "${br_netfilter}" } } } },
      steps: [{ expect: { broken: "timeout", fixed: "ok" } }],
    },
  ],
  [
    "mutations",
    {
      cluster: { nodes: { node1: { modules: { br_netfilter: "absent" } }, node2: {} } },
      place: { client: "node1", web: "node1" },
      steps: [{ expect: "timeout" }],
    },
  ],
  ["cluster.nodes.*.modules", { steps: [{ expect: "timeout" }] }],
  ["cluster.nodes.*.sysctls", { steps: [{ expect: "timeout" }] }],
  ["cluster.nodes.*.taints", { steps: [{ in: "admin", run: "kubectl get nodes" }] }],
  ["cluster.hosts", OUTSIDE],
  ["cluster.agents", { cluster: { docker: true } }],
  ["cluster.nodes.*.iptables.backend", { cluster: { nodes: { node1: { iptables: { version: "1.8.7" } } } } }],
  ["pin.pods.*.ip", { place: { "export#3": "node2" } }],
  ["serve.*.", { serve: { web: { http: 80 } } }],
  ["flows", { manifests: ["pairs.yaml"] }],
  ["steps[].flows", { manifests: ["pairs.yaml"] }],
  ["steps[].when", { matrix: { br_netfilter: ["absent", "loaded"] } }],
  ["steps[].every", { steps: [{ until: "2s" }] }],
  ["steps[].until", { steps: [{ every: "1s" }] }],
  ...["flow", "since", "within"].map((key) => [`steps[].expect.${key}`, { steps: [{ expect: { lost: 0 } }] }] as const),
  ["steps[].held", { steps: [{ in: "node1", race: ["client > svc/dns:53/udp", "client > svc/dns:53/udp"] }] }],
  ["steps[].race", { steps: [{ in: "node1" }] }],
  ["steps[].fault.do", AGENT],
  ["steps[].fault.by", { steps: [{ fault: { agent: "node1/kubelet", do: "delay" } }] }],
  ["steps[].fault.agent", { steps: [{ fault: { do: "kill" } }] }],
  ...["loss", "delay", "duplicate", "cut", "drop"].map((key) => [`steps[].fault.${key}`, LINK] as const),
  ["steps[].fault.reorder", { steps: [{ fault: { link: "node1 eth0", delay: "5ms" } }] }],
  ["steps[].fault.for", { steps: [{ fault: { link: "node1 eth0", cut: true } }] }],
  ["steps[].fault.link", { steps: [{ fault: { cut: true } }] }],
  ["steps[].fault.delete.", { steps: [{ fault: { delete: { in: "node1" } } }] }],
  ["steps[].fault.delete.in", { steps: [{ fault: { delete: { route: { dst: "default" } } } }] }],
  ["steps[].expect.stream", { steps: [{ every: "1s", until: "2s" }] }],
  ["steps[].expect.stream.", { steps: [{ expect: { stream: { lost: 0 } } }] }],
  ["steps[].expect.nat.", { steps: [{ expect: { nat: { in: "node1" } } }] }],
  ["steps[].pick", { steps: [{ run: CURL.replace("web", "export") }] }],
  ["steps[].send.payload", { serve: { web: { echo: 80 } } }],
  ["steps[].expect.fixed", HALVES],
  ["steps[].expect.broken", HALVES],
  ["steps[].send.", { steps: [{ send: { flow: "client > svc/web:80" } }] }],
  ["steps[].inject", { steps: [{ in: "node1", inject: { dev: "eth0", frame: "ffffffffffff0a580a0100020806" } }] }],
  ["steps[].datagram", { steps: [{ in: "node1", datagram: { sport: 1000, to: "10.1.1.3:53" } }] }],
  ["steps[].expect.ignore", { steps: [{ expect: { has: "x" } }] }],
  ["steps[].expect.output.ignore", { steps: [{ expect: { output: { has: "x" } } }] }],
  ["steps[].expect.output.stream", { steps: [{ expect: { output: { contains: "x" } } }] }],
  ["steps[].expect.packet.", { steps: [{ expect: { packet: { in: "node1", dev: "cni0" } } }] }],
  ...["conntrack", "route", "neigh", "fdb", "rule", "sysctl", "ipset"].map(
    (table) => [`steps[].expect.${table}.`, { steps: [{ expect: { [table]: { in: "node1" } } }] }] as const,
  ),
  ["namespaces", { build: VETH }],
  ["namespaces.*.nics", { namespaces: { N1: { nics: { eth0: { segment: "lan" } } } } }],
  ["namespaces.*.mute", { namespaces: { N1: { nics: { eth0: { segment: "lan" } } } } }],
  ["build[].", { build: VETH }],
];

/** What a part of an example asks for, wherever it stands. */
const ASKED_FOR: readonly (readonly [text: string, around: Tree])[] = [
  [
    "100.96.54.247",
    {
      cluster: {
        cni: { flannel: { network: "100.96.0.0/11" } },
        services: { cidr: "100.64.0.0/13" },
        nodes: { node1: { podCIDR: "100.96.54.0/24" }, node2: {} },
      },
      place: { "export#3": "node1" },
    },
  ],
  ["hosts: [client]", OUTSIDE],
  ["100.67.30.133", { cluster: { services: { cidr: "100.64.0.0/13" } } }],
];

/** What `*` stands for below a key. */
const NAMES: Readonly<Record<string, string>> = {
  nodes: "node1",
  hosts: "client",
  pods: "export#3",
  services: "prod/export",
  sockets: "client",
  serve: "web",
  namespaces: "N1",
  nics: "eth0",
};

/** The scenario of an example, as plain values. */
export function exampleScenario({ path, example }: ReferenceRow): Tree {
  const at = formatReferencePath(path);
  const bare = path[0] === "namespaces" || path[0] === "build";
  const around = [
    ...AROUND.filter(([begin]) => at === begin || at.startsWith(begin)),
    ...ASKED_FOR.filter(([text]) => example.includes(text)),
  ].map(([, tree]) => tree);
  const own = wrap(path, parse(example));
  const base = [bare ? NAMESPACES : CLUSTER, ...around].reduce((below, above) => merged(below, above));
  const files = {
    manifests: [...((base["manifests"] as unknown[]) ?? []), ...((own["manifests"] as unknown[]) ?? [])],
  };
  const whole = merged(base, bare ? own : { ...own, ...files });
  return tidy(whole, path);
}

function wrap(path: readonly string[], value: unknown): Tree {
  let tree: unknown = value;
  for (const [index, step] of [...path.entries()].slice(0, -1).toReversed()) {
    tree = step === "[]" ? [tree] : { [step === "*" ? nameBelow(path, index) : step]: tree };
  }
  return tree as Tree;
}

function nameBelow(path: readonly string[], index: number): string {
  // Port names are those of a Service that has some.
  if (path.at(-1) === "nodePorts") return "web";
  return NAMES[path[index - 1] ?? ""] ?? "x";
}

/** Maps and lists item by item; of anything else the later one. */
function merged(below: Tree, above: Tree): Tree {
  const keys = [...new Set([...Object.keys(below), ...Object.keys(above)])];
  return Object.fromEntries(keys.map((key) => [key, mergedValue(key, below[key], above[key])]));
}

function mergedValue(key: string, below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (isMap(below) && isMap(above)) return merged(below, above);
  if (key !== "steps" && key !== "build") return above;
  const [lower, upper] = [below, above] as [Tree[], Tree[]];
  return upper.map((item, index) => merged(lower?.[index] ?? {}, item));
}

function isMap(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One title, one verb, and a place only where one is of use. */
function tidy(tree: Tree, path: readonly string[]): Tree {
  const { scenario, ...rest } = tree;
  const titled = path[0] === "lab" ? rest : { scenario, ...rest };
  const steps = (tree["steps"] as Tree[] | undefined)?.map((step) => withOneVerb(step));
  // A table of flows is a file's step.
  return path[0] === "flows" ? { ...titled, steps: undefined } : { ...titled, steps };
}

function withOneVerb(step: Tree): Tree {
  const verb = VERBS.find((name) => name !== "run" && name in step);
  if (verb === undefined) return step;
  const { run: _, in: place, ...rest } = step;
  return verb === "inject" || verb === "datagram" || verb === "race" ? { in: place, ...rest } : rest;
}
