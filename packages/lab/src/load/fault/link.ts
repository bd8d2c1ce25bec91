// `fault: { link: PLACE DEVICE, loss|delay|duplicate|reorder|cut|drop, for: T }` and `{ heal: PLACE DEVICE }`
import type { Path } from "@kubehop/kube";
import type { FrameDrop, LinkEnd, LinkFault } from "../../model/fault-spec.ts";
import { parseDuration, parseFraction } from "../../schema/notation.ts";
import type { ExpectContext } from "../expectation.ts";
import { flowOf } from "../requests.ts";
import type { DraftFault, FaultRow } from "./fault-row.ts";

/** What may befall a frame; a fault is at least one of them. */
const EFFECTS = ["loss", "delay", "duplicate", "reorder", "cut", "drop"] as const;

export const LINK_ROW: FaultRow = { key: "link", beside: [...EFFECTS, "for"], build: buildLinkFault };

export const HEAL_ROW: FaultRow = {
  key: "heal",
  beside: [],
  build: (ec, { heal }, path) => {
    const end = endOf(ec, heal, [...path, "heal"]);
    return end === undefined ? undefined : { kind: "heal", ...end };
  },
};

function endOf(ec: ExpectContext, text: string | undefined, path: Path): LinkEnd | undefined {
  const [place, dev] = text?.split(" ") ?? [];
  if (place === undefined || dev === undefined) return undefined;
  ec.names.checkPlace(place, path);
  return { in: place, dev };
}

function buildLinkFault(ec: ExpectContext, draft: DraftFault, path: Path): LinkFault | undefined {
  const end = endOf(ec, draft.link, [...path, "link"]);
  checkEffects(ec, path);
  if (end === undefined) return undefined;
  const share = (value: string | number | undefined): number => (value === undefined ? 0 : (parseFraction(value) ?? 0));
  const ms = (value: string | number | undefined): number => (value === undefined ? 0 : (parseDuration(value) ?? 0));
  return {
    kind: "link",
    ...end,
    loss: share(draft.loss),
    delay: ms(draft.delay),
    duplicate: share(draft.duplicate),
    reorder: share(draft.reorder),
    cut: draft.cut === true,
    drop: dropOf(ec, draft.drop, [...path, "drop"]),
    for: draft.for === undefined ? undefined : parseDuration(draft.for),
  };
}

function checkEffects({ context }: ExpectContext, path: Path): void {
  const written = EFFECTS.filter((key) => context.document.has([...path, key]));
  if (written.length === 0)
    context.report(path, `what happens to the link? Write one of ${EFFECTS.join(", ")}`, { code: "missing-key" });
  const [other] = written.filter((key) => key !== "cut");
  if (other !== undefined && written.includes("cut"))
    context.report([...path, other], `nothing passes a cut wire, ${other} has nothing to do there`, {
      code: "conflict",
      atKey: true,
    });
  if (written.includes("reorder") && !written.includes("delay"))
    context.report([...path, "reorder"], "who does not wait overtakes nobody where nobody waits", {
      code: "missing-key",
      hint: "write delay: 20ms beside it",
      atKey: true,
    });
}

function dropOf(ec: ExpectContext, draft: DraftFault["drop"], path: Path): FrameDrop | undefined {
  if (draft === undefined) return undefined;
  const { flow, flags, nth = [] } = draft;
  const numbers = [nth].flat().filter((number) => number !== undefined);
  if (!["flow", "flags", "nth"].some((key) => ec.context.document.has([...path, key])))
    ec.context.report(path, "every frame would be lost", {
      hint: "write flow, flags or nth; for all frames cut: true",
    });
  return { flow: flowOf(ec, flow, [...path, "flow"]), flags, nth: numbers };
}
