// A small control plane for tests, and a kubelet that starts and stops pods at once.
import { readFileSync } from "node:fs";
import { Random } from "@kubehop/sim";
import {
  ControlPlane,
  type ControlPlaneOptions,
  loadManifests,
  parseCidr,
  parseYaml,
  renderDiagnostics,
} from "../src/index.ts";
import type { LoadedObject } from "../src/index.ts";

export function fixture(name: string): string {
  return readFileSync(new URL(`data/${name}`, import.meta.url), "utf8");
}

/** Loads manifests that must be right. */
export function load(text: string, plane?: ControlPlane): readonly LoadedObject[] {
  const source = parseYaml("test.yaml", text);
  const { objects, diagnostics } = loadManifests([source], plane?.settings);
  if (diagnostics.length > 0) throw new Error(renderDiagnostics(diagnostics, [source.source]));
  return objects;
}

export function cidr(text: string): NonNullable<ReturnType<typeof parseCidr>> {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`not a network: ${text}`);
  return parsed;
}

export class TestLab {
  readonly plane: ControlPlane;
  now = 0;

  constructor(options: Partial<ControlPlaneOptions> & { readonly nodes?: number } = {}) {
    const { nodes = 2, ...rest } = options;
    this.plane = new ControlPlane({
      random: new Random(1),
      now: () => this.now,
      clusterCIDR: cidr("10.244.0.0/16"),
      ...rest,
    });
    for (let i = 1; i <= nodes; i++) this.plane.addNode({ name: `node${i}`, ip: `192.168.0.${i}` });
  }

  apply(text: string): string[] {
    const results = this.plane.applyAll(load(text, this.plane));
    this.plane.reconcile();
    return results;
  }

  /** One round of a kubelet that takes no time: stops what shall stop, starts what shall start. */
  kubelet(): boolean {
    let changed = false;
    for (const pod of this.plane.store.list("Pod")) {
      const { namespace, name, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) this.plane.finalizePod(namespace, name);
      else if (pod.spec.nodeName !== undefined && pod.status.phase === "Pending") this.start(namespace, name);
      else continue;
      changed = true;
    }
    this.plane.reconcile();
    return changed;
  }

  start(namespace: string, name: string): void {
    const pod = this.plane.store.require("Pod", namespace, name);
    const node = this.plane.store.require("Node", "", pod.spec.nodeName ?? "");
    const prefix = (node.spec.podCIDR ?? "10.0.0.0/24").replace(/\.\d+\/\d+$/, "");
    const address = `${prefix}.${(this.#next += 1)}`;
    this.plane.setPodStatus(namespace, name, { phase: "Running", ready: true, podIP: address });
  }

  #next = 1;

  /** Lets controllers and kubelet work until all is quiet. */
  settle(): void {
    this.plane.reconcile();
    for (let i = 0; i < 100 && this.kubelet(); i++);
  }

  podNames(): string[] {
    return this.plane.store.list("Pod").map((pod) => pod.metadata.name);
  }
}

export const deployment = (name: string, replicas: number, extra = ""): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      ${extra}
      containers: [{ name: c, image: nginx, ports: [{ name: http, containerPort: 80 }] }]
`;
