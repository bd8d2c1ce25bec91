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

export class SysctlTable {
  private readonly entries = new Map<string, SysctlEntry>();

  register(name: string, entry: SysctlEntry): void {
    this.entries.set(name, entry);
  }

  unregister(name: string): void {
    this.entries.delete(name);
  }

  /** Undefined: there is no such file. */
  get(name: string): string | undefined {
    return this.entries.get(name)?.get();
  }

  /** "ENOENT" when there is no such file: a sysctl that is not modelled is refused, never swallowed. */
  set(name: string, value: string): "ENOENT" | "EINVAL" | "EACCES" | undefined {
    const entry = this.entries.get(name);
    return entry === undefined ? "ENOENT" : entry.set(value);
  }

  names(): string[] {
    return [...this.entries.keys()].sort();
  }
}
