// `path`, `reply-path`, `nat`: what an expectation says of the way of a request's packet.
import * as z from "zod";
import { optional, required } from "./key.ts";
import * as leaf from "./leaves.ts";
import { parseTranslation, parseWayEntry } from "./way-notation.ts";

const entry = leaf.checked((value) => {
  const parsed = parseWayEntry(value);
  return typeof parsed === "string" ? { message: parsed, hint: "write PLACE, PLACE DEV or ..." } : undefined;
});

const translation = leaf.checked((value) => {
  const parsed = parseTranslation(value);
  return typeof parsed === "string" ? { message: parsed, hint: "write FROM[:port] => TO[:port]" } : undefined;
});

const nat = z.strictObject({
  in: required(leaf.text, "Machine that translates.", "in: node1"),
  dst: optional(
    translation,
    "Change of the destination; a port that is not written, or `*`, may be any.",
    'dst: "svc/web:80 => web#1:80"',
    "any",
  ),
  src: optional(translation, "Change of the source.", 'src: "client => node1"', "any"),
  count: optional(leaf.count, "How many changes of every request; 0: none.", "count: 0", "at least 1"),
});

/** The keys as they stand in an expectation. */
export const wayKeys = {
  path: optional(
    z.array(entry).min(1),
    "Machines that the packet of every request of the step passes, in order, from the sender to where it ended; `PLACE DEV` wants it on that device too, `...` stands for any number of machines.",
    'path: [client, "node1 cni0", ..., "web#1"]',
  ),
  "reply-path": optional(
    z.array(entry).min(1),
    "The same for the packet that answers: a reply, a reset, an ICMP error.",
    'reply-path: ["web#1", node1, client]',
  ),
  nat: optional(
    z.union([nat, z.array(nat).min(1)]),
    "Translations of addresses on the way of the request or of its answer, and where.",
    'nat: { in: node1, dst: "svc/web:80 => web#1:80" }',
  ),
};
