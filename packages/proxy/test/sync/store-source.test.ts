import type { ObjectStore } from "@kubehop/kube";
import { describe, expect, it } from "vitest";
import { StoreServiceSource } from "../../src/index.ts";

/** The four members of the store that the source uses. */
function fakeStore() {
  const metadata = { name: "web", namespace: "default" };
  const objects: Record<string, object[]> = {
    Service: [{ metadata, spec: { type: "ClusterIP", clusterIP: "10.96.0.5", ports: [{ name: "http", port: 80 }] } }],
    Endpoints: [{ metadata, subsets: [{ addresses: [{ ip: "10.1.0.1" }], ports: [{ name: "http", port: 8080 }] }] }],
    EndpointSlice: [],
  };
  const watched: string[] = [];
  const store = {
    resourceVersion: 1,
    list: (kind: string) => objects[kind] ?? [],
    watch: (kind: string) => {
      watched.push(kind);
      return () => watched.splice(watched.indexOf(kind), 1);
    },
    position: (_object: object, path: unknown[]) => ({ file: "web.yaml", line: path.at(-1) === 0 ? 9 : 1 }),
  };
  return { store, watched, objects, source: new StoreServiceSource(store as unknown as ObjectStore, "1.28") };
}

describe("StoreServiceSource", () => {
  it("lists service ports with the manifest line of the port", () => {
    const { source } = fakeStore();
    expect(source.list()).toMatchObject([
      { name: "web", portName: "http", position: "web.yaml:9", endpoints: [{ ip: "10.1.0.1", port: 8080 }] },
    ]);
  });

  it("makes the list once per state of the store", () => {
    const { source, store, objects } = fakeStore();
    const first = source.list();
    objects["Service"] = [];
    expect(source.list()).toBe(first);
    store.resourceVersion = 2;
    expect(source.list()).toEqual([]);
  });

  it("watches Services and both kinds of endpoints until told to stop", () => {
    const { source, watched } = fakeStore();
    const end = source.watch(() => {});
    expect(watched).toEqual(["Service", "Endpoints", "EndpointSlice"]);
    end();
    expect(watched).toEqual([]);
  });
});
