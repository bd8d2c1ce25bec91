import { writeFileSync } from "node:fs";
import { scenarioReference } from "./src/schema/reference.ts";
writeFileSync("/work/main/docs/SCENARIO.md", scenarioReference());
