// Drops, frames and table rows: filters over what the live state shows.
import type { CountSpec, DroppedCheck, PacketCheck, RowCheck } from "../model/expect-spec.ts";
import type { DropRecord, FrameRecord, LiveState, PacketSummary } from "../model/outcome.ts";
import { matchesFlow } from "./match-flow.ts";
import { formatRow, matchRows } from "./match-row.ts";
import type { Problem } from "./problem.ts";

const SHOWN = 12;

function counted(what: string, found: number, wanted: CountSpec, details: readonly string[]): Problem | undefined {
  if (found >= wanted.min && found <= wanted.max) return undefined;
  return { message: `${what}: found ${found}, expected ${wanted.text}`, details };
}

export function judgeDropped(check: DroppedCheck, live: LiveState): Problem | undefined {
  const drops = live.drops();
  const place = check.in === undefined ? undefined : (live.placeOf(check.in) ?? check.in);
  const matching = drops.filter(
    (drop) =>
      (place === undefined || drop.in === place) &&
      (check.dev === undefined || drop.dev === check.dev) &&
      (check.reason === undefined || drop.reason === check.reason) &&
      (check.by === undefined || `${drop.by}\n${drop.agent}\n${drop.rule}`.includes(check.by)) &&
      matchesFlow(check.flow, drop.packet, live),
  );
  return counted("dropped", matching.length, check.count, listed("dropped", merged(drops, formatDrop)));
}

export function judgePacket(check: PacketCheck, live: LiveState): Problem | undefined {
  const frames = live.frames(check.in, check.dev);
  const where = `${check.in} ${check.dev}`;
  if (frames === undefined)
    return { message: `packet: there is no device ${check.dev} at ${check.in}`, unanswerable: true };
  const matching = frames.filter(
    ({ packet }) =>
      (check.flags === undefined || packet.flags === check.flags) &&
      (check.ttl === undefined || packet.ttl === check.ttl) &&
      matchesFlow(check.flow, packet, live),
  );
  const note = check.note === undefined ? [] : [`(${check.note})`];
  return counted(`packets on ${where}`, matching.length, check.count, [
    ...note,
    ...listed("seen", merged(frames, formatFrame)),
  ]);
}

export function judgeRow(check: RowCheck, live: LiveState): Problem | undefined {
  const rows = live.rows(check.table, check.in);
  if (rows === undefined) return { message: `${check.table}: there is no place ${check.in}`, unanswerable: true };
  const { matching, near } = matchRows(check.table, rows, check.columns, live);
  const shown = check.count.max === 0 ? matching : near;
  return counted(
    `${check.table} rows at ${check.in}`,
    matching.length,
    check.count,
    listed(
      check.count.max === 0 ? "found" : "near",
      shown.map((row) => formatRow(check.table, row)),
    ),
  );
}

/** Those that differ in time only are one line. */
function merged<T extends { readonly at: number }>(records: readonly T[], format: (record: T) => string): string[] {
  const groups = new Map<string, T[]>();
  for (const record of records) {
    const text = format(record);
    const same = groups.get(text);
    if (same === undefined) groups.set(text, [record]);
    else same.push(record);
  }
  return [...groups].map(([text, group]) => {
    const times = group.map(({ at }) => formatTime(at));
    const more = times.length === 1 ? "" : `   (${times.length} times, until ${times.at(-1)})`;
    return `${times[0]} ${text}${more}`;
  });
}

function listed(label: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`${label}      (nothing)`];
  const head = lines.slice(0, SHOWN).map((line) => `${label}  ${line}`);
  return lines.length > SHOWN ? [...head, `… ${lines.length - SHOWN} more`] : head;
}

/** Virtual ms as the reports print it: `0.222`. */
export function formatTime(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function formatPacket(packet: PacketSummary): string {
  const { protocol, src, dst, sport, dport, flags, ttl } = packet;
  const ends = sport === 0 && dport === 0 ? `${src} > ${dst}` : `${src}:${sport} > ${dst}:${dport}`;
  return [protocol, ends, flags === "" ? "" : `[${flags}]`, protocol === "arp" ? "" : `ttl ${ttl}`]
    .filter((part) => part !== "")
    .join(" ");
}

function formatFrame(frame: FrameRecord): string {
  return `${frame.dir.padEnd(3)} ${formatPacket(frame.packet)}`;
}

function formatDrop(drop: DropRecord): string {
  const by = drop.by === "" ? "" : ` by ${drop.by}`;
  const rule = drop.rule === "" ? "" : ` (${drop.rule})`;
  return `${drop.in} ${drop.dev} ${drop.reason}${by}${rule}: ${formatPacket(drop.packet)}`;
}
