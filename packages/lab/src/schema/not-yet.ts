// Keys of the planned grammar that do nothing yet: refused by name, so that nobody takes them for a slip.
import type { Path } from "@kubehop/kube";

interface Planned {
  /** The same place in words. */
  readonly where: string;
  /** Does the map at this path have these keys? */
  readonly at: (path: Path) => boolean;
  readonly keys: Readonly<Record<string, string>>;
}

/** Values that the real thing has, by the end of the path of their key. */
const PLANNED_WORDS: Readonly<Record<string, readonly string[]>> = {
  "cluster.cni": ["calico", "cilium", "weave", "canal", "kindnet", "none"],
  "cluster.proxy": ["ipvs", "nftables", "userspace"],
  "cluster.proxy.mode": ["ipvs", "nftables", "userspace"],
  "cluster.cni.flannel.backend": ["host-gw", "udp", "wireguard", "ipip", "ipsec"],
};

const isExpect = (path: Path): boolean => path.includes("expect") || (path[0] === "bug" && path[1] === "because");

const PLANNED: readonly Planned[] = [
  {
    where: "the file",
    at: (path) => path.length === 0,
    keys: {
      vary: "one draw per student",
      tasks: "tasks of a lab",
      check: "tasks of a lab",
    },
  },
  {
    where: "cluster.cni",
    at: (path) => path.join(".") === "cluster.cni",
    keys: { calico: "another pod network", cilium: "another pod network", weave: "another pod network" },
  },
  {
    where: "a step",
    at: (path) => path[0] === "steps" && path.length === 2,
    keys: {
      say: "tasks of a lab",
      needs: "tasks of a lab",
      points: "tasks of a lab",
      check: "tasks of a lab",
      ask: "tasks of a lab",
      hints: "tasks of a lab",
    },
  },
  {
    where: "an expectation",
    at: isExpect,
    keys: {
      networkpolicy: "network policies",
    },
  },
];

/** All of them, for documentation: where, key, what it waits for. */
export function plannedRows(): { readonly where: string; readonly key: string; readonly waitsFor: string }[] {
  return PLANNED.flatMap(({ where, keys }) =>
    Object.entries(keys).map(([key, waitsFor]) => ({ where, key, waitsFor })),
  );
}

/** `cluster.proxy ipvs`; undefined: a word that means nothing. */
export function plannedWord(path: Path, word: string): string | undefined {
  const key = path.join(".");
  if (!Object.hasOwn(PLANNED_WORDS, key)) return undefined;
  return PLANNED_WORDS[key]?.includes(word.toLowerCase()) === true ? `${key}: ${word}` : undefined;
}

/** Why a key is refused though it is planned; undefined: it is simply unknown. */
export function plannedKey(path: Path, key: string): string | undefined {
  const planned = PLANNED.find((entry) => entry.at(path));
  return planned !== undefined && Object.hasOwn(planned.keys, key) ? planned.keys[key] : undefined;
}
