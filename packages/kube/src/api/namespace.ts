// Namespace (core/v1): a name that other objects live in.
import { dns1123Label } from "./leaves.ts";
import { type KindDefinition, lazy } from "./kind.ts";
import { kindShape, type ObjectBase } from "./meta.ts";
import { object } from "./shape.ts";

export interface Namespace extends ObjectBase {
  apiVersion: "v1";
  kind: "Namespace";
}

export const namespaceKind: KindDefinition<Namespace> = {
  kind: "Namespace",
  plural: "namespaces",
  shortNames: ["ns"],
  apiVersions: ["v1"],
  namespaced: false,
  shape: lazy(() => kindShape({ spec: object({}, { ignored: ["finalizers"] }) }, { name: dns1123Label })),
  // Every namespace carries its name as a label since 1.21; selectors of policies rely on it.
  defaults: (draft, set) => set(["metadata", "labels", "kubernetes.io/metadata.name"], draft.metadata?.name),
};
