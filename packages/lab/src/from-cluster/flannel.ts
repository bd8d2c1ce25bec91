// flannel as a dump shows it: its ConfigMap, the image of its pods, and what flanneld writes to the Nodes.
import { cidrContains, formatCidr, parseCidr } from "@kubehop/kube";
import { configMap, parsed } from "./config-map.ts";
import { at, type Dumped, listAt, subjectOf, textAt } from "./dumped.ts";
import type { Notes } from "./notes.ts";

type Plain = Record<string, unknown>;

/** From flannel's ConfigMap; without it the network that the nodes' podCIDRs have in common. */
export function flannelSettings(
  objects: readonly Dumped[],
  networks: readonly string[],
  notes: Notes,
): Plain | undefined {
  const config = parsed(configMap(objects, "kube-flannel-cfg", "net-conf.json"));
  const backend = textAt(config, "Backend", "Type") ?? "vxlan";
  if (backend !== "vxlan") notes.say(`flannel's backend ${backend} is not modelled: vxlan is taken`);
  const vni = at(config, "Backend", "VNI");
  const network = textAt(config, "Network") ?? commonNetwork(networks);
  if (config === undefined && network !== undefined)
    notes.say(`cluster.cni: no ConfigMap kube-flannel-cfg in the dump, flannel with ${network} is a guess`);
  const version = releaseOf(objects, notes);
  if (network === undefined && version === undefined) return undefined;
  return {
    ...(version === undefined ? {} : { version }),
    ...(network === undefined ? {} : { network }),
    ...(typeof vni === "number" ? { vni } : {}),
  };
}

/** The widest usual network around them: kubeadm's /16 when it holds them. */
function commonNetwork(networks: readonly string[]): string | undefined {
  const bases = networks.map((text) => parseCidr(text)?.base).filter((base) => base !== undefined);
  const [first] = bases;
  if (first === undefined) return undefined;
  const around = [16, 12, 8].map((prefix) => ({
    base: Math.floor(first / 2 ** (32 - prefix)) * 2 ** (32 - prefix),
    prefix,
  }));
  const found = around.find((cidr) => bases.every((base) => cidrContains(cidr, base)));
  return found === undefined ? undefined : formatCidr(found);
}

/** Of flanneld, from the image of a pod or of what makes the pods: `flannel/flannel:v0.22.3`, `coreos/flannel:v0.9.1-amd64`. */
function releaseOf(objects: readonly Dumped[], notes: Notes): string | undefined {
  const found = objects.flatMap(({ value }) =>
    [...listAt(value, "spec", "containers"), ...listAt(value, "spec", "template", "spec", "containers")].flatMap(
      (container) => /\/flannel:v?(\d+\.\d+\.\d+)/.exec(textAt(container, "image") ?? "")?.[1] ?? [],
    ),
  );
  const [release, ...others] = new Set(found);
  if (release !== undefined && others.length > 0)
    notes.say(`releases of flannel differ (${[release, ...others].join(", ")}): ${release} is taken`);
  return release;
}

const ANNOTATION = "flannel.alpha.coreos.com/";

/** `vtepMac` by node. Nothing else that flanneld has written there is taken over, and what would make a difference is told. */
export function vtepMacs(nodes: readonly Dumped[], notes: Notes): ReadonlyMap<Dumped, Plain> {
  const owners = new Map<string, Dumped>();
  for (const node of nodes) {
    const mac = textAt(parsed(annotation(node, "backend-data")), "VtepMAC")?.toLowerCase();
    tellAddress(node, notes);
    if (mac === undefined) continue;
    const first = owners.get(mac);
    if (first === undefined) owners.set(mac, node);
    else notes.missing(`the VTEP MAC ${mac}, which ${first.name} has too`, subjectOf(node));
  }
  return new Map([...owners].map(([vtepMac, node]) => [node, { vtepMac }]));
}

/** flanneld tells the others where to send: here it is the node's own address. */
function tellAddress(node: Dumped, notes: Notes): void {
  const internal = listAt(node.value, "status", "addresses").find((one) => at(one, "type") === "InternalIP");
  const own = textAt(internal, "address");
  for (const key of ["public-ip", "public-ip-overwrite"]) {
    const told = annotation(node, key);
    if (told !== undefined && told !== own)
      notes.missing(`${ANNOTATION}${key} ${told}: flanneld takes ${own ?? "the node's address"}`, subjectOf(node));
  }
}

function annotation({ value }: Dumped, key: string): string | undefined {
  return textAt(value, "metadata", "annotations", `${ANNOTATION}${key}`);
}
