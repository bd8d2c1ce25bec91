import { readFileSync, existsSync } from "node:fs";
import { loadScenario } from "./src/load/load-scenario.ts";
import { renderDiagnostics } from "@kubehop/kube";
for (const f of process.argv.slice(2)) {
  const t = performance.now();
  const r = loadScenario(f, readFileSync(f, "utf8"), (p) => existsSync("/tmp/l1/" + p) ? readFileSync("/tmp/l1/" + p, "utf8") : undefined);
  console.error((performance.now() - t).toFixed(1), "ms");
  if (!r.ok) console.log(renderDiagnostics(r.diagnostics, r.sources));
  else console.log(JSON.stringify(r.scenario.cells[0], (k, v) => (k === "position" || k === "provenance" || k === "objects" ? undefined : v), 1));
}
