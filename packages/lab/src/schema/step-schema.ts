// `steps[]`: what happens, when, and what is expected.
import * as z from "zod";
import { datagramSchema, injectSchema } from "./bare-schema.ts";
import { cellsSchema } from "./cells-schema.ts";
import { expectSchema } from "./expect-schema.ts";
import { faultSchema } from "./fault-schema.ts";
import { optional, required } from "./key.ts";
import * as leaf from "./leaves.ts";

export const stepSchema = z.strictObject({
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
  fault: optional(
    faultSchema,
    "What no command can do: an agent dies, starts or lags, a node crashes, a link loses frames, a row of a table is gone. It takes no time.",
    "fault: { agent: node1/kube-proxy, do: kill }",
  ),
  race: optional(
    z.tuple([leaf.flow, leaf.flow]),
    "Two requests at once, whose first packets both pass conntrack's lookup at `in` before either connection is in its table, as on two processors. The first goes on first. Two times the same flow is one socket that asks twice. A race that does not come about stops the run.",
    'race: ["client:5000 > svc/dns:53/udp", "client:5000 > svc/dns:53/udp"]',
  ),
  held: optional(
    leaf.word(["lookup", "nat"]),
    "Where the first packet of a race waits: behind conntrack's lookup, or behind NAT, before its connection is confirmed.",
    "held: nat",
    "lookup",
  ),
  flows: optional(
    leaf.text,
    "A table of flows, judged at this moment; see `flows` of the file.",
    "flows: |\n  | flow | reach |\n  | client > svc/web:80 | web#1 web#2 |",
  ),
  wait: optional(leaf.duration, "Lets time pass.", "wait: 30s"),
  when: optional(
    cellsSchema,
    "The cells of the matrix in which this step happens: name to value, values or a range of releases.",
    "when: { br_netfilter: loaded }",
    "all",
  ),
  at: optional(leaf.duration, "When the step begins, since time 0.", "at: 10s", "when the previous one has ended"),
  after: optional(
    leaf.event,
    "The event that starts the step, OBJECT EVENT [N] [+ T]. It is waited for from the beginning of the nearest earlier step without `after`, and the step may go on beside that one.",
    'after: "echo#1 gone + 2s"',
    "none",
  ),
  every: optional(
    leaf.duration,
    "A stream: the action begins again and again, so far apart, beside the steps that follow; none waits for the one before. A `send` over UDP with a source port is one socket, and each datagram ends in its number.",
    "every: 200ms",
    "once",
  ),
  until: optional(
    leaf.moment,
    "The moment, since time 0 or an event, from which on a stream begins nothing more. The step has ended when all that was begun has.",
    "until: 30s",
    "required with every",
  ),
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
