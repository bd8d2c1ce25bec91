import type { Lab } from "./lab.ts";
import { LabError } from "./lab-error.ts";
import type { Reached } from "./reached.ts";

export interface CurlOptions {
  /** Virtual seconds until curl gives up; 5 when not given. */
  readonly maxTime?: number;
}

/** A place of a lab: commands are typed here, requests start here. */
export class LabPlace {
  /** As it was asked for. */
  readonly name: string;
  readonly #lab: Lab;

  constructor(lab: Lab, name: string) {
    this.#lab = lab;
    this.name = name;
  }

  /** A command line, as in `run` of a scenario. What a command says is in `stdout` and `stderr`; it fails by its `exitCode`. */
  async run(line: string): Promise<Reached> {
    return this.#lab.type(this.name, line);
  }

  /** One request. @throws LabError for a URL that curl would take for an option */
  async curl(url: string, { maxTime = 5 }: CurlOptions = {}): Promise<Reached> {
    return this.run(`curl --silent --show-error --max-time ${maxTime} ${operand(url)}`);
  }

  /** One echo request. */
  async ping(target: string): Promise<Reached> {
    return this.run(`ping -c 1 ${operand(target)}`);
  }

  /** A request without a tool to `TO:port[/tcp|udp|icmp]`, TO being a place, `svc/NAME` or an address. */
  async send(to: string): Promise<Reached> {
    return this.#lab.send(`${this.name} > ${to}`);
  }
}

/** A word that is no option. */
function operand(word: string): string {
  if (word.startsWith("-")) throw new LabError(`${JSON.stringify(word)} is an option; options are written with run()`);
  return quoted(word);
}

/** One word of a command line, whatever it holds. */
function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
