/**
 * Text of the probability 1/n as Go's `fmt.Sprintf("%0.<digits>f", 1/n)` prints it.
 *
 * JavaScript's toFixed rounds an exact tie up, Go rounds it to even. 1/2^k has exactly k decimals and ends in 5, so
 * the only tie among all n is 2^(digits + 1): 1/64 with five digits is 0.015625.
 */
export function probabilityText(n: number, digits: number): string {
  const rounded = (1 / n).toFixed(digits);
  if (n !== 2 ** (digits + 1)) return rounded;
  const truncated = (1 / n).toFixed(digits + 1).slice(0, -1);
  return "02468".includes(truncated.slice(-1)) ? truncated : rounded;
}
