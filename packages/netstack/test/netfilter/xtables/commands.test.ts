import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { NetNamespace } from "../../../src/netns/net-namespace.ts";
import { World } from "../../../src/netns/world.ts";
import type { XtBackend } from "../../../src/netfilter/xtables/backend.ts";

/** One rule appended with iptables 1.8.9 on a 6.18 kernel: exit code and stderr, or the texts of -S, -vnL and -L. */
interface Row {
  readonly table: string;
  readonly chain: string;
  readonly args: readonly string[];
  readonly rc: number;
  readonly err: string;
  readonly save?: readonly string[];
  readonly vnL?: readonly string[];
  readonly L?: readonly string[];
}

function load(kind: "nft" | "legacy"): Row[] {
  return JSON.parse(readFileSync(new URL(`./data/iptables-1.8.9-${kind}.json`, import.meta.url), "utf8")) as Row[];
}

/** Unmodelled extensions, and peculiarities of one build that are not reproduced. */
const DIFFERENT = /hashlimit|-m tos|-j TOS|-j QUEUE|--proto=tcp|-ptcp/;
/** nft merges two adjacent tcp matches. */
const DIFFERENT_NFT = /--dport 5 -m tcp --sport 4/;
/** Legacy keeps `-i +`, and leaves the protocol of matches to the kernel. */
const DIFFERENT_LEGACY = /-i \+ -o \+|^-m tcp --dport 1|^! -p tcp --dport|-m udp --dport 1|1\/day/;

function fresh(kind: "nft" | "legacy", table: string): XtBackend {
  const backend = new NetNamespace(new World(), "n1").xt.backend(kind);
  backend.command(["-t", table, "-N", "UC"]);
  return backend;
}

describe.each(["nft", "legacy"] as const)("one rule, %s", (kind) => {
  const special = kind === "nft" ? DIFFERENT_NFT : DIFFERENT_LEGACY;
  const rows = load(kind).filter((r) => !DIFFERENT.test(r.args.join(" ")) && !special.test(r.args.join(" ")));

  it.each(rows.map((r) => [`${r.table} ${r.chain} ${r.args.join(" ")}`, r] as const))("%s", (_, row) => {
    const backend = fresh(kind, row.table);
    const done = backend.command(["-t", row.table, "-A", row.chain, ...row.args]);
    expect(done).toMatchObject({ stdout: "", stderr: row.rc === 0 ? "" : row.err, exit: row.rc });
    const rules = (text: string): string[] | undefined => (row.rc === 0 ? text.split("\n").slice(2, -1) : undefined);
    const saved = backend
      .command(["-t", row.table, "-S", row.chain])
      .stdout.split("\n")
      .filter((l) => l.startsWith("-A"));
    expect(saved).toEqual(row.save ?? []);
    expect(rules(backend.command(["-t", row.table, "-vnL", row.chain]).stdout)).toEqual(row.vnL);
    expect(rules(backend.command(["-t", row.table, "-L", row.chain]).stdout)).toEqual(row.L);
  });
});

describe("iptables-restore", () => {
  let backend: XtBackend;
  beforeEach(() => {
    backend = new NetNamespace(new World(), "n1").xt.backend("nft");
  });

  it("is undone by nothing but save", () => {
    const text =
      "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -p tcp -m tcp --dport 80 -j ACCEPT\nCOMMIT\n";
    expect(backend.restore(text)).toBeNull();
    expect(backend.save({ bare: true })).toBe(text);
  });
});

/** Whole sessions recorded with iptables 1.8.9: every command's output in turn; every restore text with what iptables-save -c said then. */
interface Sessions {
  readonly commands: readonly {
    readonly name: string;
    readonly steps: readonly {
      readonly args: readonly string[];
      readonly exit: number;
      readonly stdout: string;
      readonly stderr: string;
    }[];
  }[];
  readonly restores: readonly {
    readonly name: string;
    readonly text: string;
    readonly flags: readonly string[];
    readonly exit: number;
    readonly stderr: string;
    readonly save: readonly string[];
  }[];
}

describe.each(["nft", "legacy"] as const)("sessions, %s", (kind) => {
  const sessions = JSON.parse(
    readFileSync(new URL(`./data/sessions-1.8.9-${kind}.json`, import.meta.url), "utf8"),
  ) as Sessions;

  it.each(sessions.commands.map((s) => [s.name, s] as const))("commands: %s", (_, session) => {
    const backend = new NetNamespace(new World(), "n1").xt.backend(kind);
    for (const { args, exit, stdout, stderr } of session.steps) {
      expect({ args, ...backend.command(args) }).toMatchObject({ args, exit, stdout, stderr });
    }
  });

  it.each(sessions.restores.map((s) => [s.name, s] as const))("restore: %s", (_, one) => {
    const backend = new NetNamespace(new World(), "n1").xt.backend(kind);
    const failed = backend.restore(one.text, { noflush: one.flags.includes("-n"), counters: one.flags.includes("-c") });
    expect({ exit: failed?.exit ?? 0, stderr: failed === null ? "" : `${failed.message}\n` }).toEqual({
      exit: one.exit,
      stderr: one.stderr,
    });
    expect(
      backend
        .save({ bare: true, counters: true })
        .split("\n")
        .filter((l) => l !== ""),
    ).toEqual(one.save);
  });
});
