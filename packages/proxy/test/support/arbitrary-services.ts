/** Random service ports for property tests: few names and addresses, so that lists overlap and change. */
import fc from "fast-check";
import type { ProxyEndpoint, ServicePort } from "../../src/index.ts";

const policy = fc.constantFrom("Cluster", "Local");

const endpoint: fc.Arbitrary<ProxyEndpoint> = fc
  .record({
    host: fc.integer({ min: 1, max: 12 }),
    nodeName: fc.constantFrom("node1", "node2"),
    state: fc.constantFrom("ready", "ready", "terminating", "gone"),
  })
  .map(({ host, nodeName, state }) => ({
    ip: `10.1.1.${host}`,
    port: 80,
    nodeName,
    ready: state === "ready",
    serving: state !== "gone",
    terminating: state !== "ready",
  }));

/** Service ports with distinct names; `modern` also draws internalTrafficPolicy. */
export function servicePorts(modern: boolean): fc.Arbitrary<readonly ServicePort[]> {
  const port: fc.Arbitrary<ServicePort> = fc
    .record({
      index: fc.integer({ min: 1, max: 6 }),
      portName: fc.constantFrom("", "http"),
      protocol: fc.constantFrom("tcp", "udp"),
      nodePort: fc.boolean(),
      externalIPs: fc.subarray(["192.168.99.22", "192.168.99.33"]),
      loadBalancerIPs: fc.subarray(["1.2.3.4", "5.6.7.8"]),
      loadBalancerSourceRanges: fc.subarray(["203.0.113.0/25", "192.168.0.0/24"]),
      affinity: fc.boolean(),
      externalTrafficPolicy: policy,
      internalTrafficPolicy: policy,
      endpoints: fc.uniqueArray(endpoint, { maxLength: 5, selector: (ep) => ep.ip }),
    })
    .map(({ index, affinity, nodePort, internalTrafficPolicy, ...rest }): ServicePort => {
      const base: ServicePort = {
        ...rest,
        namespace: "ns",
        name: `svc${index}`,
        clusterIP: `172.30.0.${index}`,
        port: 80,
      };
      return {
        ...base,
        ...(nodePort ? { nodePort: 30000 + index } : {}),
        ...(affinity ? { affinitySeconds: 10800 } : {}),
        ...(modern ? { internalTrafficPolicy } : {}),
      };
    });
  return fc.uniqueArray(port, { maxLength: 6, selector: (svc) => svc.name });
}
