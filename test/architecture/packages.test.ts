// Every package is made after the same template.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageNames, readJson, root } from "./sources.ts";

interface Manifest {
  readonly name: string;
  readonly license: string;
  readonly type: string;
  readonly private: boolean;
  readonly description: string;
  readonly exports: Readonly<Record<string, object>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Config {
  readonly extends: string;
  readonly compilerOptions?: { readonly types?: readonly string[] };
  readonly references?: readonly { readonly path: string }[];
}

const NODE_PACKAGES = ["oracle", "cli"];

describe.each(packageNames())("package %s", (name) => {
  const manifest = readJson(`packages/${name}/package.json`) as Manifest;
  const config = readJson(`packages/${name}/tsconfig.json`) as Config;

  it("has the common fields", () => {
    expect(manifest).toMatchObject({
      name: `@kubehop/${name}`,
      license: "Apache-2.0",
      type: "module",
      private: true,
      exports: { ".": { "@kubehop/source": "./src/index.ts", default: "./dist/index.js" } },
    });
    expect(manifest.description).not.toBe("");
  });

  it("takes every version from the workspace or its catalog", () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => version !== "catalog:" && version !== "workspace:*")).toEqual([]);
  });

  it("has strict options, and Node's types only where Node is used", () => {
    expect(config.extends).toBe("../../tsconfig.base.json");
    expect(config.compilerOptions?.types).toEqual(NODE_PACKAGES.includes(name) ? ["node"] : undefined);
  });

  it("refers to the packages it depends on", () => {
    const depends = Object.keys(manifest.dependencies ?? {}).filter((other) => other.startsWith("@kubehop/"));
    expect((config.references ?? []).map(({ path }) => path.replace("../", "@kubehop/")).sort()).toEqual(
      depends.sort(),
    );
  });
});

describe("the workspace", () => {
  it("builds every package", () => {
    const { references } = readJson("tsconfig.json") as Config;
    const expected = [...packageNames().map((name) => `packages/${name}`), "tsconfig.test.json"];
    expect(references?.map(({ path }) => path).sort()).toEqual(expected.sort());
  });

  it("is tested by CI with the command README gives, on the pinned pnpm", () => {
    const { packageManager } = readJson("package.json") as { packageManager: string };
    const command = new RegExp(`npx -y ${packageManager} install .*&& npx -y ${packageManager} test`);
    const [given] = command.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
    expect(given).toBeDefined();
    expect(readFileSync(join(root, ".ci/run"), "utf8")).toContain(given);
  });

  it("is under the Apache License 2.0", () => {
    expect(readFileSync(join(root, "LICENSE"), "utf8")).toContain("Apache License");
  });
});
