// The agents of all nodes, by name.

import type { AgentName } from "../model/cluster-spec.ts";
import type { AgentProcess } from "./agent-process.ts";

export class AgentSet {
  readonly #processes = new Map<string, AgentProcess>();

  add(process: AgentProcess): void {
    this.#processes.set(process.name, process);
  }

  /** @throws Refusal when it does not run */
  kill(node: string, agent: AgentName): void {
    this.#process(`${node}/${agent}`).kill();
  }

  /** @throws Refusal when it runs */
  start(node: string, agent: AgentName): void {
    this.#process(`${node}/${agent}`).start();
  }

  /** How much later NODE/AGENT hears of the API server's changes from now on, virtual ms. */
  delay(name: string, ms: number): void {
    this.#process(name).delay = ms;
  }

  /** All agents of a node die. */
  crash(node: string): void {
    for (const process of this.#processes.values())
      if (process.isRunning && process.name.startsWith(`${node}/`)) process.kill();
  }

  #process(name: string): AgentProcess {
    const process = this.#processes.get(name);
    if (process === undefined) throw new Error(`there is no ${name}`);
    return process;
  }
}
