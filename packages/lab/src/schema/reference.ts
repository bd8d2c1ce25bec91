// The grammar as Markdown: docs/SCENARIO.md is what this prints, so it cannot go stale.
import type * as z from "zod";
import type { KeyDoc } from "./key.ts";
import { EVENT_KINDS } from "./notation.ts";
import { scenarioSchema } from "./scenario-schema.ts";

/** A key of the grammar with the path that leads to it: `*` is any name, `[]` any item of a list. */
export interface ReferenceRow extends KeyDoc {
  readonly path: readonly string[];
}

interface Definition {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

/** Every documented key, parents before children, in the order of the schema. */
export function referenceRows(): ReferenceRow[] {
  return rowsOf(scenarioSchema, []);
}

function rowsOf(schema: z.core.$ZodType, path: readonly string[]): ReferenceRow[] {
  const def = schema._zod.def as unknown as Definition;
  if (def.shape !== undefined)
    return Object.entries(def.shape).flatMap(([key, value]) => keyRows(value, [...path, key]));
  if (def.element !== undefined) return rowsOf(def.element, [...path, "[]"]);
  if (def.valueType !== undefined) return rowsOf(def.valueType, [...path, "*"]);
  if (def.innerType !== undefined) return rowsOf(def.innerType, path);
  return unique((def.options ?? []).flatMap((option) => rowsOf(option, path)));
}

function keyRows(schema: z.core.$ZodType, path: readonly string[]): ReferenceRow[] {
  const meta = metaOf(schema);
  const below = isRepeated(path) ? [] : rowsOf(schema, path);
  return meta === undefined ? below : [{ path, ...meta }, ...below];
}

/** The halves of an expectation and the cause of a bug hold the same keys again: they are listed once, under `expect`. */
function isRepeated(path: readonly string[]): boolean {
  const last = path.at(-1);
  return last === "fixed" || last === "broken" || last === "because" || last === "never";
}

function metaOf(schema: z.core.$ZodType): KeyDoc | undefined {
  const meta = "meta" in schema && typeof schema.meta === "function" ? (schema as z.ZodType).meta() : undefined;
  if (typeof meta?.description !== "string" || typeof meta["example"] !== "string") return undefined;
  const { fallback } = meta;
  return {
    description: meta.description,
    example: meta["example"],
    ...(typeof fallback === "string" ? { fallback } : {}),
  };
}

/** Alternatives of one key may reach the same keys (one, or a list of them). */
function unique(rows: readonly ReferenceRow[]): ReferenceRow[] {
  const plain = (path: readonly string[]): string => path.filter((step) => step !== "[]").join(".");
  return [...new Map(rows.toReversed().map((row) => [plain(row.path), row])).values()].toReversed();
}

const EVENTS = EVENT_KINDS.map(({ word, meaning, numbered }) => `\`${word}${numbered ? " N" : ""}\` ${meaning}`).join(
  "; ",
);

const INTRO = `# The scenario file

<!-- Printed by \`kubehop schema --markdown\` from the grammar itself; a test holds this file against it. -->

One YAML 1.2 file is cluster + workloads + events + expectations. Its first key is \`scenario:\` (or \`lab:\`), by which a run over a folder
knows it. Unknown keys are errors, and all mistakes of a file are said at once, each with \`file:line:col\`, the source line and a caret.
\`kubehop validate FILE --resolved\` prints every default that was filled in, and the cluster as it stands at time 0: pods on their nodes, addresses, MACs, MTUs, Services and ports.
\`kubehop run FILE --verbose\` prints what every step typed and what came back, also where all held.

\`\`\`yaml
scenario: a Service call to a pod on the same node hangs when br_netfilter is not loaded
matrix: { br_netfilter: [absent, loaded] }
bug: { when: { br_netfilter: absent } }
cluster:
  nodes: { node1: { modules: { br_netfilter: "\${br_netfilter}" } } }
manifests: [./web.yaml]
steps:
  - { in: client, run: curl --max-time 5 http://web/, expect: { broken: timeout, fixed: { result: ok, ttl: 64 } } }
\`\`\`

## Notations

| notation | form | examples |
|---|---|---|
| FLOW | \`FROM[:port] > TO[:port][/tcp\\|udp\\|sctp\\|icmp]\`, default tcp | \`client > node1:30080\`, \`web#1 > svc/dns:53/udp\` |
| place | \`admin\` (has kubectl), a node, a host, a pod, an alias; in a lab of namespaces a namespace | \`node1\`, \`client\`, \`web#1\` |
| pod | \`[NAMESPACE/][KIND/]NAME[#N]\`; #N is the N-th pod ever made of a workload, from 1 | \`web#2\`, \`deploy/web#2\`, \`prod/export#3\` |
| Service | \`svc/[NAMESPACE/]NAME\` | \`svc/web\`, \`svc/prod/export\` |
| time | number and unit, virtual time | \`200ms\`, \`5s\`, \`1m30s\` |
| event | \`OBJECT EVENT [N] [+ T]\`: ${EVENTS} | \`echo#1 gone + 2s\`, \`node1/kube-proxy batch 1\` |
| count | number, bound or range | \`3\`, \`">=1"\`, \`2..4\` |
| share | fraction, percentage or number from 0 to 1 | \`1/3\`, \`33%\`, \`0.33\` |
| \`\${name}\` | value of the matrix, anywhere below \`matrix\` and in manifests; \`$\${x}\` stays \`\${x}\` | \`"\${br_netfilter}"\` (quotes are needed inside \`{ }\`) |

An unquoted version such as \`1.10\` is taken as it is written, not as the number 1.1.
A YAML list item or a map in \`{ }\` that holds a comma, a colon with a blank, or \`#\` in a text needs quotes.

An expectation that says nothing of how the step ends (\`result\`, \`exit\`) wants exit status 0 (\`send\`: ok).

| result | how a request of curl, nc, ping or \`send\` ended for the one who made it |
|---|---|
| \`ok\` | an answer came |
| \`timeout\` | nothing came in the time the tool (or \`send\`) waits |
| \`refused\` | TCP: a reset answered the SYN; UDP: port unreachable came |
| \`reset\` | a reset ended a connection that was open |
| \`unreachable\` | another ICMP error came, or there was no way to send (no route, a neighbour that is silent, not permitted) |

A result is that of a request: a step whose commands make none (\`sysctl\`, \`ip route\`) has no result and expects \`exit\` and output.

A line of \`run\` that ends in \`&\` goes on in the background while later steps run; what it prints is kept. \`fg ID\` in a later step, at any
place, brings back the background command of the step whose \`id\` is ID: if it still runs it is interrupted as by ^C, then its output, exit
status and result become those of this step. \`fg\` alone takes the newest one.

\`\`\`yaml
steps:
  - { id: capture, in: node1, run: tcpdump -ni cni0 tcp port 80 & }
  - { in: client, run: curl http://web/, expect: ok }
  - { in: node1, run: fg capture, expect: { output: "Flags [S]" } }
\`\`\`

Steps stand one behind the other, unless they say when they begin: \`at\` a time, \`after\` an event, or \`every\` so often \`until\` a moment. A stream
(\`every\`) goes on beside the steps behind it and is judged when all its requests have ended; a step with \`after\` goes on beside the one that is
going on. A step after \`NODE/AGENT batch N\` happens between two batches of one sync: the agent stands still until the step has ended, all else
goes on. An event that does not come within 600 s behind the last step ends the run. What is due at the same time happens in the order of the file.

\`\`\`yaml
steps:
  - send: "client:40000 > node1:30053/udp"
    id: stream
    every: 200ms
    until: "echo#1 gone + 10s"
    expect: { stream: [{ until: rollout begun, by: echo#1, lost: 0 }, { since: "echo#1 gone + 2s", by: echo#2, lost: 0 }] }
  - { id: rollout, at: 10s, run: kubectl apply -f echo-2.yaml }
  - { after: "node1/kube-proxy batch 1", fault: { agent: node1/kube-proxy, do: kill } }
\`\`\`

A lab of namespaces (\`namespaces:\`) has no Kubernetes: its places are the namespaces, its network is what \`build\` types in them, and time 0
is when the last command of \`build\` has ended. A program's input is a here-document, as in a shell. \`inject\` and \`datagram\` put single
frames and datagrams on their way; they are there in clusters too. Differences from the real kernel (\`kubehop verify --fuzz\`) are such files.

\`\`\`yaml
scenario: a router forwards what its rules let through
namespaces: { R: {}, A: { mute: [eth0] }, B: { mute: [eth0] } }
build:
  - in: R
    run: |
      sysctl -w net.ipv4.ip_forward=1
      ip link add eA type veth peer name eth0 netns A address 0a:58:0a:01:00:02
      ip link add eB type veth peer name eth0 netns B address 0a:58:0a:02:00:02
      ip addr add 10.1.0.1/16 dev eA
      ip addr add 10.2.0.1/16 dev eB
      ip link set eA up
      ip link set eB up
      ip neigh add 10.2.0.2 lladdr 0a:58:0a:02:00:02 dev eB
      iptables-restore <<EOF
      *filter
      :FORWARD ACCEPT [0:0]
      -A FORWARD -p udp -j DROP
      COMMIT
      EOF
  - { in: [A, B], run: ip link set eth0 up }
steps:
  - { in: R, datagram: { sport: 20001, to: "10.2.0.2:53", payload: hello }, expect: { packet: { in: B, dev: eth0, flow: "R:20001 > 10.2.0.2:53/udp" } } }
\`\`\`

Golden text (\`rows\`, \`has\`, \`text\`) is compared with runs of blanks as one and empty lines left out; it is
written as a block (\`rows: |\` and the lines below it), which \`kubehop run --update\` can rewrite.

A table of flows (\`flows: |\`) says who may answer: at time 0 when it stands in the file, at its moment when it is a step. Its columns are
the values of one axis of the matrix (\`\${name}\` puts them where they count), or one column \`reach\`; \`except\` gives other answers for
cells. Every random choice of the rules is tried, each on a cluster that has seen no other request: every endpoint that a field names must be
possible and no other, and its reply must come back. \`L*\`: the server sees another source than the client's socket has. Other words: \`drop\`
(or \`timeout\`: nothing came back), \`refused\`, \`reset\`, \`unreachable\`, \`ok\` (answered, by whom is not known, as with icmp); several may stand
together; \`-\` is not looked at. \`kubehop flows FILE\` prints such a table, \`kubehop run --update\` rewrites one.

\`\`\`yaml
scenario: who answers for web
matrix: { etp: [Cluster, Local] }
cluster: { nodes: [node1, node2], hosts: [client] }
manifests: [./web.yaml] # has externalTrafficPolicy: \${etp}
names: { L: web#1, R: web#2 }
flows: |
  | flow                 | Cluster | Local |
  | client > node1:30080 | L* R*   | L     |
\`\`\`

In the tables \`*\` is any name and \`[]\` an item of a list (where one item is enough, the list may be left out).
\`bug.because\` and the halves \`expect.fixed\` and \`expect.broken\` take the keys of \`steps[].expect\`.
`;

/** The whole document, newline at the end. */
export function scenarioReference(): string {
  const rows = referenceRows();
  const sections = new Map<string, ReferenceRow[]>();
  for (const row of rows) {
    const section = sectionOf(row.path);
    sections.set(section, [...(sections.get(section) ?? []), row]);
  }
  const parts = [...sections].map(
    ([title, group]) => `## ${title}\n\n${HEAD}\n${group.map((row) => formatRow(row)).join("\n")}\n`,
  );
  return `${INTRO}\n${parts.join("\n")}`;
}

/** Keys of the file itself together; each larger map for itself. */
function sectionOf(path: readonly string[]): string {
  if (path.length === 1) return "The file";
  if (path[0] === "steps" && path[2] === "expect" && path.length > 3) return "steps[].expect";
  return `${path[0]}${path[1] === "[]" ? "[]" : ""}`;
}

const HEAD = "| key | meaning | default | example |\n|---|---|---|---|";

function formatRow({ path, description, example, fallback }: ReferenceRow): string {
  const standard = fallback === "required" ? "**required**" : (fallback ?? "");
  return `| ${[`\`${formatReferencePath(path)}\``, description, standard, codeLines(example)].map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A block in one cell of a table. */
function codeLines(example: string): string {
  return example
    .split("\n")
    .map((line) => `\`${line}\``)
    .join("<br>");
}

/** `cluster.nodes.*.ip`, `steps[].run` */
export function formatReferencePath(path: readonly string[]): string {
  return path.reduce((text, step) => (step === "[]" ? `${text}[]` : text === "" ? step : `${text}.${step}`), "");
}
