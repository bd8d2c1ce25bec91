// A capture of a run as tshark reads it: a reader that shares nothing with the writer.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { kubehop, withFiles } from "../typed.ts";

const SCENARIO = fileURLToPath(new URL("../../../../scenarios/articles/002_nodeport.yaml", import.meta.url));
const FIELDS = [
  "frame.interface_name",
  "frame.packet_flags_direction",
  "vxlan.vni",
  "ip.src",
  "ip.dst",
  "ip.len",
  "ip.hdr_len",
  "ip.checksum.status",
  "tcp.checksum",
  "tcp.checksum.status",
  "udp.checksum.status",
  "frame.packet_id",
  "frame.comment",
  "_ws.malformed",
] as const;
/** flannel's port is not the registered one. Of headers that come twice the last is asked: the inner packet's. */
const OPTIONS = ["-d", "udp.port==8472,vxlan", "-T", "fields", "-E", "occurrence=l", "-E", "separator=|"];
/** The same segment stands in the file once per device that it passed: streams cannot be put together from all of them. */
const NO_STREAMS = ["-o", "tcp.desegment_tcp_streams:FALSE"];
const VALIDATE = ["ip", "tcp", "udp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
const BAD = "0";

type Row = Readonly<Record<(typeof FIELDS)[number], string>>;

const why = spawnSync("tshark", ["--version"]).error === undefined ? "" : " (skipped: tshark is not installed)";

function rowsOf(file: string): Row[] {
  const fields = FIELDS.flatMap((field) => ["-e", field]);
  const { status, stdout, stderr } = spawnSync(
    "tshark",
    ["-r", file, ...OPTIONS, ...NO_STREAMS, ...VALIDATE, ...fields],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const values = line.split("|");
    return Object.fromEntries(FIELDS.map((field, i) => [field, values[i] ?? ""])) as Row;
  });
}

/** What a sender puts where its card will put the checksum: the sum of the pseudo header. */
function isLeftToCard(row: Row): boolean {
  const words = [row["ip.src"], row["ip.dst"]].flatMap((addr) => {
    const [a = 0, b = 0, c = 0, d = 0] = addr.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
  const sum = [...words, 6, Number(row["ip.len"]) - Number(row["ip.hdr_len"])].reduce((all, word) => all + word, 0);
  return (sum & 0xffff) + (sum >>> 16) === Number(row["tcp.checksum"]);
}

describe.skipIf(why !== "")(`a capture in tshark${why}`, () => {
  let rows: Row[] = [];
  let interfaces: string[] = [];
  beforeAll(async () => {
    await withFiles({}, async (folder) => {
      await kubehop("run", SCENARIO, "--pcapng", folder);
      rows = rowsOf(`${folder}/002_nodeport.pcapng`);
      const { stdout } = spawnSync("capinfos", ["-I", `${folder}/002_nodeport.pcapng`], { encoding: "utf8" });
      interfaces = [...stdout.matchAll(/Name = (\S+)/g)].map(([, name = ""]) => name);
    });
  });

  it("names the device and the direction of every frame", () => {
    const devices = new Set(rows.map((row) => row["frame.interface_name"]));
    for (const device of ["bastion/ens192", "node01/ens192", "node01/cni0", "node01/flannel.1", "node02/flannel.1"])
      expect(devices).toContain(device);
    expect(devices).not.toContain("");
    expect(new Set(rows.map((row) => row["frame.packet_flags_direction"]))).toEqual(
      new Set(["0x00000001", "0x00000002"]),
    );
  });

  it("tells of every frame which packet it is, where on its way, and what became of it", () => {
    for (const row of rows)
      expect(row["frame.comment"]).toMatch(new RegExp(`^pkt ${Number(row["frame.packet_id"])} hop \\d`));
    const delivered = rows.find((row) => /hop 4 \S+ in \S+: delivered to tcp 0\.0\.0\.0:80/.test(row["frame.comment"]));
    const way = rows.filter((row) => row["frame.packet_id"] === delivered?.["frame.packet_id"]);
    const told = way.map((row) => row["frame.comment"]).join("\n");
    expect(told).toMatch(/^pkt \d+ hop 1 bastion\/ens192 out \S+\npkt \d+ hop 2 node01\/ens192 in \S+: dst /);
    expect(told).toMatch(
      /\npkt \d+ hop 2 node01\/flannel\.1 out \S+: encapsulated by flannel\.1 in 192\.168\.120\.226/,
    );
    expect(told).toMatch(/\npkt \d+ hop 3 node02\/ens192 in \S+: input; decapsulated by flannel\.1\n/);
  });

  it("lists every device of every machine, whether or not it saw a frame", () => {
    for (const name of ["node01/lo", "node01/docker0", "node02/cni0", "bastion/lo"]) expect(interfaces).toContain(name);
  });

  it("shows the packets inside VXLAN", () => {
    const inner = rows.filter((row) => row["vxlan.vni"] !== "");
    expect(new Set(inner.map((row) => row["frame.interface_name"]))).toEqual(
      new Set(["node01/ens192", "node02/ens192"]),
    );
    expect(new Set(inner.map((row) => `${row["vxlan.vni"]}: ${row["ip.src"]} > ${row["ip.dst"]}`))).toEqual(
      new Set(["1: 10.1.5.0 > 10.1.6.5", "1: 10.1.6.5 > 10.1.5.0"]),
    );
  });

  it("has no malformed frame", () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((row) => row["_ws.malformed"] !== "")).toEqual([]);
  });

  it("has no wrong checksum but what a sender leaves to its card, and none behind a card", () => {
    expect(rows.filter((row) => row["ip.checksum.status"] === BAD || row["udp.checksum.status"] === BAD)).toEqual([]);
    const bad = rows.filter((row) => row["tcp.checksum.status"] === BAD);
    expect(bad.filter((row) => !isLeftToCard(row))).toEqual([]);
    const arrived = (row: Row): boolean =>
      row["frame.interface_name"].endsWith("/ens192") && row["frame.packet_flags_direction"] === "0x00000001";
    expect(bad.filter(arrived)).toEqual([]);
    expect(rows.filter(arrived).some((row) => row["tcp.checksum.status"] === "1")).toBe(true);
  });
});
