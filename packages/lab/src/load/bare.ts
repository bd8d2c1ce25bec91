// `namespaces:` and `build:` → a BareSpec.
import { didYouMean, type Path } from "@kubehop/kube";
import type { BareSpec, BuildBlock, MuteSpec, NamespaceSpec, NicSpec } from "../model/bare-spec.ts";
import type { ClusterSpec } from "../model/cluster-spec.ts";
import type { ScenarioFile } from "../schema/scenario-schema.ts";
import { splitCommands } from "./commands.ts";
import type { LoadContext } from "./context.ts";
import { type Draft, entriesOf, manyOf } from "./draft.ts";
import { FLAVOURS, NEWEST } from "./flavours.ts";

type DraftNamespaces = NonNullable<Draft<ScenarioFile>["namespaces"]>;
type DraftNamespace = NonNullable<Exclude<DraftNamespaces, readonly unknown[]>[string]>;

/** Keys that describe a cluster. */
const CLUSTER_KEYS = ["cluster", "manifests", "place", "serve", "timing"] as const;

/** Undefined: the file describes a cluster. */
export function buildBare(context: LoadContext): BareSpec | undefined {
  const { document, draft } = context;
  if (!document.has(["namespaces"])) {
    if (document.has(["build"]))
      context.report(["build"], '"build" builds namespaces, and there are none', {
        code: "conflict",
        hint: "write namespaces: [A, B]",
        atKey: true,
      });
    return undefined;
  }
  for (const key of CLUSTER_KEYS) {
    if (document.has([key]))
      context.report([key], `"${key}" belongs to a cluster, and this is a lab of namespaces`, {
        code: "conflict",
        hint: 'take out either it or "namespaces"',
        atKey: true,
      });
  }
  const namespaces = readNamespaces(context, draft.namespaces);
  const names = namespaces.map(({ name }) => name);
  return { namespaces, build: readBuild(context, names) };
}

/** What stands for the cluster where there is none: no machines and no agents, kernel and tools of the newest release. */
export const NO_CLUSTER: ClusterSpec = {
  ...FLAVOURS[NEWEST],
  cni: { kind: "docker" },
  proxy: { mode: "iptables", clusterCIDR: undefined, masqueradeAll: false },
  services: { cidr: "10.96.0.0/12", nodePorts: [30000, 32767] },
  underlay: { cidr: "192.168.99.0/24", gateway: undefined, gatewayMac: undefined, mtu: 1500 },
  docker: undefined,
  nodes: [],
  hosts: [],
  agents: [],
};

function readNamespaces(context: LoadContext, draft: DraftNamespaces | undefined): NamespaceSpec[] {
  if (!Array.isArray(draft)) {
    const map = (draft ?? {}) as Readonly<Record<string, DraftNamespace | null | undefined>>;
    return entriesOf(map).map(([name, settings]) => readNamespace(context, name, settings ?? {}));
  }
  const seen = new Set<string>();
  return (draft as readonly (string | undefined)[]).flatMap((name, index) => {
    if (name === undefined) return [];
    if (seen.has(name)) context.report(["namespaces", index], `two namespaces are named ${name}`, { code: "conflict" });
    seen.add(name);
    return [{ name, nics: [], mute: [] }];
  });
}

function readNamespace(context: LoadContext, name: string, draft: DraftNamespace): NamespaceSpec {
  const path = ["namespaces", name];
  const nics = entriesOf(draft.nics).map(([dev, { segment = "", mac, mtu }]): NicSpec => {
    const position = context.position([...path, "nics", dev]);
    return { name: dev, segment, mac: mac?.toLowerCase(), mtu, position };
  });
  const mute = manyOf(draft.mute).map(({ item, step }): MuteSpec => ({
    dev: item,
    position: context.position([...path, "mute", ...step]),
  }));
  return { name, nics, mute };
}

function readBuild(context: LoadContext, names: readonly string[]): BuildBlock[] {
  return (context.draft.build ?? []).flatMap((block, index) => {
    if (block === undefined) return [];
    const path = ["build", index];
    const places = manyOf(block.in);
    for (const { item, step } of places) checkNamespace(context, names, item, [...path, "in", ...step]);
    const commands = splitCommands(context, block.run ?? "", [...path, "run"]);
    if (block.run !== undefined && commands.length === 0) context.report([...path, "run"], "no command");
    for (const { background, position } of commands)
      if (background)
        context.reportAt(position, "what is built ends before time 0: no command stays in the background");
    return [{ in: places.map(({ item }) => item), commands }];
  });
}

function checkNamespace(context: LoadContext, names: readonly string[], name: string, path: Path): void {
  if (names.includes(name)) return;
  context.report(path, `no namespace is named ${JSON.stringify(name)}`, {
    code: "unresolved",
    hint: didYouMean(name, names) ?? `namespaces: ${names.join(", ")}`,
  });
}
