// Services as one kube-proxy knows them: what it has not heard of yet is not in its list.

import type { ServicePort, ServiceSource } from "@kubehop/proxy";
import type { AgentPorts } from "./agent-process.ts";

export class HeardServices implements ServiceSource {
  readonly #source: ServiceSource;
  readonly #ports: Pick<AgentPorts, "hear" | "onLate">;
  /** The list as last heard of; undefined: it hears of everything at once. */
  #known: readonly ServicePort[] | undefined;

  constructor(source: ServiceSource, ports: Pick<AgentPorts, "hear" | "onLate">) {
    this.#source = source;
    this.#ports = ports;
    // From then on the list is what was heard.
    ports.onLate(() => (this.#known ??= source.list()));
  }

  list(): readonly ServicePort[] {
    return this.#known ?? this.#source.list();
  }

  watch(onChange: () => void): () => void {
    return this.#source.watch(() => {
      const list = this.#known === undefined ? undefined : this.#source.list();
      this.#ports.hear(() => {
        if (list !== undefined) this.#known = list;
        onChange();
      });
    });
  }
}
