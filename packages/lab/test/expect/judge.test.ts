import { describe, expect, it } from "vitest";
import { runCase } from "../../src/expect/run-cell.ts";
import { scenarioOf } from "../load/read.ts";
import { failures, outcome, packet, scripted } from "./world.ts";

describe("how a step ends", () => {
  it("exit status 0 is wanted unless something else is said", () => {
    expect(failures("{ output: x }", outcome({ exitCode: 1, stdout: "x", stderr: "a\nno route\n" }))).toEqual([
      ["exit status: 1, expected 0", "a", "no route"],
    ]);
    expect(failures("{ exit: 1 }", outcome({ exitCode: 1 }))).toEqual([]);
    expect(failures("{ exit: 1 }", outcome())).toEqual([["exit status: 0, expected 1"]]);
  });

  it("ok is the word for a request: a command that asks nobody is not ok", () => {
    expect(failures("ok", outcome())).toEqual([
      [
        "result: the step made no request, expected ok",
        "for a command that asks nobody write exit: 0, which also holds when nothing is said",
      ],
    ]);
  });

  it("every result needs a request", () => {
    expect(failures("timeout", outcome())).toEqual([["result: the step made no request, expected timeout"]]);
  });

  it("results of requests; the exit status is not asked for then", () => {
    const timeout = outcome({ exitCode: 28, flows: [{ result: "timeout" }] });
    expect(failures("timeout", timeout)).toEqual([]);
    expect(failures("ok", timeout)).toEqual([["result: timeout, expected ok"]]);
  });

  it("every repeat counts", () => {
    const flows = [{ result: "ok" }, { result: "timeout" }, { result: "timeout" }] as const;
    expect(failures("ok", outcome({ flows }))).toEqual([
      ["result: timeout, expected ok (request 2; 2 of 3 like this)", "0.000  timeout", "0.000  timeout"],
    ]);
  });

  it("those that are wrong are listed, not those that fit", () => {
    const flows = [
      { result: "timeout", startedAt: 0 },
      { result: "ok", by: "web-5d-aaaaa", startedAt: 100 },
      { result: "timeout", startedAt: 200 },
    ] as const;
    const wrong = "0.100  ok by web-5d-aaaaa";
    expect(failures("timeout", outcome({ flows }))).toEqual([
      ["result: ok, expected timeout (request 2; 1 of 3 like this)", wrong],
    ]);
    expect(failures("{ stream: { result: timeout, lost: 3 } }", outcome({ flows }))).toEqual([
      [
        "stream: result: ok, expected timeout (request 2; 1 of 3 like this); lost 2, expected 3",
        wrong,
        "of 3 requests",
      ],
    ]);
  });

  it("of a request that nobody saw one thing is told", () => {
    const lost = outcome({ flows: [{ result: "timeout" }] });
    expect(failures("{ result: ok, by: web#1, client: client, ttl: 64 }", lost)).toEqual([
      ["result: timeout, expected ok"],
    ]);
    expect(failures("{ result: timeout, by: web#1, client: client }", lost)).toEqual([["by: nobody, expected web#1"]]);
    const asked = outcome({ flows: [{ result: "timeout", by: "web-5d-bbbbb", client: "10.244.0.2", ttl: 64 }] });
    expect(failures("{ result: ok, by: web#1 }", asked).map(([message]) => message)).toEqual([
      "result: timeout, expected ok",
      "by: web-5d-bbbbb, expected web#1",
    ]);
  });

  it("who answered, where none was answered", () => {
    const flows = Array.from({ length: 19 }, () => ({ result: "timeout" }) as const);
    expect(failures("{ lost: 19, by: web#1 }", outcome({ flows }))).toEqual([["by: none of 19 requests was answered"]]);
  });

  it("of one ms the order of things counts", () => {
    const ended = { "web#1 gone": { at: 10_000, event: 3 } };
    const flows = [
      { result: "ok", startedAt: 10_000, eventsBefore: 2 },
      { result: "timeout", startedAt: 10_000, eventsBefore: 3 },
    ] as const;
    expect(
      failures('{ stream: { since: "web#1 gone", result: timeout } }', outcome({ flows }), { events: ended }),
    ).toEqual([]);
    expect(failures('{ stream: { until: "web#1 gone", result: ok } }', outcome({ flows }), { events: ended })).toEqual(
      [],
    );
  });

  it("who answered, from where and with which ttl", () => {
    const flows = [{ result: "ok", by: "web-5d-aaaaa", client: "10.244.0.2", ttl: 64 }] as const;
    expect(failures("{ result: ok, by: web#1, client: client, ttl: 64 }", outcome({ flows }))).toEqual([]);
    expect(failures("{ result: ok, by: web#2, client: node1, ttl: 62 }", outcome({ flows }))).toEqual([
      ["ttl: 64, expected 62"],
      ["client: 10.244.0.2, expected node1 (192.168.99.11)"],
      ["by: web-5d-aaaaa, expected web#2"],
    ]);
    expect(failures("{ result: ok, by: [web#1, web#2] }", outcome({ flows }))).toEqual([]);
  });
});

describe("output", () => {
  const printed = outcome({ stdout: "default via 10.0.0.1 dev eth0 \n10.1.0.0/24   dev cni0\n" });

  it.each([
    "{ output: via }",
    "{ output: { contains: [via, cni0] } }",
    "{ output: { lacks: blackhole } }",
    "{ output: { matches: '^10\\.1\\.0\\.0/24 +dev' } }",
  ])("%s holds", (text) => {
    expect(failures(text, printed)).toEqual([]);
  });

  it.each([
    ["{ output: blackhole }", 'stdout does not contain "blackhole"'],
    ["{ output: { lacks: via } }", 'stdout contains "via"'],
    ["{ output: { matches: ^dev } }", 'stdout does not match "^dev"'],
    ["{ output: { stream: stderr, contains: x } }", 'stderr does not contain "x"'],
  ])("%s does not", (text, message) => {
    expect(failures(text, printed)[0]?.[0]).toBe(message);
  });

  it("rows compare as sets", () => {
    expect(failures("\n  rows: |\n    10.1.0.0/24 dev cni0\n    default via 10.0.0.1 dev eth0", printed)).toEqual([]);
    expect(failures("\n  rows: |\n    10.1.0.0/24 dev cni1\n    default via 10.0.0.1 dev eth0", printed)).toEqual([
      ["stdout rows: 1 missing, 1 not expected", "- 10.1.0.0/24 dev cni1", "+ 10.1.0.0/24 dev cni0"],
    ]);
  });

  it("has looks for some rows, and shows what is nearest", () => {
    expect(failures("\n  has: 10.1.0.0/24 dev cni0", printed)).toEqual([]);
    expect(failures("\n  has: 10.1.0.0/24 dev cni1", printed)).toEqual([
      ["stdout rows: 1 missing", "- 10.1.0.0/24 dev cni1", "~ 10.1.0.0/24 dev cni0"],
    ]);
  });

  it("text keeps the order", () => {
    expect(failures("\n  text: |\n    10.1.0.0/24 dev cni0\n    default via 10.0.0.1 dev eth0", printed)).toEqual([
      ["stdout differs", "line 1", "  expected  10.1.0.0/24 dev cni0", "  found     default via 10.0.0.1 dev eth0"],
    ]);
  });

  it("a row that is there twice must be wanted twice", () => {
    expect(failures("\n  rows: |\n    a\n    b", outcome({ stdout: "a\na\nb\n" }))).toEqual([
      ["stdout rows: 1 not expected", "+ a"],
    ]);
  });

  it("masks hide counters and nothing else", () => {
    const listing = outcome({
      stdout:
        "Chain FORWARD (policy DROP 3 packets, 180 bytes)\n   12  720K ACCEPT all -- cni0 * 10.1.5.0/24\n    inet6 fe80::1/64\n",
    });
    const golden =
      "\n  ignore: [pkts, bytes, inet6]\n  rows: |\n    Chain FORWARD (policy DROP 0 packets, 0 bytes)\n    0 0 ACCEPT all -- cni0 * 10.1.5.0/24";
    expect(failures(golden, listing)).toEqual([]);
    expect(failures(golden.replace("10.1.5.0", "10.1.6.0"), listing)[0]?.[0]).toBe(
      "stdout rows: 1 missing, 1 not expected (ignoring pkts, bytes, inet6)",
    );
    expect(failures(golden.replace("pkts, ", ""), listing)[0]?.[0]).toContain("2 missing");
  });
});

describe("share", () => {
  const draws = (...by: [string, number][]) =>
    outcome({ flows: by.flatMap(([pod, n]) => Array.from({ length: n }, () => ({ result: "ok", by: pod }) as const)) });

  it("allows what chance explains", () => {
    expect(
      failures("{ share: { web#1: 1/2, web#2: 1/2 } }", draws(["web-5d-aaaaa", 520], ["web-5d-bbbbb", 480])),
    ).toEqual([]);
  });

  it("does not allow more", () => {
    expect(
      failures("{ share: { web#1: 1/2, web#2: 1/2 } }", draws(["web-5d-aaaaa", 560], ["web-5d-bbbbb", 440])),
    ).toEqual([
      [
        "share of 1000: not as expected",
        "✗ web#1  560 = 56.0 %, expected 50.0 % ± 5.2 %",
        "✗ web#2  440 = 44.0 %, expected 50.0 % ± 5.2 %",
      ],
    ]);
  });

  it("takes a tolerance of its own, and no strangers", () => {
    expect(
      failures(
        "{ share: { web#1: 1/2, web#2: 1/2, tolerance: 10% } }",
        draws(["web-5d-aaaaa", 56], ["web-5d-bbbbb", 44]),
      ),
    ).toEqual([]);
    expect(failures("{ share: { web#1: 1 } }", draws(["web-5d-aaaaa", 999], ["web-5d-bbbbb", 1]))[0]).toContain(
      "✗ web-5d-bbbbb  1, expected none",
    );
  });
});

describe("packets, drops and rows", () => {
  const frames = {
    "node1 cni0": [
      { at: 0.222, dir: "in", packet: packet() },
      { at: 0.25, dir: "out", packet: packet({ dst: "10.244.0.3", ttl: 63 }) },
    ],
  } as const;

  it("counts frames that fit", () => {
    expect(failures("{ packet: { in: node1, dev: cni0, flags: S, count: 2 } }", outcome(), { frames })).toEqual([]);
    expect(
      failures('{ packet: { in: node1, dev: cni0, flow: "client > web#1:80", ttl: 63, count: 1 } }', outcome(), {
        frames,
      }),
    ).toEqual([]);
    expect(
      failures('{ packet: { in: node1, dev: cni0, flow: "web#1:80 > client", note: un-NATed reply } }', outcome(), {
        frames,
      }),
    ).toEqual([
      [
        "packets on node1 cni0: found 0, expected at least 1",
        "(un-NATed reply)",
        "seen  0.000 in  tcp 10.244.0.2:40000 > 10.96.0.80:80 [S] ttl 64",
        "seen  0.000 out tcp 10.244.0.2:40000 > 10.244.0.3:80 [S] ttl 63",
      ],
    ]);
  });

  it("says that a device is not there", () => {
    expect(failures("{ packet: { in: node1, dev: cni9 } }", outcome(), { frames })).toEqual([
      ["packet: there is no device cni9 at node1"],
    ]);
  });

  const drops = [
    {
      at: 1000,
      in: "node1",
      dev: "cni0",
      reason: "NETFILTER_DROP",
      by: "dockerd",
      agent: "dockerd",
      rule: "-P FORWARD DROP",
      packet: packet(),
    },
  ] as const;

  it("counts drops that fit", () => {
    expect(
      failures("{ dropped: { in: node1, dev: cni0, reason: NETFILTER_DROP, by: dockerd, count: 1 } }", outcome(), {
        drops,
      }),
    ).toEqual([]);
    expect(failures("{ dropped: { count: 0 } }", outcome(), { drops })).toEqual([
      [
        "dropped: found 1, expected 0",
        "dropped  1.000 node1 cni0 NETFILTER_DROP by dockerd (-P FORWARD DROP): tcp 10.244.0.2:40000 > 10.96.0.80:80 [S] ttl 64",
      ],
    ]);
    const often = [0, 100, 200].flatMap((later) => drops.map((drop) => ({ ...drop, at: drop.at + later })));
    expect(failures("{ dropped: { count: 0 } }", outcome(), { drops: often })).toEqual([
      [
        "dropped: found 3, expected 0",
        "dropped  1.000 node1 cni0 NETFILTER_DROP by dockerd (-P FORWARD DROP): tcp 10.244.0.2:40000 > 10.96.0.80:80 [S] ttl 64   (3 times, until 1.200)",
      ],
    ]);
    expect(failures("{ dropped: { reason: NO_SOCKET } }", outcome(), { drops })[0]?.[0]).toBe(
      "dropped: found 0, expected at least 1",
    );
  });

  const rows = {
    "node1 conntrack": [
      {
        proto: "tcp",
        state: "SYN_SENT",
        status: "UNREPLIED",
        src: "10.244.0.2",
        dst: "10.96.0.80",
        dport: "80",
        "reply-src": "10.244.0.3",
      },
    ],
  };

  it("compares columns, names standing for addresses", () => {
    expect(
      failures(
        "{ conntrack: { in: node1, src: client, dst: svc/web, dport: 80, state: SYN_SENT, reply-src: web#1 } }",
        outcome(),
        { rows },
      ),
    ).toEqual([]);
    expect(failures("{ conntrack: { in: node1, src: client, state: ESTABLISHED } }", outcome(), { rows })).toEqual([
      [
        "conntrack rows at node1: found 0, expected at least 1",
        "near  proto=tcp state=SYN_SENT status=UNREPLIED src=10.244.0.2 dst=10.96.0.80 dport=80 reply-src=10.244.0.3",
      ],
    ]);
    expect(failures("{ conntrack: { in: node1, count: 0 } }", outcome(), { rows })[0]?.[0]).toBe(
      "conntrack rows at node1: found 1, expected 0",
    );
  });

  it("a part of a rule is enough", () => {
    const rules = {
      "node1 rule": [
        {
          table: "nat",
          chain: "KUBE-SVC-X",
          num: "1",
          target: "KUBE-SEP-Y",
          spec: "-m statistic --mode random --probability 0.5 -j KUBE-SEP-Y",
        },
      ],
    };
    expect(
      failures('{ rule: { in: node1, chain: KUBE-SVC-X, spec: "--probability 0.5" } }', outcome(), { rows: rules }),
    ).toEqual([]);
  });
});

describe("the cause of a bug", () => {
  const scenario = scenarioOf(`scenario: x
matrix: { m: [bad, good] }
bug: { when: { m: bad }, because: { dropped: { reason: NETFILTER_DROP } } }
steps: [{ run: ip, expect: { broken: timeout, fixed: ok } }]
`);
  const [broken, fixed] = scenario.cells;
  const timeout = outcome({ flows: [{ result: "timeout" }] });
  const drops = [
    { at: 0, in: "node1", dev: "cni0", reason: "NETFILTER_DROP", by: "", agent: "", rule: "", packet: packet() },
  ] as const;

  it("must be seen where the bug is", () => {
    expect(runCase(scenario, broken!, 1, scripted([timeout], { drops })).status).toBe("passed");
    expect(runCase(scenario, broken!, 1, scripted([timeout])).failures.map((failure) => failure.message)).toEqual([
      "the cause was not seen: dropped: found 0, expected at least 1",
    ]);
  });

  it("is not asked for where the bug is not", () => {
    const answered = outcome({ flows: [{ result: "ok" }] });
    expect(runCase(scenario, fixed!, 1, scripted([answered])).status).toBe("passed");
    expect(runCase(scenario, fixed!, 1, scripted([answered], { drops })).status).toBe("passed");
  });

  it("the runner is told to watch for it", () => {
    const seen: string[] = [];
    runCase(scenario, broken!, 1, (plan, _seed, onStep) => {
      seen.push(...plan.steps.flatMap(({ expect: { also = [] } }) => also.map((check) => check.kind)));
      return scripted([timeout])(plan, 1, onStep);
    });
    expect(seen).toEqual(["dropped"]);
  });

  it("a run that stops early fails at its step", () => {
    const result = runCase(scenario, fixed!, 1, (plan) => ({
      virtualMs: 7,
      stopped: { step: plan.steps[0]!, reason: "a packet storm" },
    }));
    expect(result).toMatchObject({
      status: "failed",
      failures: [{ message: "a packet storm", position: { line: 4 }, details: [] }],
    });
  });

  it("a run that stops early says how much was left out", () => {
    const long = scenarioOf("scenario: x\nsteps: [{ run: ip }, { run: ip }, { run: ip }]\n");
    const result = runCase(long, long.cells[0]!, 1, (plan) => ({
      virtualMs: 7,
      stopped: { step: plan.steps[0]!, reason: "a packet storm" },
    }));
    expect(result.failures[0]?.details).toEqual(["2 steps not run"]);
  });
});
