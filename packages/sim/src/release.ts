// Releases of programs as dotted text: `1.28`, `v1.13.4`.

/** Below 0 when `a` is older than `b`, above 0 when it is newer; missing parts count as 0. */
export function compareReleases(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether `version` is `floor` or newer. */
export function atLeast(version: string, floor: string): boolean {
  return compareReleases(version, floor) >= 0;
}

function partsOf(release: string): number[] {
  return release.replace(/^v/, "").split(".").map(Number);
}
