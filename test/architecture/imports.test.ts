// The import table of docs/ARCHITECTURE.md, as data, held against every import of every package.
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { importsOf, packageNames, readJson, sourceFiles } from "./sources.ts";
import type { SourceFile } from "./sources.ts";

interface Row {
  /** Packages of this workspace; netstack always means its public entries. */
  readonly packages: readonly string[];
  readonly external: readonly string[];
  /** May it use `node:*`? Everything else runs in a browser tab as it is. */
  readonly node?: true;
}

const BELOW_LAB = ["sim", "netstack", "kube", "cni", "proxy", "programs", "commands"];

const TABLE: Readonly<Record<string, Row>> = {
  sim: { packages: [], external: ["eventemitter3"] },
  netstack: { packages: ["sim"], external: ["eventemitter3", "ip-address"] },
  kube: { packages: ["sim"], external: ["eventemitter3", "ip-address", "yaml", "zod"] },
  cni: { packages: ["sim", "netstack", "kube"], external: ["@noble/hashes"] },
  proxy: { packages: ["sim", "netstack", "kube"], external: ["@noble/hashes"] },
  programs: { packages: ["sim", "netstack", "kube"], external: ["@noble/hashes"] },
  commands: { packages: ["sim", "netstack", "kube", "programs"], external: [] },
  lab: { packages: BELOW_LAB, external: ["yaml", "zod", "vitest"] },
  oracle: { packages: [...BELOW_LAB, "lab"], external: ["zod"], node: true },
  cli: { packages: [...BELOW_LAB, "lab", "oracle"], external: [], node: true },
};

/** Entries of a package that product code may import; `testing` is for tests alone. */
const PUBLIC_ENTRIES = new Set(["@kubehop/netstack/rules"]);

/** Where inside a package an external library is allowed, when not everywhere. */
const ONLY_UNDER: Readonly<Record<string, string>> = {
  "netstack ip-address": "packages/netstack/src/addr/",
  "lab vitest": "packages/lab/src/vitest/",
};

function libraryOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Why `file` of package `name` must not import `specifier`; undefined when it may. */
function objection(name: string, row: Row, file: SourceFile, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(file.path), specifier));
    if (!target.startsWith(`packages/${name}/src/`)) return "leaves the package";
    const testing = `packages/${name}/src/testing/`;
    return target.startsWith(testing) && !file.path.startsWith(testing) ? "is for tests" : undefined;
  }
  if (specifier.startsWith("node:")) return row.node ? undefined : "is not platform-free";
  const library = libraryOf(specifier);
  if (library.startsWith("@kubehop/")) {
    if (!row.packages.includes(library.slice("@kubehop/".length))) return "is not in this package's row";
    return specifier === library || PUBLIC_ENTRIES.has(specifier) ? undefined : "is not a public entry";
  }
  if (!row.external.includes(library)) return "is not in this package's row";
  const folder = ONLY_UNDER[`${name} ${library}`];
  return folder && !file.path.startsWith(folder) ? `belongs in ${folder}` : undefined;
}

describe("the import table", () => {
  it("has a row for every package", () => {
    expect(Object.keys(TABLE).sort()).toEqual(packageNames().sort());
  });

  it.each(Object.entries(TABLE))("holds for %s", (name, row) => {
    const found = sourceFiles(`packages/${name}/src`).flatMap((file) =>
      importsOf(file.text).flatMap((specifier) => {
        const why = objection(name, row, file, specifier);
        return why ? [`${file.path} imports ${specifier}: ${why}`] : [];
      }),
    );
    expect(found).toEqual([]);
  });

  it.each(Object.entries(TABLE))("covers what %s declares in package.json", (name, row) => {
    const { dependencies = {} } = readJson(`packages/${name}/package.json`) as { dependencies?: object };
    const allowed = [...row.packages.map((other) => `@kubehop/${other}`), ...row.external];
    expect(Object.keys(dependencies).filter((dependency) => !allowed.includes(dependency))).toEqual([]);
  });

  it.each(packageNames())("%s uses what it declares", (name) => {
    const { dependencies = {} } = readJson(`packages/${name}/package.json`) as { dependencies?: object };
    const used = new Set(
      sourceFiles(`packages/${name}/src`)
        .flatMap(({ text }) => importsOf(text))
        .map(libraryOf),
    );
    expect(Object.keys(dependencies).filter((dependency) => !used.has(dependency))).toEqual([]);
  });

  const row: Row = { packages: ["sim", "netstack"], external: ["ip-address"] };
  it.each([
    ["packages/netstack/src/dev/veth.ts", "../skb/packet.ts", undefined],
    ["packages/netstack/src/dev/veth.ts", "../../../sim/src/clock.ts", "leaves the package"],
    ["packages/netstack/src/dev/veth.ts", "../testing/net.ts", "is for tests"],
    ["packages/netstack/src/dev/veth.ts", "node:fs", "is not platform-free"],
    ["packages/netstack/src/dev/veth.ts", "@kubehop/sim", undefined],
    ["packages/netstack/src/dev/veth.ts", "@kubehop/kube", "is not in this package's row"],
    ["packages/netstack/src/dev/veth.ts", "@kubehop/netstack/testing", "is not a public entry"],
    ["packages/netstack/src/dev/veth.ts", "yaml", "is not in this package's row"],
    ["packages/netstack/src/dev/veth.ts", "ip-address", "belongs in packages/netstack/src/addr/"],
    ["packages/netstack/src/addr/ipv4.ts", "ip-address", undefined],
  ])("judges %s importing %s", (path, specifier, why) => {
    expect(objection("netstack", row, { path, text: "" }, specifier)).toBe(why);
  });

  it("sees every form of import", () => {
    const text = [
      'import { a } from "one";',
      'import type {\n  B,\n} from "./two.ts";',
      'import "three";',
      'export { c } from "@x/four";',
      'export * from "five/six";',
      'const d = await import("node:seven");',
      '// told from "comment"',
    ].join("\n");
    expect(importsOf(text).sort()).toEqual(["./two.ts", "@x/four", "five/six", "node:seven", "one", "three"]);
  });
});
