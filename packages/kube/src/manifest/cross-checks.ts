// Rules between objects: two of one name, two Services on one node port or ClusterIP, overlapping nodes.
import { cidrsOverlap, parseCidr } from "../api/address.ts";
import type { Report } from "../api/kind.ts";
import type { Kind, KindMap } from "../api/kinds.ts";
import type { Draft, ObjectBase } from "../api/meta.ts";
import type { Node } from "../api/node.ts";
import type { Service } from "../api/service.ts";
import type { Path } from "../diagnostics/yaml-source.ts";
import type { SourcePosition } from "../diagnostics/source-text.ts";

/** An object being checked, wrong fields taken out, with its way to say mistakes. */
export interface CheckedObject {
  readonly kind: Kind;
  readonly draft: Draft<ObjectBase>;
  readonly report: Report;
  readonly position: (path: Path) => SourcePosition;
}

/** Things that only one object may hold. `key` is what must be unique, `path` where the object claims it. */
interface Claim {
  readonly key: string;
  readonly path: Path;
}

/** Reports every second claim of the same thing and where the first one stands. */
export function crossCheck(objects: readonly CheckedObject[]): void {
  const owners = new Map<string, { object: CheckedObject; path: Path }>();
  for (const object of objects) {
    for (const { key, path } of claims(object)) {
      const first = owners.get(key);
      if (first === undefined) owners.set(key, { object, path });
      else reportSecond(object, path, key, first.object.position(first.path));
    }
  }
  checkPodNetworks(objects);
}

function reportSecond(object: CheckedObject, path: Path, key: string, first: SourcePosition): void {
  const what = path[0] === "metadata" ? "defined already" : "already taken";
  object.report(path, `${key} is ${what}, see ${first.file}:${first.line}`, { code: "conflict" });
}

function claims(object: CheckedObject): Claim[] {
  const { kind, draft } = object;
  const { name, namespace = "default" } = draft.metadata ?? {};
  const own: Claim[] = [];
  if (name !== undefined)
    own.push({ key: `${kind} ${isGlobal(kind) ? "" : `${namespace}/`}${name}`, path: ["metadata", "name"] });
  if (kind === "Service") return [...own, ...serviceClaims(draft as Draft<Service>)];
  if (kind === "Node") return [...own, ...nodeClaims(draft as Draft<Node>)];
  return own;
}

function isGlobal(kind: Kind): boolean {
  return kind === "Node" || kind === "Namespace";
}

function serviceClaims(service: Draft<Service>): Claim[] {
  const { clusterIP } = service.spec ?? {};
  const fixed = clusterIP !== undefined && clusterIP !== "" && clusterIP !== "None";
  const found: Claim[] = fixed ? [{ key: `clusterIP ${clusterIP}`, path: ["spec", "clusterIP"] }] : [];
  const own = new Set<string>();
  for (const [index, port] of (service.spec?.ports ?? []).entries()) {
    if (port?.nodePort === undefined) continue;
    const key = `nodePort ${port.nodePort}/${port.protocol ?? "TCP"}`;
    // Twice in one Service is said by the Service's own check.
    if (!own.has(key)) found.push({ key, path: ["spec", "ports", index, "nodePort"] });
    own.add(key);
  }
  return found;
}

function nodeClaims(node: Draft<Node>): Claim[] {
  return (node.status?.addresses ?? []).flatMap((entry, index) =>
    entry?.type === "InternalIP" && entry.address !== undefined
      ? [{ key: `node address ${entry.address}`, path: ["status", "addresses", index, "address"] }]
      : [],
  );
}

function checkPodNetworks(objects: readonly CheckedObject[]): void {
  const seen: { text: string; position: SourcePosition }[] = [];
  for (const object of objects) {
    const podCIDR = object.kind === "Node" ? (object.draft as Draft<KindMap["Node"]>).spec?.podCIDR : undefined;
    const cidr = podCIDR === undefined ? undefined : parseCidr(podCIDR);
    if (podCIDR === undefined || cidr === undefined) continue;
    const path = ["spec", "podCIDR"];
    const other = seen.find((earlier) => {
      const network = parseCidr(earlier.text);
      return network !== undefined && cidrsOverlap(network, cidr);
    });
    if (other !== undefined) {
      object.report(
        path,
        `podCIDR ${podCIDR} overlaps ${other.text}, see ${other.position.file}:${other.position.line}`,
        { code: "conflict" },
      );
    }
    seen.push({ text: podCIDR, position: object.position(path) });
  }
}
