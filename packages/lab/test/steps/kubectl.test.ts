import { expect, test } from "vitest";
import { run, SHELL, web } from "./run.ts";

function kubectl(
  line: string,
  files: Readonly<Record<string, string>> = {},
): { out: string; err: string; exit: number } {
  const text = `scenario: kubectl
cluster: { nodes: [node1] }
manifests: [shell.yaml]
steps:
  - in: admin
    run: |
      ${line}
`;
  const { outcomes } = run(text, { "shell.yaml": SHELL, ...files });
  const [outcome] = outcomes;
  return { out: outcome?.stdout ?? "", err: outcome?.stderr ?? "", exit: outcome?.exitCode ?? -1 };
}

test("exec -i hands on what the caller reads, exec alone nothing", () => {
  expect(kubectl("echo hello | kubectl exec -i shell -- cat").out).toBe("hello\n");
  expect(kubectl("echo hello | kubectl exec shell -- cat").out).toBe("");
});

test("exec passes words as they are: no shell looks at them", () => {
  expect(kubectl(`kubectl exec shell -- echo 'a  b' '>' c '$HOME'`).out).toBe("a  b > c $HOME\n");
});

test("create goes on after an object that exists, and says so in kubectl's words", () => {
  const files = { "all.yaml": `${SHELL}---\n${web(1)}` };
  expect(kubectl("kubectl create -f all.yaml", files)).toEqual({
    out: "deployment.apps/web created\nservice/web created\n",
    err: 'Error from server (AlreadyExists): error when creating "all.yaml": pods "shell" already exists\n',
    exit: 1,
  });
});

test("apply goes on after a namespace that does not exist", () => {
  const elsewhere = SHELL.replace("name: shell", "name: far, namespace: nowhere");
  expect(
    kubectl("kubectl apply -f all.yaml", { "all.yaml": `${elsewhere}---\n${SHELL.replace("shell", "near")}` }),
  ).toEqual({
    out: "pod/near created\n",
    err: 'Error from server (NotFound): error when creating "all.yaml": namespaces "nowhere" not found\n',
    exit: 1,
  });
});

test("-n puts objects that name no namespace there, and leaves alone what has none", () => {
  const files = { "all.yaml": `apiVersion: v1\nkind: Namespace\nmetadata: { name: far }\n---\n${SHELL}` };
  expect(kubectl("kubectl apply -n far -f all.yaml && kubectl get pods -n far -o name", files)).toMatchObject({
    out: "namespace/far created\npod/shell created\npod/shell\n",
    err: "",
  });
});

test("a pod that comes under an old name has none of its files", () => {
  const text = `scenario: files
cluster: { nodes: [node1] }
manifests: [shell.yaml]
steps:
  - { in: shell, run: echo old > f }
  - { in: shell, run: cat f }
  - { in: admin, run: kubectl delete pod shell && kubectl apply -f shell.yaml }
  - { in: shell, run: cat f }
`;
  const { outcomes } = run(text, { "shell.yaml": SHELL });
  expect(outcomes.map(({ stdout }) => stdout)).toEqual(["", "old\n", 'pod "shell" deleted\npod/shell created\n', ""]);
  expect(outcomes[3]?.exitCode).toBe(1);
});
