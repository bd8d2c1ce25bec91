// Numbers in the texts of comparisons.

/** `1 packet`, `2 packets`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Of a request that programs make nothing but the outcome is compared. */
export const countedOutcomes = (n: number): string => counted(n, "request's outcome", "requests' outcomes");
