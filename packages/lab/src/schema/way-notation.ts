// The small notations of a packet's way: `PLACE`, `PLACE DEV`, `...`, and `FROM => TO`.
import type { FlowEnd } from "../model/step-spec.ts";
import type { WayEntry } from "../model/way-spec.ts";
import { parseFlowEnd } from "./notation.ts";

/** An entry of `path`, or what is wrong with it. */
export function parseWayEntry(text: string): WayEntry | string {
  if (text.trim() === "...") return { text: "...", place: undefined, dev: undefined };
  const [place = "", dev, ...more] = text.trim().split(/\s+/);
  if (place === "" || more.length > 0) return `${JSON.stringify(text)} is not a place on a way`;
  return { text: text.trim(), place, dev };
}

/** `FROM[:port] => TO[:port]`, or what is wrong with it. */
export function parseTranslation(text: string): { readonly from: FlowEnd; readonly to: FlowEnd } | string {
  const halves = text.split("=>");
  if (halves.length !== 2) return `${JSON.stringify(text)} is not a translation: it needs one "=>"`;
  const [from = "", to = ""] = halves.map((half) => parseFlowEnd(half.trim()));
  if (typeof from === "string") return from;
  return typeof to === "string" ? to : { from, to };
}
