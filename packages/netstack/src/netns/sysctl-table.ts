// Sysctls by their dotted name. Owners register a getter and a setter over the typed field that the data path reads,
// so reading a sysctl on the packet path is a property access and never a lookup by text.

/** EOPNOTSUPP: the kernel takes this value, kubehop does not. */
export type SysctlErrno = "EINVAL" | "EACCES" | "EOPNOTSUPP";

export interface SysctlEntry {
  get(): string;
  /** Returns undefined when accepted, else the errno word. */
  set(text: string): SysctlErrno | undefined;
}

/** Least and largest value that a file takes. */
export type SysctlRange = readonly [min: number, max: number];

/** proc_dointvec. */
export const SYSCTL_INT: SysctlRange = [-(2 ** 31), 2 ** 31 - 1];
/** From 0 (SYSCTL_ZERO, or a time in ms, which is unsigned). */
export const SYSCTL_NOT_NEGATIVE: SysctlRange = [0, 2 ** 31 - 1];
/** A time in seconds, kept in jiffies (proc_dointvec_jiffies with HZ=250). */
export const SYSCTL_SECONDS: SysctlRange = [-8_589_934, 8_589_934];
/** proc_dou8vec_minmax without bounds of its own. */
export const SYSCTL_U8: SysctlRange = [0, 255];
export const SYSCTL_BOOL: SysctlRange = [0, 1];

/**
 * The numbers that a text begins with, at most `most` of them: decimal, 0x… or 0…, between white space, as strtoul_or_return reads
 * them. What follows is not read. Undefined: something that is no number, or one out of the range.
 */
export function sysctlNumbers(text: string, most: number, [min, max]: SysctlRange): number[] | undefined {
  const words = text.trim().split(/\s+/, most);
  if (words[0] === "") return [];
  const numbers = words.map(sysctlNumber);
  return numbers.every((value) => value !== undefined && value >= min && value <= max)
    ? (numbers as number[])
    : undefined;
}

function sysctlNumber(word: string): number | undefined {
  const [, minus, hex, octal, decimal] = /^(-?)(?:0x([\da-f]+)|(0[0-7]*)|([1-9]\d*))$/i.exec(word) ?? [];
  if (minus === undefined) return undefined;
  const value = hex !== undefined ? parseInt(hex, 16) : octal !== undefined ? parseInt(octal, 8) : Number(decimal);
  return minus === "-" && value !== 0 ? -value : value;
}

/** A field of an object that holds an integer sysctl; an empty text changes nothing. */
export function intSysctl<T extends object>(
  target: T,
  key: { [K in keyof T]: T[K] extends number ? K : never }[keyof T],
  range: SysctlRange = SYSCTL_INT,
): SysctlEntry {
  const numbers = target as Record<PropertyKey, number>;
  return {
    get: () => String(numbers[key]),
    set: (text) => {
      const read = sysctlNumbers(text, 1, range);
      if (read === undefined) return "EINVAL";
      for (const value of read) numbers[key] = value;
      return undefined;
    },
  };
}

/** Makes entries when asked: for owners with many files per device, which would cost more than they are read. */
export interface SysctlProvider {
  /** The entry behind a full name, undefined when this owner has none. */
  find(name: string): SysctlEntry | undefined;
  names(): Iterable<string>;
}

export class SysctlTable {
  private readonly entries = new Map<string, SysctlEntry>();
  private readonly providers: SysctlProvider[] = [];

  provide(provider: SysctlProvider): void {
    this.providers.push(provider);
  }

  register(name: string, entry: SysctlEntry): void {
    this.entries.set(name, entry);
  }

  unregister(name: string): void {
    this.entries.delete(name);
  }

  /** Undefined: there is no such file. */
  get(name: string): string | undefined {
    return this.find(name)?.get();
  }

  /** "ENOENT" when there is no such file: a sysctl that is not modelled is refused, never swallowed. */
  set(name: string, value: string): "ENOENT" | SysctlErrno | undefined {
    const entry = this.find(name);
    return entry === undefined ? "ENOENT" : entry.set(value);
  }

  names(): string[] {
    return [...this.entries.keys(), ...this.providers.flatMap((p) => [...p.names()])].sort();
  }

  private find(name: string): SysctlEntry | undefined {
    const own = this.entries.get(name);
    if (own !== undefined) return own;
    for (const provider of this.providers) {
      const found = provider.find(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
