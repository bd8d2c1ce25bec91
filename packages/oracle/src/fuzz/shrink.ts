// Makes a case that shows a difference smaller while it still shows one: first the steps, then the rules.

/** Removes pieces of halving size as long as `holds` stays true (delta debugging). `budget` counts tries. */
export function shrinkList<T>(
  items: readonly T[],
  holds: (fewer: readonly T[]) => boolean,
  budget: { tries: number },
): readonly T[] {
  let rest = items;
  for (let size = Math.ceil(rest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let at = 0;
    while (at < rest.length && budget.tries > 0) {
      const fewer = [...rest.slice(0, at), ...rest.slice(at + size)];
      budget.tries--;
      if (holds(fewer)) rest = fewer;
      else at += size;
    }
  }
  return rest;
}

/** A line of a rule text that can go: a rule, or a user chain that nothing names any more. Of a set text: an element. */
export function removableLines(text: string): readonly number[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => (/^(-A|add) /.test(line) || isUnused(line, lines) ? [at] : []));
}

function isUnused(line: string, lines: readonly string[]): boolean {
  const name = /^:(\S+) - /.exec(line)?.[1];
  if (name === undefined) return false;
  return !lines.some((other) => other !== line && other.split(" ").includes(name));
}

export function keepLines(text: string, removed: ReadonlySet<number>): string {
  return text
    .split("\n")
    .filter((_, at) => !removed.has(at))
    .join("\n");
}
