// What an installer brings into kube-system, written as manifests like anybody's.

import { formatIPv4, parseCidr } from "@kubehop/kube";
import type { ClusterSpec } from "../model/cluster-spec.ts";

/** The tenth address of the service network is the cluster's DNS, by convention of all installers. */
export function dnsAddress(cluster: ClusterSpec): string {
  return formatIPv4((parseCidr(cluster.services.cidr)?.base ?? 0) + 10);
}

/** kube-dns' Service: two ports on one address. Its pods are a Deployment of the scenario, if it has one. */
export function kubeDnsManifest(cluster: ClusterSpec): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
  labels: { k8s-app: kube-dns }
spec:
  clusterIP: ${dnsAddress(cluster)}
  selector: { k8s-app: kube-dns }
  ports:
    - { name: dns, port: 53, protocol: UDP }
    - { name: dns-tcp, port: 53, protocol: TCP }
`;
}
