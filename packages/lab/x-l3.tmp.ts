import { readFileSync } from "node:fs";
import { loadScenario } from "/work/main/packages/lab/src/load/load-scenario.ts";
import { explainScenario, storyOfFailure } from "/work/main/packages/lab/src/explain/explain.ts";
import { cellRunner } from "/work/main/packages/lab/src/steps/run-steps.ts";
import { renderDiagnostics } from "@kubehop/kube";
const [f, level, cell, flow, step] = process.argv.slice(2);
const r = loadScenario(f!, readFileSync(f!, "utf8"), () => undefined);
if (!r.ok) { console.log(renderDiagnostics(r.diagnostics, r.sources)); process.exit(2); }
const c = Object.fromEntries((cell ?? "").split(",").filter(Boolean).map((p) => p.split("=")));
if (level === "story") for (const p of r.scenario.cells) for (const s of p.steps) console.log(JSON.stringify(p.cell), s.id, "\n" + storyOfFailure(p, 1, cellRunner(() => undefined), s).join("\n"));
else console.log(explainScenario(r.scenario, { level: level as any, cell: c, ...(flow ? {flow} : {}), ...(step ? {step} : {}) }));
