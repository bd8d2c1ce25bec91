import { ControlPlane } from "@kubehop/kube";
import { Random } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { startWords } from "../../src/index.ts";
import { controlPlaneAccess } from "../support/control-plane-access.ts";
import { Town } from "../support/town.ts";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: nginx-deployment
spec:
  selector:
    matchLabels:
      app: nginx
  replicas: 2
  template:
    metadata:
      labels:
        app: nginx
    spec:
      containers:
      - name: nginx
        image: nginx:1.7.9
        ports:
        - containerPort: 80
`;
const SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: nginx-service
spec:
  clusterIP: 10.1.2.120
  ports:
  - port: 8000
    targetPort: 80
  selector:
    app: nginx
`;

function cluster(version: string): Town {
  const town = new Town();
  const controlPlane = new ControlPlane({
    random: new Random("kubectl"),
    now: () => town.world.now,
    settings: { serviceCIDR: { base: 0x0a010000, prefix: 22 } },
  });
  controlPlane.addNode({ name: "node1", ip: "192.168.0.1", podCIDR: "10.1.5.0/24" });
  controlPlane.reconcile();
  let next = 4;
  town.kube = controlPlaneAccess({
    controlPlane,
    version,
    now: () => town.world.now,
    changed: () => {
      controlPlane.reconcile();
      for (const pod of controlPlane.store.list("Pod")) {
        if (pod.spec.nodeName !== undefined && pod.status.podIP === undefined)
          controlPlane.setPodStatus(pod.metadata.namespace, pod.metadata.name, {
            phase: "Running",
            podIP: `10.1.5.${next++}`,
            ready: true,
          });
      }
      controlPlane.reconcile();
    },
    exec: (_namespace, _pod, words, ctx) => startWords({ ...ctx, ns: town.a }, words, town.registry),
  });
  town.outside.set("deployment.yaml", DEPLOYMENT);
  town.outside.set("service.yaml", SERVICE);
  return town;
}

describe("kubectl", () => {
  const town = cluster("1.28");
  const run = (line: string, stdin = ""): string => {
    const { out, err, code } = town.run(town.node, line, stdin);
    return `${out}${err}${code ?? "-"}`;
  };

  it("applies files, and says what became of their objects", () => {
    expect(run("kubectl apply -f deployment.yaml -f service.yaml")).toBe(
      "deployment.apps/nginx-deployment created\nservice/nginx-service created\n0",
    );
    expect(run("cat <<'EOF' | kubectl apply -f -\n" + SERVICE + "EOF")).toBe("service/nginx-service unchanged\n0");
    expect(run("kubectl create -f service.yaml")).toBe(
      'Error from server (AlreadyExists): error when creating "service.yaml": services "nginx-service" already exists\n1',
    );
  });

  it("prints services", () => {
    town.run(town.node, "sleep 240");
    expect(run("kubectl get svc -o wide")).toBe(
      "NAME            TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE   SELECTOR\nnginx-service   ClusterIP   10.1.2.120   <none>        8000/TCP   4m    app=nginx\n0",
    );
    expect(run("kubectl get service nginx-service -o name")).toBe("service/nginx-service\n0");
    expect(run("kubectl get svc/nginx-service --no-headers | wc -l")).toBe("1\n0");
    expect(run("kubectl -n kube-system get svc")).toBe("No resources found in kube-system namespace.\n0");
    expect(run("kubectl get svc nosuch")).toBe('Error from server (NotFound): services "nosuch" not found\n1');
  });

  it("prints several kinds, a table each", () => {
    expect(run("kubectl get svc,deploy")).toBe(
      "NAME                    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE\nservice/nginx-service   ClusterIP   10.1.2.120   <none>        8000/TCP   4m\n\n" +
        "NAME                               READY   UP-TO-DATE   AVAILABLE   AGE\ndeployment.apps/nginx-deployment   2/2     2            2           4m\n0",
    );
    expect(run("kubectl get all -A -o name | sort | head -1")).toBe("deployment.apps/nginx-deployment\n0");
  });

  it("describes", () => {
    expect(run("kubectl describe endpoints nginx-service")).toContain("  Addresses:          10.1.5.4,10.1.5.5\n");
    expect(run("kubectl describe svc nginx-service")).toContain("Endpoints:         10.1.5.4:80,10.1.5.5:80\n");
    expect(run("kubectl describe node node1")).toBe(
      "kubectl: kubectl describe of a Node is not modelled by kubehop\n2",
    );
  });

  it("scales", () => {
    expect(run("kubectl scale deploy nginx-deployment --replicas=1; kubectl get pods -o name | wc -l")).toMatch(
      /^deployment\.apps\/nginx-deployment scaled\n/,
    );
    expect(run("kubectl get deploy nginx-deployment --no-headers")).toMatch(/^nginx-deployment +1\/1 /);
  });

  it("runs commands in pods", () => {
    const pod = town.run(town.node, "kubectl get pods -o name --no-headers | head -1").out.trim().replace("pod/", "");
    expect(run(`kubectl exec -it ${pod} -- ip -4 -br addr show dev eth0`)).toMatch(
      /^eth0@if\d+ +UP +10\.1\.0\.2\/24 \n0$/,
    );
    expect(run(`kubectl exec deploy/nginx-deployment -- ping -c 1 10.1.0.1 | grep -c 'bytes from'`)).toBe("1\n0");
    expect(run(`kubectl exec ${pod} true`)).toBe("0");
    expect(
      run(
        `kubectl exec ${pod} -- sh -c 'ip -4 -o addr show dev eth0 | grep -o "10[.0-9]*"; timeout 1 ip -br link show eth0 | wc -l'`,
      ),
    ).toBe("10.1.0.2\n1\n0");
    expect(run(`kubectl exec -it ${pod} -- sh`)).toBe("sh: a shell to type into is not modelled by kubehop\n2");
    expect(run("kubectl exec nosuch -- true")).toBe('Error from server (NotFound): pods "nosuch" not found\n1');
  });

  it("deletes", () => {
    expect(run("kubectl delete svc nginx-service nosuch")).toBe(
      'service "nginx-service" deleted\nError from server (NotFound): services "nosuch" not found\n1',
    );
    expect(run("kubectl delete -f deployment.yaml")).toBe('deployment.apps "nginx-deployment" deleted\n0');
  });

  it("puts objects without a namespace into the one of -n", () => {
    expect(run("kubectl apply -n kube-system -f service.yaml; kubectl get svc -n kube-system -o name")).toBe(
      "service/nginx-service created\nservice/nginx-service\n0",
    );
  });

  it("shows mistakes of a manifest with their places", () => {
    const r = town.run(town.node, "kubectl apply -f -", SERVICE.replace("targetPort: 80", "targetPrt: 80"));
    expect(r.err).toMatch(/^-:9:5: /);
    expect(r.code).toBe(1);
  });

  it.each([
    ["kubectl get foo", 'error: the server doesn\'t have a resource type "foo"\n1'],
    ["kubectl frobnicate", 'error: unknown command "frobnicate" for "kubectl"\n1'],
    ["kubectl logs x", "kubectl: kubectl logs is not modelled by kubehop\n2"],
    ["kubectl get pods -w", "kubectl: option -w is not modelled by kubehop\n2"],
    ["kubectl get pods -o jsonpath={.x}", "kubectl: -o jsonpath={.x} is not modelled by kubehop\n2"],
    ["kubectl get pods --zzz", "error: unknown flag: --zzz\nSee 'kubectl --help' for usage.\n1"],
    ["kubectl apply -f nosuch.yaml", 'error: the path "nosuch.yaml" does not exist\n1'],
    ["kubectl apply", "error: must specify one of -f and -k\n1"],
    ["kubectl delete svc", "error: resource(s) were provided, but no name was specified\n1"],
    ["kubectl scale deploy x", 'error: required flag(s) "replicas" not set\n1'],
  ])("refuses: %s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });
});

describe("kubectl 1.10", () => {
  it("names objects in quotes", () => {
    const town = cluster("1.10");
    expect(town.run(town.node, "kubectl apply -f service.yaml").out).toBe('service "nginx-service" created\n');
    expect(town.run(town.node, "kubectl delete svc nginx-service").out).toBe('service "nginx-service" deleted\n');
  });

  it("reaches no cluster without one", () => {
    const town = new Town();
    expect(town.run(town.node, "kubectl get pods").err).toBe(
      "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n",
    );
  });
});
