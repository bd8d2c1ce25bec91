// Exchanges as expectations see them: machines, devices, translations.

import type { Step } from "@kubehop/netstack";
import type { PacketWay, RequestWays, WayHop } from "../model/way-spec.ts";
import type { Exchange, Way } from "./find-flow.ts";

export function waysOf({ request, reply }: Exchange): RequestWays {
  return { request: packetWay(request), reply: reply === undefined ? undefined : packetWay(reply) };
}

function packetWay({ steps, end }: Way): PacketWay {
  const translations = steps.flatMap((step) =>
    step.kind === "nat" ? [{ in: step.ns, what: step.what, before: step.before, after: step.after }] : [],
  );
  return { hops: hopsOf(steps), translations, end: endText(steps, end) };
}

function hopsOf(steps: readonly Step[]): WayHop[] {
  const hops: { in: string; devs: string[] }[] = [];
  for (const step of steps) {
    if (hops.at(-1)?.in !== step.ns) hops.push({ in: step.ns, devs: [] });
    if (step.kind === "rx" || step.kind === "xmit") hops.at(-1)?.devs.push(step.dev);
  }
  return hops;
}

function endText(steps: readonly Step[], end: Way["end"]): string {
  const last = steps.at(-1);
  if (end === "drop" && last?.kind === "drop") return `dropped ${last.reason}`;
  return end === "queued" ? "waiting" : "delivered";
}
