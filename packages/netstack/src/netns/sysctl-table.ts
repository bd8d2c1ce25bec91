// Sysctls by their dotted name. Owners register a getter and a setter over the typed field that the data path reads,
// so reading a sysctl on the packet path is a property access and never a lookup by text.

export interface SysctlEntry {
  get(): string;
  /** Returns undefined when accepted, else the errno word (EINVAL). */
  set(text: string): "EINVAL" | "EACCES" | undefined;
}

/** A field of an object that holds an integer sysctl. */
export function intSysctl<T extends object>(target: T, key: { [K in keyof T]: T[K] extends number ? K : never }[keyof T], onSet?: (value: number) => void): SysctlEntry {
  const numbers = target as Record<PropertyKey, number>;
  return {
    get: () => String(numbers[key]),
    set: (text) => {
      if (!/^-?\d+$/.test(text.trim())) return "EINVAL";
      numbers[key] = Number(text);
      onSet?.(Number(text));
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
  set(name: string, value: string): "ENOENT" | "EINVAL" | "EACCES" | undefined {
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
