// A scenario as text, as a person would lay it out: short maps on one line, nothing that is empty.
import { Document, isCollection, isMap, visit } from "yaml";

/** Longest map that stands on one line. */
const LINE = 110;

export function scenarioText(scenario: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(scenario).filter(([, value]) => !isEmpty(value));
  const document = new Document(Object.fromEntries(kept));
  visit(document, {
    Collection: (_, node, path) => {
      // The keys of the file itself stand below each other.
      if (path.length < 3 && isMap(node)) return;
      if (JSON.stringify(node.toJSON()).length < LINE && !node.items.some(isCollection)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}
