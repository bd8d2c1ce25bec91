/**
 * Text of the probability 1/n as Go's `fmt.Sprintf("%0.<digits>f", 1/n)` prints it.
 *
 * JavaScript's toFixed rounds an exact tie up, Go rounds it to even. 1/n lies exactly between two decimals only
 * when n is a power of two (1/64 with five digits), so only those are looked at closely.
 */
export function probabilityText(n: number, digits: number): string {
  const p = 1 / n;
  const rounded = p.toFixed(digits);
  const powerOfTwo = Number.isInteger(Math.log2(n));
  if (!powerOfTwo) return rounded;
  const exact = p.toFixed(100);
  const rest = exact.slice(2 + digits);
  if (!/^50*$/.test(rest)) return rounded;
  const truncated = exact.slice(0, 2 + digits);
  return "02468".includes(truncated.slice(-1)) ? truncated : rounded;
}
