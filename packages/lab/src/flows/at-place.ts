// Checks that know paths of the document only, for words inside a block of text.

import type { Diagnostic, SourcePosition } from "@kubehop/kube";
import type { LoadContext } from "../load/context.ts";

/** What the check reports, taken from the context and put at the place of the words. */
export function atPlace(context: LoadContext, place: SourcePosition, check: () => void): Diagnostic[] {
  const before = context.diagnostics.length;
  check();
  return context.diagnostics.splice(before).map((found) => ({ ...found, ...place }));
}

/** The same, reported there. */
export function reportAtPlace(context: LoadContext, place: SourcePosition, check: () => void): void {
  context.diagnostics.push(...atPlace(context, place, check));
}
