// Expectations that hold whatever happens, or can never hold, are mistakes of the file.
import { describe, expect, it } from "vitest";
import { brief } from "./read.ts";

function expectation(text: string): string[] {
  return brief(`scenario: x\nsteps:\n  - run: ip route\n    expect: ${text}\n`).map((line) =>
    line.replace(/^\S+ /, ""),
  );
}

describe("holds whatever happens", () => {
  it.each([
    ["{}", "nothing is expected"],
    ["{ within: 5s }", "nothing is expected"],
    ["{ flow: 'node1 > node2:80', since: 1s }", "nothing is expected"],
    ["{ output: {} }", "nothing is expected of the output"],
    ["{ output: { stream: stderr } }", "nothing is expected of the output"],
    ['{ output: "" }', "every text has this part, nothing is expected"],
    ['{ output: { contains: "" } }', "every text has this part, nothing is expected"],
    ["{ output: { contains: [] } }", "an empty list for steps[0].expect.output.contains"],
    ['{ has: " " }', "every text has this part, nothing is expected"],
    ['{ output: { matches: "" } }', "every text matches this, nothing is expected"],
    ['{ output: { matches: ".*" } }', "every text matches this, nothing is expected"],
    ['{ output: { matches: "^" } }', "every text matches this, nothing is expected"],
    ['{ output: { matches: "(a|)" } }', "every text matches this, nothing is expected"],
    ['{ dropped: { count: ">=0" } }', '">=0" holds for every number'],
    ['{ dropped: { count: "<0" } }', '"<0" holds for no number'],
    ["{ dropped: [] }", "an empty list for steps[0].expect.dropped"],
    ['{ dropped: { by: "" } }', "every name has this part, nothing is expected"],
    ['{ rule: { in: node1, spec: "" } }', "every spec has this part, nothing is expected"],
  ])("%s", (text, message) => {
    const found = expectation(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});

describe("no row and no frame ever has this", () => {
  it.each([
    ["{ packet: { in: node1, dev: eth0, flags: Q, count: 0 } }", '"Q" is never printed as flags'],
    ["{ packet: { in: node1, dev: eth0, flags: .S, count: 0 } }", '".S" is never printed as flags'],
    ["{ conntrack: { in: node1, state: FOO, count: 0 } }", 'state is never "FOO"'],
    ["{ conntrack: { in: node1, proto: 6, count: 0 } }", 'proto is never "6"'],
    ["{ conntrack: { in: node1, dport: http, count: 0 } }", 'dport is never "http"'],
    ["{ neigh: { in: node1, state: foo, count: 0 } }", 'state is never "foo"'],
    ["{ neigh: { in: node1, state: permanent, count: 0 } }", 'state is never "permanent"'],
    ["{ rule: { in: node1, table: nosuch, count: 0 } }", 'table is never "nosuch"'],
    ["{ route: { in: node1, dst: 999.1.1.1, count: 0 } }", '"999.1.1.1" is not an IPv4 address'],
    ["{ route: { in: node1, dst: 10.0.0.1/24, count: 0 } }", "10.0.0.1/24 names a host inside its network"],
    [
      "{ conntrack: { in: node1, dst: 10.0.0.0/24, count: 0 } }",
      '"10.0.0.0/24" is a network, this column holds addresses',
    ],
    ["{ fdb: { in: node1, mac: '0A:58:0A:F4:01:02', count: 0 } }", 'mac is never "0A:58:0A:F4:01:02"'],
  ])("%s", (text, message) => {
    expect(expectation(text)).toEqual([message]);
  });

  it.each([
    "{ packet: { in: node1, dev: eth0, flags: S. } }",
    "{ packet: { in: node1, dev: eth0, flags: who-has } }",
    "{ conntrack: { in: node1, state: SYN_SENT, status: UNREPLIED, dport: 80 } }",
    "{ neigh: { in: node1, state: PERMANENT, lladdr: '0a:58:0a:f4:01:02' } }",
    "{ route: { in: node1, dst: default, via: '' } }",
    "{ route: { in: node1, dst: 10.244.1.0/24, table: 220 } }",
    "{ fdb: { in: node1, state: '', dst: node2 } }",
  ])("%s can be", (text) => {
    expect(expectation(text)).toEqual([]);
  });
});

describe("regular expressions that may take forever", () => {
  it.each(["(a+)+$", "(?:\\d+\\.?)*x", "(a|a)*b", "((ab)*c)*x", "(a*){3,}x"])("%s", (pattern) => {
    expect(expectation(`{ output: { matches: '${pattern}' } }`)).toEqual([
      "a repeated group that repeats or chooses inside may take forever",
    ]);
  });

  it.each(["^(tcp|udp) ", "(?:\\d+\\.){3}\\d+", "[(+*)]+x", "\\(a+\\)+", "a+.*b+"])("%s is fine", (pattern) => {
    expect(expectation(`{ output: { matches: '${pattern}' } }`)).toEqual([]);
  });
});

describe("a bug without a difference", () => {
  const head = "scenario: x\nmatrix: { m: [bad, good] }\n";

  it("tells nothing apart", () => {
    expect(brief(`${head}bug: { when: { m: bad } }\nsteps: [{ run: "echo \${m}" }]\n`)).toEqual([
      "3:1 no expectation tells the cells with the bug from those without it",
    ]);
  });

  it("tells nothing apart by equal halves", () => {
    const step = '{ run: "echo ${m}", expect: { fixed: { exit: 0 }, broken: { exit: 0 } } }';
    expect(brief(`${head}bug: { when: { m: bad } }\nsteps: [${step}]\n`)).toHaveLength(1);
  });

  it("a cause or a difference is enough", () => {
    const cause = "because: { dropped: { in: node1 } }";
    expect(brief(`${head}bug: { when: { m: bad }, ${cause} }\nsteps: [{ run: "echo \${m}" }]\n`)).toEqual([]);
    const step = '{ run: "echo ${m}", expect: { fixed: { exit: 0 }, broken: { exit: 1 } } }';
    expect(brief(`${head}bug: { when: { m: bad } }\nsteps: [${step}]\n`)).toEqual([]);
  });
});

describe("steps and causes", () => {
  const file = (bug: string, step: string): string[] =>
    brief(`scenario: x\nmatrix: { m: [a, b] }\n${bug}\nsteps:\n  - ${step}\n`).map((line) => line.replace(/^\S+ /, ""));
  const RUN = "run: ip route\n    expect: { fixed: { exit: 0 }, broken: { exit: 1 } }";

  it.each([
    ["", '{ send: "node1 > node2:80", expect: { output: { lacks: foo } } }', "send prints nothing"],
    ["", '{ send: { flow: "node1 > node2:80", timeout: 0s } }', "no answer comes in no time"],
    [
      "",
      '{ send: "node1:4 > node2:80", every: 1s, until: 9s }',
      "a connection keeps its port for a while: the next one cannot have it",
    ],
    ["", '{ send: "node1 > node2:80", every: 1ms, until: 1000s }', "1000000 repetitions, at most 100000 are made"],
    ["", "{ wait: 99999999h }", "99999999h is longer than anything that is waited for"],
    [
      "bug: { when: { m: a }, because: { dropped: { count: 0 } } }",
      RUN,
      "that something is absent is no cause: it may be absent for any reason",
    ],
    ['mutations: [{ "steps[0].expect": ok }]', RUN, "a mutation edits what happens, not what is expected"],
  ])("%s %s", (bug, step, message) => {
    expect(file(bug, step)).toContain(message);
  });
});
