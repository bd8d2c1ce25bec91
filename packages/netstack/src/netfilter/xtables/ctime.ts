// `Fri Nov 20 09:32:59 2026`: the time format of iptables-save's comments, in UTC.

const DAY_MS = 86_400_000;
const DAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function monthLength(year: number, month: number): number {
  if (month === 1) return isLeap(year) ? 29 : 28;
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31;
}

/** Milliseconds since 1970 → text. */
export function ctime(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  let year = 1970;
  let rest = days;
  for (; rest >= (isLeap(year) ? 366 : 365); year++) rest -= isLeap(year) ? 366 : 365;
  let month = 0;
  for (; rest >= monthLength(year, month); month++) rest -= monthLength(year, month);
  const seconds = Math.floor((ms - days * DAY_MS) / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${DAYS[days % 7]} ${MONTHS[month]} ${String(rest + 1).padStart(2, " ")} ${clock} ${year}`;
}
