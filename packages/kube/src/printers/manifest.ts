// An object as the API server would show it: only fields that the API knows, no empty containers. Times are left out,
// because virtual time has no date.
import type { KubeObject } from "../api/kinds.ts";
import type { Pod } from "../api/pod.ts";

/** Plain data for `-o yaml` and `-o json`. */
export function toManifest(object: KubeObject): unknown {
  const { metadata, ...rest } = object;
  const { namespace, name, labels, annotations, uid, resourceVersion, ownerReferences } = metadata;
  const shown = {
    annotations,
    labels,
    name,
    namespace,
    ownerReferences,
    resourceVersion: String(resourceVersion),
    uid,
  };
  const status =
    object.kind === "Pod"
      ? { status: podStatus(object) }
      : object.kind === "Node"
        ? { status: { addresses: object.status.addresses } }
        : {};
  return withoutEmpty({ ...rest, metadata: shown, ...status });
}

function podStatus({ status }: Pod): unknown {
  const { phase, podIP, hostIP, ready } = status;
  const condition = { type: "Ready", status: ready ? "True" : "False" };
  return { phase, hostIP, podIP, podIPs: podIP === undefined ? [] : [{ ip: podIP }], conditions: [condition] };
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, withoutEmpty(item)]);
  return Object.fromEntries(entries.filter(([, item]) => !isEmpty(item)));
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}
