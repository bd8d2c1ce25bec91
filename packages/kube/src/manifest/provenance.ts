// Where an object was written down: the way from a rule back to a manifest's line.
import type { SourcePosition } from "../diagnostics/source-text.ts";
import type { Path, YamlDocument } from "../diagnostics/yaml-source.ts";

/** A place in a YAML document that holds an object. */
export interface Provenance {
  readonly document: YamlDocument;
  /** From the document's root to the object (`["items", 2]` in a List; empty for a document of its own). */
  readonly basePath: Path;
}

/** Position of a field of the object, or of the nearest ancestor that was written. */
export function provenancePosition(provenance: Provenance, path: Path = []): SourcePosition {
  const { document, basePath } = provenance;
  return document.position([...basePath, ...path]);
}
