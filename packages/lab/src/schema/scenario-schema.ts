// The whole file. The types of the grammar are inferred from here; the JSON Schema and docs/SCENARIO.md are printed from here.
import * as z from "zod";
import { buildSchema, datagramSchema, injectSchema, namespacesSchema } from "./bare-schema.ts";
import { clusterSchema } from "./cluster-schema.ts";
import { expectSchema, plainExpectSchema } from "./expect-schema.ts";
import * as leaf from "./leaves.ts";
import { optional, required } from "./key.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const title = leaf.line;
const oneOrMore = z.union([leaf.text, z.array(leaf.text)]);

const step = z.strictObject({
  id: optional(leaf.line, "Name of the step in reports; unique.", "id: first-call", "step N"),
  in: optional(
    leaf.text,
    "Where it happens: admin, a node, a host, a pod (`web#1`, a pod's name), a namespace or an alias.",
    "in: client",
    "admin; none in a lab of namespaces",
  ),
  run: optional(
    leaf.text,
    "A command, or several lines of them; a line that ends in & goes on in the background, `fg ID` in a later step brings it back.",
    "run: curl --max-time 5 http://web/",
  ),
  send: optional(
    z.union([
      leaf.flow,
      z.strictObject({
        flow: required(leaf.flow, "Who asks whom.", 'flow: "client > svc/web:80"'),
        payload: optional(leaf.text, "Bytes of the request.", "payload: hello"),
        timeout: optional(
          leaf.duration,
          "After this time without an answer the result is timeout.",
          "timeout: 5s",
          "5s",
        ),
      }),
    ]),
    "One request without a tool.",
    'send: "client > svc/web:80"',
  ),
  inject: optional(
    injectSchema,
    "A frame leaves a device through a packet socket, past routing and netfilter. A frame that is not taken is no failure unless `exit: 0` is expected.",
    'inject: { dev: eth0, frame: "0a580a0100010a580a0100020800" }',
  ),
  datagram: optional(
    datagramSchema,
    "A UDP datagram of a socket that is closed again at once: an answer finds nobody. An error of sendto is no failure unless `exit: 0` is expected.",
    'datagram: { sport: 20048, to: "10.1.1.3:53" }',
  ),
  wait: optional(leaf.duration, "Lets time pass.", "wait: 30s"),
  at: optional(leaf.duration, "When the step begins, since time 0.", "at: 10s", "when the previous one has ended"),
  pick: optional(
    leaf.podRef,
    "The pod that the rules' random choice falls on in this step.",
    "pick: export#3",
    "by seed",
  ),
  repeat: optional(
    z.number().int().min(1).max(100_000),
    "How often, one after the other. A client has 28232 source ports for one destination and keeps each for 60 s of virtual time after TCP: more requests than that fail, as on a real machine.",
    "repeat: 3000",
    "1",
  ),
  expect: optional(
    expectSchema,
    "What must hold when the step has ended: a word, an object, or `{ fixed, broken }`.",
    "expect: { result: ok, ttl: 62 }",
    "exit status 0; with inject and datagram nothing",
  ),
});

const podPin = z.strictObject({
  name: optional(leaf.text, "Full name of the pod.", "name: web-5d4f8c7b9-abcde", "by seed"),
  ip: optional(leaf.address, "Address of the pod.", "ip: 10.244.1.7", "the next free one of its node"),
  mac: optional(leaf.mac, "MAC of the pod's eth0.", 'mac: "0a:58:64:60:36:f0"', "by plugin version and seed"),
  veth: optional(leaf.deviceName, "Name of the node's end of the veth pair.", "veth: veth05420679", "by seed"),
  vethMac: optional(leaf.mac, "MAC of the node's end.", 'vethMac: "de:56:b4:74:4e:0b"', "by seed"),
});

const servicePin = z.strictObject({
  clusterIP: optional(leaf.address, "ClusterIP of the Service.", "clusterIP: 10.96.0.80", "by seed"),
  nodePort: optional(
    z.number().int().min(1).max(65535),
    "Node port of a Service with one port.",
    "nodePort: 30080",
    "by seed",
  ),
  nodePorts: optional(
    z.record(z.string(), z.number().int().min(1).max(65535)),
    "Node ports by name of the port.",
    "nodePorts: { http: 30080 }",
    "by seed",
  ),
});

const number32 = z.number().int().min(0).max(0xffff_ffff);
const number16 = z.number().int().min(0).max(0xffff);

const socketPin = z.strictObject({
  isn: optional(
    z.array(number32),
    "Initial sequence numbers of the next TCP connections, opened or accepted.",
    "isn: [506285654]",
    "by seed",
  ),
  ports: optional(
    z.array(z.number().int().min(1).max(65535)),
    "Source ports of the next sockets.",
    "ports: [43534]",
    "by seed",
  ),
  ipIds: optional(z.array(number16), "IP id of the first packet of the next connections.", "ipIds: [2160]", "by seed"),
  resetIds: optional(
    z.array(number16),
    "IP ids of the next resets (kernels whose resets carry one).",
    "resetIds: [32433, 32492]",
    "by seed",
  ),
  timestamp: optional(number32, "TCP timestamp at time 0.", "timestamp: 153372198", "by seed"),
  windowScale: optional(
    z.number().int().min(0).max(14),
    "Window scale that is offered.",
    "windowScale: 9",
    "by tcp_rmem",
  ),
});

const pin = z.strictObject({
  pods: optional(
    z.record(leaf.podRef, podPin),
    "Names and addresses of pods.",
    "pods: { export#3: { ip: 100.96.54.247 } }",
  ),
  services: optional(
    z.record(leaf.text, servicePin),
    "Addresses and ports of Services, by [namespace/]name.",
    "services: { prod/export: { clusterIP: 100.67.30.133 } }",
  ),
  sockets: optional(
    z.record(leaf.text, socketPin),
    "Random values of the sockets of a node, a host or a pod; lists are taken in order, behind their end chance returns.",
    "sockets: { client: { ports: [43534] } }",
  ),
  order: optional(
    z.strictObject({
      services: optional(
        z.array(leaf.text),
        "Service ports (namespace/name:port) that come first, in this order.",
        'services: ["prod/export:"]',
      ),
      endpoints: optional(
        z.record(leaf.text, z.array(leaf.text)),
        "Endpoints of a Service port, in this order.",
        'endpoints: { "prod/export:": ["10.0.0.2:80", "10.0.0.1:80"] }',
      ),
    }),
    "Order of kube-proxy's rules.",
    'order: { services: ["prod/export:"] }',
    "by name and address",
  ),
});

const port = z.number().int().min(1).max(65535);
const server = z.strictObject({
  http: optional(port, "Answers HTTP requests.", "http: 80"),
  echo: optional(port, "Sends back what it gets, over TCP.", "echo: 7"),
  hostname: optional(port, "Says the pod's name, over TCP.", "hostname: 9376"),
  "udp-echo": optional(port, "Sends back what it gets, over UDP.", "udp-echo: 53"),
  "udp-hostname": optional(port, "Says the pod's name, over UDP.", "udp-hostname: 53"),
  body: optional(leaf.text, "Body of the HTTP answer.", "body: hello", "the image's page"),
});

const matrixValues = z.array(scalar).min(1);

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
        z.record(z.string(), z.union([scalar, matrixValues])),
        "Matrix name to value (or values): the cases in which `expect.broken` must hold.",
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
    pin,
    "What a document fixes and chance would decide.",
    "pin: { pods: { export#3: { ip: 100.96.54.247 } } }",
    "by seed",
  ),
  names: optional(
    z.record(leaf.text, leaf.text),
    "Aliases: for a pod, a machine, a Service or an address.",
    "names: { L: web#1, cip: svc/web }",
    "none",
  ),
  serve: optional(
    z.record(leaf.podRef, z.union([leaf.word(["none"]), server])),
    "What pods answer; none: nothing listens.",
    "serve: { web: { http: 80, body: hello } }",
    "by image",
  ),
  steps: optional(
    z.array(step).min(1),
    "What happens, one after the other.",
    "steps: [{ in: client, run: ping -c 1 web#1 }]",
    "required",
  ),
});

export type ScenarioFile = z.infer<typeof scenarioSchema>;
export type StepFile = z.infer<typeof step>;
export type ClusterFile = z.infer<typeof clusterSchema>;
export type ExpectFile = z.infer<typeof expectSchema>;
export type PlainExpectFile = z.infer<typeof plainExpectSchema>;
