// A cursor over the words of an iproute2 command, and its complaints.

import { isIpv6 } from "../net/names.ts";

/** Wrong usage as iproute2 words it; `code` is the exit code (255: its -1). */
export class IpUsageError extends Error {
  override readonly name: string = "IpUsageError";
  readonly code: number;

  constructor(message: string, code = 255) {
    super(message);
    this.code = code;
  }
}

/** The real tool takes it, kubehop does not. */
export class IpNotModelled extends IpUsageError {
  override readonly name = "IpNotModelled";
}

/** `Error: argument "x" is wrong: why`. */
export function invalidArgument(word: string, why: string): IpUsageError {
  return new IpUsageError(`Error: argument "${word}" is wrong: ${why}\n`);
}

/** Known to iproute2, not to kubehop. */
export function notModelled(what: string): IpNotModelled {
  return new IpNotModelled(`kubehop: ${what} is not modelled`, 2);
}

export class Words {
  private readonly words: readonly string[];
  private at = 0;

  constructor(words: readonly string[]) {
    this.words = words;
  }

  get done(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string | undefined {
    return this.words[this.at];
  }

  take(): string | undefined {
    return this.words[this.at++];
  }

  /** Takes the next word when it is one of these. */
  takeIf(...expected: readonly string[]): boolean {
    const hit = expected.includes(this.words[this.at] ?? "");
    if (hit) this.at++;
    return hit;
  }

  /** NEXT_ARG: throws when the command line ends. */
  value(): string {
    const word = this.take();
    if (word === undefined) throw new IpUsageError('Command line is not complete. Try option "help"');
    if (isIpv6(word)) throw notModelled(`IPv6 (${word})`);
    return word;
  }

  number(name: string): number {
    const word = this.value();
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(word)) throw invalidArgument(word, `Invalid "${name}" value`);
    return Number(word);
  }

  onOff(name: string): boolean {
    const word = this.value();
    if (word !== "on" && word !== "off")
      throw new IpUsageError(`Error: argument of "${name}" must be "on" or "off", not "${word}"`);
    return word === "on";
  }

  rest(): string[] {
    const rest = this.words.slice(this.at);
    this.at = this.words.length;
    return rest;
  }
}

/** matches(): the first candidate that begins with `word`. */
export function byPrefix<T extends string>(word: string, candidates: readonly T[]): T | undefined {
  return candidates.find((candidate) => candidate.startsWith(word));
}
