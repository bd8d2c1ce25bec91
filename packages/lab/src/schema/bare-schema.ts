// `namespaces:` and `build:` — a lab without Kubernetes, and the steps that put single frames and datagrams on their way.
import * as z from "zod";
import { optional, required } from "./key.ts";
import * as leaf from "./leaves.ts";

const nic = z.strictObject({
  segment: required(
    leaf.segmentName,
    "The wire it is plugged into: cards of one segment hear each other.",
    "segment: underlay",
  ),
  mac: optional(leaf.mac, "MAC of the card.", 'mac: "0a:60:00:00:00:01"', "by seed"),
  mtu: optional(z.number().int().min(68).max(65535), "MTU of the card.", "mtu: 1450", "1500"),
});

const namespace = z.strictObject({
  nics: optional(
    z.record(leaf.deviceName, nic),
    "Network cards, which no command can make; they are down until `ip link set NAME up`.",
    "nics: { eth0: { segment: underlay } }",
    "none",
  ),
  mute: optional(
    z.array(leaf.deviceName),
    "Devices that answer ARP and nothing else: IPv4 that comes in there ends behind the tap, from time 0 on.",
    "mute: [eth0]",
    "none",
  ),
});

export const namespacesSchema = z.union([
  z.array(leaf.namespaceName).min(1),
  z.record(leaf.namespaceName, z.nullable(namespace)),
]);

export const buildSchema = z.array(
  z.strictObject({
    in: required(
      z.union([leaf.text, z.array(leaf.text).min(1)]),
      "The namespace the commands are typed in; with several, in one after the other.",
      "in: N1",
    ),
    run: required(
      leaf.text,
      "A command, or several lines of them; text for a command's input is a here-document.",
      "run: ip link add vA type veth peer name eth0 netns A",
    ),
  }),
);

export const injectSchema = z.strictObject({
  dev: required(leaf.deviceName, "The device it leaves.", "dev: eth0"),
  frame: required(
    leaf.hexBytes(14),
    "The whole frame in hex, from the link header on.",
    'frame: "0a580a0100010a580a0100020800"',
  ),
});

export const datagramSchema = z.strictObject({
  sport: required(z.number().int().min(1).max(65535), "Source port; the socket is bound to it.", "sport: 20048"),
  to: required(leaf.text, "Address (or place, or alias) and port.", 'to: "10.1.1.3:53"'),
  payload: optional(leaf.text, "Its bytes as text.", "payload: hello", "none"),
  bytes: optional(leaf.hexBytes(0), "Its bytes in hex, in place of `payload`.", 'bytes: "abcd00"', "none"),
});
