// The rows of a story: what is told, before it is laid out.

/** A piece of a line. `stable` is what golden files may hold: no MACs, times or drawn ports; "" leaves the piece out. */
export interface Part {
  readonly text: string;
  readonly stable: string;
}

export interface TaleLine {
  readonly parts: Part[];
  /** Object and manifest line behind it; "" when there is none. */
  origin: string;
}

/** What matters in a short story: `way` is where the packet was, `change` what was done to it, `end` what became of it. */
export type Weight = "way" | "change" | "end";

/** What happened at one device or hook. */
export interface Row {
  readonly label: string;
  readonly lines: TaleLine[];
  weight: Weight;
  /** TTL of the packet here, told where it changed. */
  ttl: number | undefined;
}

/** One stay in a namespace. */
export interface HopTale {
  readonly ns: string;
  readonly rows: Row[];
}

export function part(text: string, stable: string = text): Part {
  return { text, stable };
}

/** Begin a row. */
export function openRow(hop: HopTale, label: string): Row {
  const row: Row = { label, lines: [], weight: "way", ttl: undefined };
  hop.rows.push(row);
  return row;
}

/** Add to the row's last line. */
export function say(row: Row, said: Part, origin = ""): void {
  const line = row.lines.at(-1) ?? newLine(row);
  line.parts.push(said);
  if (origin !== "") line.origin = origin;
}

export function newLine(row: Row): TaleLine {
  const line: TaleLine = { parts: [], origin: "" };
  row.lines.push(line);
  return line;
}

export function lineText(line: TaleLine): string {
  return line.parts
    .map(({ text }) => text)
    .filter((text) => text !== "")
    .join("; ");
}

export function stableText(line: TaleLine): string {
  return line.parts
    .map(({ stable }) => stable)
    .filter((text) => text !== "")
    .join("; ");
}
