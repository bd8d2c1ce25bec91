// One field of a table: who may answer, or how else the flow may end.

import { diagnosticAt, didYouMean } from "@kubehop/kube";
import type { ExpectContext } from "../load/expectation.ts";
import type { Answer } from "../model/flow-table.ts";
import { type Field, within } from "./scan-table.ts";
import { atPlace } from "./at-place.ts";

/** How a flow ends at which no endpoint is named; `ok`: answered by somebody whose name is not known (a ping). */
export const FATE_WORDS = ["ok", "drop", "refused", "reset", "unreachable"] as const;

/** Other words for the same. */
const SYNONYMS: Readonly<Record<string, string>> = { timeout: "drop", dropped: "drop" };

/** What stands for a field that is not looked at. */
export const NOT_LOOKED_AT = "-";

/** Mistakes are reported in the field. */
export function readAnswer(ec: ExpectContext, field: Field): Answer {
  const { context } = ec;
  const { position } = field;
  if (field.text === "") {
    context.reportAt(position, "an empty field", {
      hint: `write who answers, or ${NOT_LOOKED_AT} for what is not looked at`,
    });
    return { position, fates: undefined };
  }
  if (field.text === NOT_LOOKED_AT) return { position, fates: undefined };
  return { position, fates: fatesOf(ec, field) };
}

function fatesOf(ec: ExpectContext, field: Field): string[] {
  const fates: string[] = [];
  for (const { 0: word, index } of field.text.matchAll(/\S+/g)) {
    const place = within(field, index, word.length);
    const fate = Object.hasOwn(SYNONYMS, word) ? (SYNONYMS[word] ?? word) : word;
    if (fates.some((known) => sameFate(ec, known, fate)))
      ec.context.reportAt(place, `${word} stands twice in this field`);
    else if (word === NOT_LOOKED_AT) ec.context.reportAt(place, `${NOT_LOOKED_AT} stands alone in its field`);
    else if (isWord(fate) || isEndpoint(ec, word, place)) fates.push(fate);
  }
  return fates;
}

function isWord(text: string): boolean {
  return (FATE_WORDS as readonly string[]).includes(text);
}

function sameFate(ec: ExpectContext, left: string, right: string): boolean {
  const name = (fate: string): string => {
    const { endpoint, masqueraded } = endpointOf(fate);
    return `${ec.names.aliases[endpoint] ?? endpoint}${masqueraded ? "*" : ""}`;
  };
  return name(left) === name(right);
}

/** `R*` → R, masqueraded. */
export function endpointOf(fate: string): { readonly endpoint: string; readonly masqueraded: boolean } {
  const masqueraded = fate.endsWith("*");
  return { endpoint: masqueraded ? fate.slice(0, -1) : fate, masqueraded };
}

/** A pod or machine; reports what is neither. */
function isEndpoint(ec: ExpectContext, text: string, place: Answer["position"]): boolean {
  const { context } = ec;
  const found = atPlace(context, place, () => ec.names.checkPlace(endpointOf(text).endpoint, []));
  if (found.length === 0) return true;
  const close = didYouMean(text, [...FATE_WORDS, ...Object.keys(SYNONYMS)]);
  if (close === undefined) context.diagnostics.push(...found);
  else
    context.diagnostics.push(
      diagnosticAt(place, "unresolved", `${JSON.stringify(text)} is no endpoint and no result`, close),
    );
  return false;
}
