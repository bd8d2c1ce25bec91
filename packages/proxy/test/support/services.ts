/** The seven services of the golden dumps: upstream's golden test plus one with affinity, UDP and policy Local. */
import type { NodeFacts, ProxyEndpoint, ServicePort } from "../../src/index.ts";

export const NODE: NodeFacts = { name: "node1", nodeIP: "192.168.0.2", clusterCIDR: "10.0.0.0/8" };

export function endpoint(
  ip: string,
  port: number,
  nodeName = "node2",
  more: Partial<ProxyEndpoint> = {},
): ProxyEndpoint {
  return { ip, port, nodeName, ready: true, serving: true, terminating: false, ...more };
}

export function service(key: string, more: Partial<ServicePort> & Pick<ServicePort, "clusterIP">): ServicePort {
  const [namespace = "", rest = ""] = key.split("/");
  const [name = "", portName = ""] = rest.split(":");
  return { namespace, name, portName, protocol: "tcp", port: 80, endpoints: [], ...more };
}

export const GOLDEN_SERVICES: readonly ServicePort[] = [
  service("ns1/svc1:p80", { clusterIP: "172.30.0.41", endpoints: [endpoint("10.180.0.1", 80)] }),
  service("ns2/svc2:p80", {
    clusterIP: "172.30.0.42",
    nodePort: 3001,
    externalIPs: ["192.168.99.22"],
    loadBalancerIPs: ["1.2.3.4"],
    externalTrafficPolicy: "Local",
    healthCheckNodePort: 30000,
    endpoints: [endpoint("10.180.0.2", 80)],
  }),
  service("ns3/svc3:p80", { clusterIP: "172.30.0.43", nodePort: 3003, endpoints: [endpoint("10.180.0.3", 80)] }),
  service("ns4/svc4:p80", {
    clusterIP: "172.30.0.44",
    externalIPs: ["192.168.99.33"],
    endpoints: [endpoint("10.180.0.5", 80, "node1"), endpoint("10.180.0.4", 80)],
  }),
  service("ns5/svc5:p80", {
    clusterIP: "172.30.0.45",
    nodePort: 3002,
    loadBalancerIPs: ["5.6.7.8"],
    loadBalancerSourceRanges: ["203.0.113.0/25"],
    endpoints: [endpoint("10.180.0.3", 80)],
  }),
  service("ns6/svc6:p80", { clusterIP: "172.30.0.46" }),
  service("ns7/svc7", {
    protocol: "udp",
    clusterIP: "172.30.0.47",
    port: 53,
    nodePort: 3007,
    externalTrafficPolicy: "Local",
    healthCheckNodePort: 30007,
    affinitySeconds: 10800,
    endpoints: [endpoint("10.180.0.6", 53), endpoint("10.180.0.7", 53, "node1"), endpoint("10.180.1.6", 53, "node1")],
  }),
];
