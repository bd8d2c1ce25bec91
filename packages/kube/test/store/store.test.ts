import { Random } from "@kubehop/sim";
import { expect, test } from "vitest";
import { ApiError, type Kind, ObjectStore, type Pod, type Service } from "../../src/index.ts";
import { deployment, load, TestLab } from "../lab.ts";

function makeStore(): ObjectStore {
  return new ObjectStore({ random: new Random("seed"), now: () => 5 });
}

function service(name: string): Service {
  const [loaded] = load(
    `apiVersion: v1\nkind: Service\nmetadata: { name: ${name}, labels: { a: b } }\nspec: { ports: [{ port: 80 }] }\n`,
  );
  return loaded?.object as Service;
}

test("objects get identity, versions and times; lists come in order of namespace and name", () => {
  const store = makeStore();
  for (const name of ["web", "a-b", "a"]) store.create(service(name));
  expect(store.list("Service").map(({ metadata }) => metadata.name)).toEqual(["a", "a-b", "web"]);
  const { uid, resourceVersion, creationTimestamp } = store.require("Service", "default", "a-b").metadata;
  expect({ resourceVersion, creationTimestamp }).toEqual({ resourceVersion: 2, creationTimestamp: 5 });
  expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
});

test("an update without change is no event; events come in the order of changes even when a listener changes something", () => {
  const store = makeStore();
  const seen: string[] = [];
  store.watch("Service", ({ type, object }) => {
    seen.push(`first ${type} ${object.metadata.name}`);
    if (type === "added")
      store.update("Service", "default", object.metadata.name, (draft) => void (draft.spec.clusterIP = "10.96.0.9"));
  });
  store.watch("*", ({ type, object }) => seen.push(`second ${type} ${object.metadata.name}`));
  store.create(service("web"));
  store.update("Service", "default", "web", (draft) => void (draft.spec.clusterIP = "10.96.0.9"));
  store.delete("Service", "default", "web");
  expect(seen).toEqual([
    "first added web",
    "second added web",
    "first modified web",
    "second modified web",
    "first deleted web",
    "second deleted web",
  ]);
});

test("objects that were handed out never change", () => {
  const store = makeStore();
  const before = store.create(service("web"));
  store.update(
    "Service",
    "default",
    "web",
    (draft) => void draft.spec.ports.push({ port: 81, targetPort: 81, protocol: "TCP" }),
  );
  expect(before.spec.ports).toHaveLength(1);
});

test("requests for absent or existing objects answer as the API server does", () => {
  const store = makeStore();
  store.create(service("web"));
  const message = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof ApiError) return error.kubectlText;
    }
    return "no error";
  };
  expect(message(() => store.create(service("web")))).toBe(
    'Error from server (AlreadyExists): services "web" already exists',
  );
  expect(message(() => store.require("Deployment" as Kind, "default", "x"))).toBe(
    'Error from server (NotFound): deployments.apps "x" not found',
  );
});

test("a generated pod leads back to its template's line", () => {
  const lab = new TestLab();
  lab.apply(deployment("web", 1));
  const [pod] = lab.plane.store.list("Pod") as Pod[];
  if (pod === undefined) throw new Error("no pod");
  expect(lab.plane.position(pod, ["spec", "containers", 0, "image"])).toMatchObject({ file: "test.yaml", line: 12 });
  expect(lab.plane.position(pod)).toMatchObject({ line: 9 });
});
