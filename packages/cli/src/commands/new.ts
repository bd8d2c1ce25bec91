// `kubehop new`: a scenario from `kubectl get -o yaml` on stdin. Ends with 1 where what it wrote does not run or is another network.
import { newScenario } from "@kubehop/lab";
import { renderDiagnostics } from "@kubehop/kube";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Io, UsageError, writeText } from "../io.ts";
import { parseOptions } from "../options.ts";

const OPTIONS = { out: { type: "string", short: "o" }, title: { type: "string" }, force: { type: "boolean" } } as const;

const HOW = "kubectl get nodes,pods,deploy,rs,ds,sts,svc,ep,cm,netpol -A -o yaml | kubehop new -o DIR";

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`new reads stdin, found ${positionals.join(" ")}`, HOW);
  const text = io.stdin?.();
  if (text === undefined || text.trim() === "") throw new UsageError("nothing on stdin", HOW);
  const manifests = values.out === undefined ? undefined : "./manifests.yaml";
  const title = values.title ?? "what the cluster does";
  const say = (line: string): void => io.stderr(`kubehop new: ${line}\n`);
  const made = newScenario("stdin", text, { title, manifests, onProgress: say });
  if (!made.ok) {
    io.stderr(`${renderDiagnostics(made.diagnostics, made.sources)}\n`);
    return 2;
  }
  for (const line of [...made.notes, ...made.problems]) say(line);
  if (values.out === undefined) io.stdout(made.scenario);
  else
    writeFolder(
      values.out,
      { "scenario.yaml": made.scenario, "manifests.yaml": made.manifests ?? "" },
      values.force === true,
      io,
    );
  return made.problems.length === 0 ? 0 : 1;
}

/** Files that are there already are somebody's work. */
function writeFolder(folder: string, files: Readonly<Record<string, string>>, force: boolean, io: Io): void {
  const paths = Object.entries(files).map(([name, text]) => ({ path: join(folder, name), text }));
  const taken = paths.find(({ path }) => existsSync(path));
  if (taken !== undefined && !force) throw new UsageError(`${taken.path} is there already`, "--force writes over it");
  for (const { path, text } of paths) writeText(path, text);
  io.stdout(`${join(folder, "scenario.yaml")}\n`);
}
