import { expect, test } from "vitest";
import {
  applyLine,
  deleteLine,
  describeEndpoints,
  describeService,
  kubectlGet,
  longAge,
  shortAge,
  tabulate,
} from "../../src/index.ts";
import { cidr, fixture, TestLab } from "../lab.ts";

const HOUR = 3_600_000;

/** The cluster of article 002 with its addresses. */
function article002(service: string, clusterIP: string): TestLab {
  const lab = new TestLab({
    settings: { serviceCIDR: cidr("10.1.0.0/22") },
    clusterCIDR: cidr("10.1.5.0/24"),
    pins: {
      clusterIPs: { "nginx-service": clusterIP },
      place: { "nginx-deployment": ["node1", "node1", "node2", "node2"] },
    },
  });
  lab.plane.ensureKubernetesService(["192.168.120.225"]);
  lab.now = 10 * HOUR - 4 * 60_000;
  lab.apply(`${fixture("deployment.yaml")}---\n${fixture(service)}`);
  const addresses = ["10.1.5.4", "10.1.5.5", "10.1.6.5", "10.1.6.6"];
  for (const [index, podIP] of addresses.entries()) {
    const { found } = lab.plane.resolvePod(`nginx-deployment#${index + 1}`);
    lab.plane.setPodStatus("default", found?.name ?? "", { phase: "Running", ready: true, podIP });
  }
  lab.plane.reconcile();
  return lab;
}

test("kubectl 1.10 get svc -o wide, as article 002 prints it", () => {
  const lab = article002("service-clusterip.yaml", "10.1.2.120");
  const { stdout } = kubectlGet(
    { kind: "Service", output: "wide" },
    { store: lab.plane.store, now: 10 * HOUR, version: "1.10" },
  );
  expect(stdout).toBe(`NAME            TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE       SELECTOR
kubernetes      ClusterIP   10.1.0.1     <none>        443/TCP    10h       <none>
nginx-service   ClusterIP   10.1.2.120   <none>        8000/TCP   4m        app=nginx
`);
});

test("a NodePort Service of article 002", () => {
  const lab = article002("service-nodeport.yaml", "10.1.0.125");
  const { stdout } = kubectlGet(
    { kind: "Service", output: "wide" },
    { store: lab.plane.store, now: 13 * HOUR, version: "1.10" },
  );
  expect(stdout.split("\n")[2]?.replace(/ \d+h /, " AGE ")).toBe(
    "nginx-service   NodePort    10.1.0.125   <none>        8000:30080/TCP   AGE        app=nginx",
  );
});

test("kubectl 1.10 describe endpoints, as article 002 prints it", () => {
  const lab = article002("service-clusterip.yaml", "10.1.2.120");
  expect(describeEndpoints("default", "nginx-service", { store: lab.plane.store, now: 0, version: "1.10" }))
    .toBe(`Name:         nginx-service
Namespace:    default
Labels:       <none>
Annotations:  <none>
Subsets:
  Addresses:          10.1.5.4,10.1.5.5,10.1.6.5,10.1.6.6
  NotReadyAddresses:  <none>
  Ports:
    Name     Port  Protocol
    ----     ----  --------
    <unset>  80    TCP

Events:  <none>
`);
});

test("kubectl describe service, as article 004 prints it", () => {
  const lab = new TestLab({
    settings: { serviceCIDR: cidr("100.64.0.0/13") },
    pins: { clusterIPs: { "prod/export": "100.67.30.133" } },
  });
  lab.plane.ensureNamespace("prod");
  const pod = (n: number): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: p${n}, namespace: prod, labels: { run: export } }\nspec: { containers: [{ name: c }] }\n`;
  const svc =
    "apiVersion: v1\nkind: Service\nmetadata: { name: export, namespace: prod }\nspec: { selector: { run: export }, ports: [{ port: 80 }] }\n";
  lab.apply([svc, ...Array.from({ length: 10 }, (_, n) => pod(n))].join("---\n"));
  const addresses = ["5.44", "54.235", "54.247", "54.253", "55.154", "55.156", "9.43", "9.45", "9.48", "9.52"];
  for (const [n, tail] of addresses.entries())
    lab.plane.setPodStatus("prod", `p${9 - n}`, { phase: "Running", ready: true, podIP: `100.96.${tail}` });
  lab.plane.reconcile();
  expect(describeService("prod", "export", { store: lab.plane.store, now: 0, version: "1.9" }))
    .toBe(`Name:              export
Namespace:         prod
Labels:            <none>
Annotations:       <none>
Selector:          run=export
Type:              ClusterIP
IP:                100.67.30.133
Port:              <unset>  80/TCP
TargetPort:        80/TCP
Endpoints:         100.96.5.44:80,100.96.54.235:80,100.96.54.247:80 + 7 more...
Session Affinity:  None
Events:            <none>
`);
});

test("later releases: narrow columns, long ages, more columns", () => {
  const lab = article002("service-nodeport.yaml", "10.1.0.125");
  const context = { store: lab.plane.store, now: 10 * HOUR, version: "1.28" };
  const { stdout } = kubectlGet({ kind: "Pod", output: "wide" }, context);
  const masked = stdout.replaceAll(/nginx-deployment-\S+/g, (name) => "n".padEnd(name.length, "n"));
  expect(masked).toMatchInlineSnapshot(`
    "NAME                                READY   STATUS    RESTARTS   AGE   IP         NODE    NOMINATED NODE   READINESS GATES
    nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn   1/1     Running   0          4m    10.1.5.5   node1   <none>           <none>
    nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn   1/1     Running   0          4m    10.1.6.6   node2   <none>           <none>
    nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn   1/1     Running   0          4m    10.1.6.5   node2   <none>           <none>
    nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn   1/1     Running   0          4m    10.1.5.4   node1   <none>           <none>
    "
  `);
  expect(kubectlGet({ kind: "Deployment" }, context).stdout).toMatchInlineSnapshot(`
    "NAME               READY   UP-TO-DATE   AVAILABLE   AGE
    nginx-deployment   4/4     4            4           4m
    "
  `);
  expect(kubectlGet({ kind: "Node", output: "wide" }, context).stdout).toMatchInlineSnapshot(`
    "NAME    STATUS   ROLES    AGE   VERSION   INTERNAL-IP   EXTERNAL-IP   OS-IMAGE    KERNEL-VERSION   CONTAINER-RUNTIME
    node1   Ready    <none>   10h             192.168.0.1   <none>        <unknown>   <unknown>        <unknown>
    node2   Ready    <none>   10h             192.168.0.2   <none>        <unknown>   <unknown>        <unknown>
    "
  `);
  expect(kubectlGet({ kind: "Endpoints", allNamespaces: true }, context).stdout).toMatchInlineSnapshot(`
    "NAMESPACE   NAME            ENDPOINTS                                         AGE
    default     kubernetes      192.168.120.225:6443                              10h
    default     nginx-service   10.1.5.4:80,10.1.5.5:80,10.1.6.5:80 + 1 more...   4m
    "
  `);
  expect(describeService("default", "nginx-service", context)).toMatchInlineSnapshot(`
    "Name:                     nginx-service
    Namespace:                default
    Labels:                   <none>
    Annotations:              <none>
    Selector:                 app=nginx
    Type:                     NodePort
    IP Family Policy:         SingleStack
    IP Families:              IPv4
    IP:                       10.1.0.125
    IPs:                      10.1.0.125
    Port:                     <unset>  8000/TCP
    TargetPort:               80/TCP
    NodePort:                 <unset>  30080/TCP
    Endpoints:                10.1.5.4:80,10.1.5.5:80,10.1.6.5:80 + 1 more...
    Session Affinity:         None
    External Traffic Policy:  Cluster
    Events:                   <none>
    "
  `);
});

test("nothing found, unknown names, other outputs", () => {
  const lab = article002("service-nodeport.yaml", "10.1.0.125");
  const context = { store: lab.plane.store, now: 0, version: "1.28" };
  expect(kubectlGet({ kind: "StatefulSet" }, context)).toEqual({
    stdout: "",
    stderr: "No resources found in default namespace.\n",
    exitCode: 0,
  });
  expect(kubectlGet({ kind: "Service", names: ["x"] }, context)).toEqual({
    stdout: "",
    stderr: 'Error from server (NotFound): services "x" not found\n',
    exitCode: 1,
  });
  expect(kubectlGet({ kind: "Deployment", output: "name" }, context).stdout).toBe("deployment.apps/nginx-deployment\n");
  const yaml = kubectlGet({ kind: "Service", names: ["nginx-service"], output: "yaml" }, context).stdout;
  expect(yaml.replace(/uid: .*/, "uid: x").replace(/resourceVersion: .*/, "resourceVersion: x")).toMatchInlineSnapshot(`
    "apiVersion: v1
    kind: Service
    metadata:
      name: nginx-service
      namespace: default
      resourceVersion: x
      uid: x
    spec:
      clusterIP: 10.1.0.125
      clusterIPs:
      - 10.1.0.125
      externalTrafficPolicy: Cluster
      internalTrafficPolicy: Cluster
      ports:
      - nodePort: 30080
        port: 8000
        protocol: TCP
        targetPort: 80
      publishNotReadyAddresses: false
      selector:
        app: nginx
      sessionAffinity: None
      type: NodePort
    "
  `);
});

test("lines of apply and delete by release", () => {
  expect(applyLine("Service", "web", "created", "1.10")).toBe('service "web" created\n');
  expect(applyLine("Deployment", "web", "configured", "1.28")).toBe("deployment.apps/web configured\n");
  expect(deleteLine("Service", "default", "web", "1.10")).toBe('service "web" deleted\n');
  expect(deleteLine("Service", "default", "web", "1.34")).toBe('service "web" deleted from default namespace\n');
});

test.each([
  [59_000, "59s", "59s"],
  [119_000, "1m", "119s"],
  [270_000, "4m", "4m30s"],
  [85 * 60_000, "1h", "85m"],
  [3.5 * HOUR, "3h", "3h30m"],
  [85 * HOUR, "3d", "3d13h"],
  [145 * HOUR, "6d", "6d1h"],
])("an age of %i ms is %s, later %s", (ms, short, long) => {
  expect([shortAge(ms), longAge(ms)]).toEqual([short, long]);
});

test("columns end where a line has no such cell, as in Go's tabwriter", () => {
  const text = tabulate([["a", "b"], ["long", "c"], ["alone"], ["x", "y"]], { minWidth: 0, padding: 1 });
  expect(text).toBe("a    b\nlong c\nalone\nx y\n");
});
