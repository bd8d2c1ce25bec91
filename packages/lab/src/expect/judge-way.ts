// `path`, `reply-path`, `nat`: held against the ways that the packets of the step's requests took.
import type { LiveState } from "../model/outcome.ts";
import type { NatCheck, PacketWay, PathCheck, RequestWays, Translation, WayEntry, WayHop } from "../model/way-spec.ts";
import { matchesEnd } from "./match-flow.ts";
import type { Problem } from "./problem.ts";

export function judgePath(check: PathCheck, live: LiveState): Problem | undefined {
  const wanted = check.entries.map(({ text }) => text).join(" > ");
  return everyRequest(check.kind, wanted, live, ({ request, reply }) => {
    const way = check.kind === "path" ? request : reply;
    if (way === undefined) return { message: "nothing came back" };
    if (fits(check.entries, way.hops, live)) return undefined;
    return { message: wayText(way, check.entries, live) };
  });
}

export function judgeNat(check: NatCheck, live: LiveState): Problem | undefined {
  const place = live.placeOf(check.in) ?? check.in;
  return everyRequest(`nat in ${check.in}`, check.count.text, live, ({ request, reply }) => {
    const all = [...request.translations, ...(reply?.translations ?? [])];
    const found = all.filter((change) => change.in === place && isWanted(check, change, live));
    if (found.length >= check.count.min && found.length <= check.count.max) return undefined;
    const seen = all.length === 0 ? ["nothing was translated"] : all.map(changeText);
    return { message: `found ${found.length}`, details: seen };
  });
}

/** The first request that is not as wanted is told. */
function everyRequest(
  what: string,
  wanted: string,
  live: LiveState,
  complain: (ways: RequestWays) => Problem | undefined,
): Problem | undefined {
  const requests = live.ways();
  if (requests.length === 0) return { message: `${what}: the step made no request, expected ${wanted}` };
  const complaints = requests.map((ways) => complain(ways));
  const wrong = complaints.filter((complaint) => complaint !== undefined);
  const [first] = wrong;
  if (first === undefined) return undefined;
  const number = complaints.indexOf(first) + 1;
  const which = requests.length === 1 ? "" : ` (request ${number}; ${wrong.length} of ${requests.length} like this)`;
  return { message: `${what}: ${first.message}, expected ${wanted}${which}`, details: first.details ?? [] };
}

/** All entries from the first, all hops to the last. */
function fits(entries: readonly WayEntry[], hops: readonly WayHop[], live: LiveState): boolean {
  const [entry, ...rest] = entries;
  if (entry === undefined) return hops.length === 0;
  if (entry.place === undefined) return hops.some((_, i) => fits(rest, hops.slice(i), live)) || fits(rest, [], live);
  const [hop, ...later] = hops;
  if (hop === undefined || hop.in !== (live.placeOf(entry.place) ?? entry.place)) return false;
  if (entry.dev === undefined) return fits(rest, later, live);
  const at = hop.devs.indexOf(entry.dev);
  if (at < 0) return false;
  // A further device of the same machine may be named.
  const again = rest[0]?.place === entry.place && rest[0].dev !== undefined;
  return fits(rest, again ? [{ in: hop.in, devs: hop.devs.slice(at + 1) }, ...later] : later, live);
}

/** Machines as the check names them where it does, with their devices where it asks for those. */
function wayText({ hops, end }: PacketWay, entries: readonly WayEntry[], live: LiveState): string {
  const devs = entries.some(({ dev }) => dev !== undefined);
  const names = hops.map(({ in: place, devs: seen }) => {
    const named = entries.find((entry) => entry.place !== undefined && live.placeOf(entry.place) === place)?.place;
    const name = named ?? place.slice(place.indexOf("/") + 1);
    return devs && seen.length > 0 ? `${name} [${seen.join(" ")}]` : name;
  });
  return `${names.join(" > ")} (${end})`;
}

function isWanted({ change }: NatCheck, { what, before, after }: Translation, live: LiveState): boolean {
  return (
    change === undefined ||
    (change.what === what && endFits(change.from, before, live) && endFits(change.to, after, live))
  );
}

function endFits(end: Parameters<typeof matchesEnd>[0], text: string, live: LiveState): boolean {
  const [address = "", port = "0"] = text.split(":");
  return matchesEnd(end, address, Number(port), live);
}

function changeText({ in: place, what, before, after }: Translation): string {
  return `${place.slice(place.indexOf("/") + 1)} ${what} ${before} => ${after}`;
}
