// `fault:` — what no command can do. One map of keys; which of them belong together is the loader's business (load/fault).
import * as z from "zod";
import { deleteKeys } from "./delete-fault-schema.ts";
import { optional } from "./key.ts";
import * as leaf from "./leaves.ts";
import { healKeys, linkKeys } from "./link-fault-schema.ts";

const agentKeys = {
  agent: optional(
    leaf.text,
    "An agent of a node, NODE/AGENT; `do` says what happens to it.",
    "agent: node1/kube-proxy",
    "none",
  ),
  do: optional(
    leaf.word(["kill", "start", "delay"]),
    "kill: no further batch, what it wrote stays; start: it begins anew, kubelet alone remembers its pods; delay: it hears of the API server's changes later from now on.",
    "do: kill",
    "required with agent",
  ),
  by: optional(leaf.duration, "How much later; 0s takes the delay away.", "by: 2s", "required with do: delay"),
};

const crashKeys = {
  crash: optional(
    leaf.text,
    "A node stands still: its cards are silent, its pods and agents end without a word. The control plane does not notice: the node stays Ready and its pods stay endpoints.",
    "crash: node2",
    "none",
  ),
  boot: optional(leaf.text, "Refused: what a machine finds when it comes back is not modelled.", "boot: node2", "none"),
};

export const faultSchema = z.strictObject({ ...agentKeys, ...crashKeys, ...linkKeys, ...healKeys, ...deleteKeys });
