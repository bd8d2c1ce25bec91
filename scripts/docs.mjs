// Keeps the examples in the documents true: every `<!-- example: FILE -->` is followed by that file, every `<!-- output: ARGUMENTS -->`
// by what `kubehop ARGUMENTS` prints. Some documents are what a command prints, as a whole. `node scripts/docs.mjs` writes them anew, a test holds the documents against a real run.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
export const DOCUMENTS = [
  "README.md",
  "docs/ARCHITECTURE.md",
  "docs/FIDELITY.md",
  "docs/LIBRARY.md",
  "docs/REPORTS.md",
];

/** Documents that are the output of `kubehop ARGUMENTS`. */
export const PAGES = {
  "docs/SCENARIO.md": ["schema", "--markdown"],
  "docs/SUPPORT.md": ["support"],
  "docs/report.schema.json": ["schema", "--report"],
};

const MARKER = /^<!-- (example|output): (.+) -->\n(?:\n```\w*\n[\s\S]*?\n```\n)?/gm;

function block(kind, argument) {
  if (kind === "example") {
    const language = argument.endsWith(".ts") ? "ts" : "yaml";
    return `\n\`\`\`${language}\n${readFileSync(join(root, argument), "utf8").trimEnd()}\n\`\`\`\n`;
  }
  // An argument with blanks is quoted as in a shell.
  const args = [...argument.matchAll(/'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2]);
  return `\n\`\`\`text\n${printed(args).trimEnd()}\n\`\`\`\n`;
}

function printed(args) {
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } };
  return spawnSync(process.execPath, [join(root, "packages/cli/bin/kubehop.mjs"), ...args], options).stdout;
}

/** The text of a document with all its blocks made anew. */
export function renewed(text) {
  return text.replaceAll(MARKER, (_all, kind, argument) => `<!-- ${kind}: ${argument} -->\n${block(kind, argument)}`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const name of DOCUMENTS) {
    const path = join(root, name);
    const text = readFileSync(path, "utf8");
    const now = renewed(text);
    if (now !== text) writeFileSync(path, now);
  }
  for (const [name, args] of Object.entries(PAGES)) writeFileSync(join(root, name), printed(args));
}
