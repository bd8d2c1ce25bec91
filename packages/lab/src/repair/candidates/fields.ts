// Fields of manifests that decide where a packet goes: of the objects whose rules it met, and of the Service it was sent to.

import type { KubeObject, LoadedObject, Path, Pod, Service } from "@kubehop/kube";
import type { CellPlan } from "../../model/scenario.ts";
import type { Candidate } from "../candidate.ts";
import type { Evidence } from "../evidence.ts";

/** A field, and what else it could say in an object as it stands. */
interface Field {
  readonly path: Path;
  readonly values: (service: Service, plan: CellPlan) => readonly unknown[];
}

const FIELDS: readonly Field[] = [
  {
    path: ["spec", "externalTrafficPolicy"],
    values: ({ spec }) =>
      isExternal(spec) ? other(["Cluster", "Local"], spec.externalTrafficPolicy ?? "Cluster") : [],
  },
  {
    path: ["spec", "internalTrafficPolicy"],
    values: ({ spec }) => (spec.internalTrafficPolicy === "Local" ? ["Cluster"] : []),
  },
  { path: ["spec", "sessionAffinity"], values: ({ spec }) => other(["None", "ClientIP"], spec.sessionAffinity) },
];

function isExternal({ type }: Service["spec"]): boolean {
  return type === "NodePort" || type === "LoadBalancer";
}

function other(all: readonly string[], now: string): string[] {
  return all.filter((value) => value !== now);
}

export function fieldCandidates({ plan, clues }: Evidence): Candidate[] {
  const met = new Set(clues.flatMap(({ origin }) => (origin === undefined ? [] : [origin.object])));
  const asked = new Set(clues.flatMap(({ packet }) => (packet === undefined ? [] : [packet.dst])));
  return plan.objects.flatMap((loaded) => {
    const { object } = loaded;
    if (!isService(object)) return [];
    const name = `Service ${object.metadata.namespace}/${object.metadata.name}`;
    const concerned =
      asked.has(object.spec.clusterIP) || [...met].some((text) => text === name || text.startsWith(`${name}:`));
    return concerned ? [...fieldsOf(loaded, object, plan), ...targetPorts(loaded, object, plan)] : [];
  });
}

function isService(object: KubeObject): object is Service {
  return object.kind === "Service";
}

function fieldsOf(object: LoadedObject, service: Service, plan: CellPlan): Candidate[] {
  return FIELDS.flatMap(({ path, values }) => values(service, plan).map((value) => candidate(object, path, value)));
}

/** A port nobody listens on, where the pods' manifests name others. */
function targetPorts(object: LoadedObject, { spec }: Service, plan: CellPlan): Candidate[] {
  const open = new Set(plan.objects.flatMap(({ object: pods }) => containerPorts(pods)));
  return spec.ports.flatMap(({ targetPort }, index) =>
    open.has(Number(targetPort)) || typeof targetPort === "string"
      ? []
      : [...open].map((port) => candidate(object, ["spec", "ports", index, "targetPort"], port)),
  );
}

function containerPorts(object: KubeObject): number[] {
  const { spec } = object as { readonly spec?: Partial<Pod["spec"]> & { template?: { spec?: Pod["spec"] } } };
  const containers = spec?.template?.spec?.containers ?? spec?.containers ?? [];
  return containers.flatMap(({ ports }) => ports.map(({ containerPort }) => containerPort));
}

function candidate(object: LoadedObject, path: Path, value: unknown): Candidate {
  const { kind, metadata } = object.object;
  const family = `${kind} ${metadata.namespace}/${metadata.name} ${path.join(".")}`;
  return { change: { kind: "field", object, path, value }, touches: "setting", family };
}
