// A scenario file from which wrong parts have been taken out: anything may be absent, list items too.

export type Draft<T> = T extends readonly (infer U)[]
  ? (Draft<U> | undefined)[]
  : T extends object
    ? { [K in keyof T]?: Draft<T[K]> | undefined }
    : T;

/** Entries of a map that are there. */
export function entriesOf<T>(map: Readonly<Record<string, T | undefined>> | undefined): [string, T][] {
  return Object.entries(map ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined);
}

/** A value or a list of values, as a list with the path step that leads to each. */
export function manyOf<T>(value: T | readonly (T | undefined)[] | undefined): { item: T; step: number[] }[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [{ item: value as T, step: [] }];
  const list = value as readonly (T | undefined)[];
  return list.flatMap((item, index) => (item === undefined ? [] : [{ item, step: [index] }]));
}

/** A map's own value: names such as `constructor` must not find what every object inherits. */
export function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
