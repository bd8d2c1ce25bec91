// Command lines of a recording's setup, typed into our namespaces.

import { defaultRegistry, startLine, startWords } from "@kubehop/commands";
import type { PlaceContext } from "@kubehop/commands";
import type { NetNamespace } from "@kubehop/netstack";
import { RecordingError } from "./corpus.ts";
import type { RecordedCommand } from "./format.ts";

/** Virtual ms after which a command that has not ended is given up. */
const LIMIT = 60_000;

/** @throws RecordingError when the command fails, or is not modelled */
export function typeCommand(ns: NetNamespace, { cmd }: RecordedCommand): void {
  let said = "";
  const place: PlaceContext = {
    place: ns.name,
    ns,
    files: new Map<string, string>(),
    stdin: "",
    kube: undefined,
    tools: { iptables: "1.8.9", backend: "nft", iproute2: "6.1", kubectl: "1.28" },
    stdout: () => undefined,
    stderr: (text) => (said += text),
    resolve: () => undefined,
    readFile: () => undefined,
    refuse: (text) => (said += `${text}\n`),
  };
  const registry = defaultRegistry();
  const running = typeof cmd === "string" ? startLine(place, cmd, registry) : startWords(place, cmd, registry);
  const { clock } = ns.world;
  const end = clock.now + LIMIT;
  while (running.exitCode === undefined && clock.now < end) if (!clock.runNext()) break;
  if (running.exitCode !== 0)
    throw new RecordingError(
      `${ns.name}: ${typeof cmd === "string" ? cmd : cmd.join(" ")}: ${said.trim() || "does not end"}`,
    );
}
