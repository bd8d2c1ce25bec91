// Ages as kubectl rounds them (apimachinery pkg/util/duration).

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** One unit, as ShortHumanDuration: `59s`, `4m`, `10h`, `3d`, `2y`. */
export function shortAge(ms: number): string {
  if (ms < 0) return "<invalid>";
  const steps: readonly (readonly [below: number, unit: number, letter: string])[] = [
    [MINUTE, SECOND, "s"],
    [HOUR, MINUTE, "m"],
    [DAY, HOUR, "h"],
    [YEAR, DAY, "d"],
  ];
  const step = steps.find(([below]) => ms < below);
  return step === undefined ? `${Math.floor(ms / YEAR)}y` : `${Math.floor(ms / step[1])}${step[2]}`;
}

/** Up to two units, as HumanDuration: `119s`, `4m30s`, `170m`, `3h10m`, `30h`, `3d13h`, `29d`. */
export function longAge(ms: number): string {
  if (ms < 0) return "<invalid>";
  if (ms < 2 * MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < 10 * MINUTE) return two(ms, MINUTE, "m", SECOND, "s");
  if (ms < 3 * HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < 8 * HOUR) return two(ms, HOUR, "h", MINUTE, "m");
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)}h`;
  if (ms < 8 * DAY) return two(ms, DAY, "d", HOUR, "h");
  if (ms < 2 * YEAR) return `${Math.floor(ms / DAY)}d`;
  return ms < 8 * YEAR ? two(ms, YEAR, "y", DAY, "d") : `${Math.floor(ms / YEAR)}y`;
}

function two(ms: number, unit: number, letter: string, small: number, smallLetter: string): string {
  const rest = Math.floor((ms % unit) / small);
  return `${Math.floor(ms / unit)}${letter}${rest === 0 ? "" : `${rest}${smallLetter}`}`;
}
