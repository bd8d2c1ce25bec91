// `pin:` — what a document fixes and chance would decide — and `serve:`, what pods answer.
import * as z from "zod";
import { optional } from "./key.ts";
import * as leaf from "./leaves.ts";

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

export const pinSchema = z.strictObject({
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

export const serveSchema = z.record(leaf.podRef, z.union([leaf.word(["none"]), server]));
