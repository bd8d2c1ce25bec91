import { describe, expect, it } from "vitest";
import { splitScript } from "../../src/index.ts";
import { lex, ShellSyntaxError } from "../../src/shell/lex.ts";
import { parseLine } from "../../src/shell/parse.ts";
import { Town } from "../support/town.ts";

function words(text: string): string[] {
  return lex(text).map((token) =>
    token.kind === "word"
      ? token.text
      : token.kind === "op"
        ? `<${token.op}>`
        : `<${token.fd}${token.op}${token.target}>`,
  );
}

describe("words", () => {
  it.each([
    ["a  b\tc", ["a", "b", "c"]],
    [`echo 'a b' "c 'd'" e\\ f`, ["echo", "a b", "c 'd'", "e f"]],
    [`x"y"'z'`, ["xyz"]],
    [`"a\\"b\\n"`, [`a"b\\n`]],
    ["a|b&&c||d;e", ["a", "<|>", "b", "<&&>", "c", "<||>", "d", "<;>", "e"]],
    ["a >f 2>&1 <g >>h", ["a", "<1>f>", "<2dup1>", "<0<g>", "<1>>h>"]],
    ["a # comment", ["a"]],
    ["a#b", ["a#b"]],
    ["a \\\n b", ["a", "b"]],
    ["cat <<'E' > f\nl 1\n$x\nE\nnext", ["cat", "<0textl 1\n$x\n>", "<1>f>", "<;>", "<;>", "next"]],
    ["echo '$x' \\$y 5$", ["echo", "$x", "$y", "5$"]],
  ])("%j", (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each([
    ["echo $HOME", "the variable $HOME is not modelled by kubehop"],
    ["echo $(date)", "command substitution is not modelled by kubehop"],
    ['echo "`date`"', "command substitution is not modelled by kubehop"],
    ["echo 'a", "unexpected EOF while looking for matching `''"],
    ["a >", "syntax error near unexpected token `newline'"],
    ["a & b", "`&' inside a line is not modelled by kubehop: put it at the end of a step's line"],
    ["cat <<E\n$x\nE", "expansion in a here-document is not modelled by kubehop; quote its delimiter: <<'E'"],
    ["cat <<E\nx", "here-document delimited by end-of-file (wanted `E')"],
  ])("refuses %j", (text, message) => {
    expect(() => lex(text)).toThrow(message);
  });
});

describe("lists", () => {
  it("keeps pipes inside && lists", () => {
    expect(
      parseLine("a | b && c").map(({ after, commands }) => [after, commands.map((c) => c.words.join(" "))]),
    ).toEqual([
      [";", ["a", "b"]],
      ["&&", ["c"]],
    ]);
  });

  it.each(["&& a", "a | | b", "a &&", "; | a"])("refuses %j", (text) => {
    expect(() => parseLine(text)).toThrow(ShellSyntaxError);
  });

  it.each(["for i in 1 2; do echo; done", "if true; then x; fi", "while :"])("refuses the keyword of %j", (text) => {
    expect(() => parseLine(text)).toThrow(/the shell keyword/);
  });
});

describe("running", () => {
  const town = new Town();
  const run = (line: string, stdin = ""): string => {
    const { out, err, code } = town.run(town.node, line, stdin);
    return `${out}${err}${code ?? "-"}`;
  };

  it.each([
    ["echo a b", "a b\n0"],
    ["echo -n a", "a0"],
    ["false; echo b", "b\n0"],
    ["false && echo b", "1"],
    ["false || echo b", "b\n0"],
    ["true || echo b", "0"],
    ["! false", "0"],
    ["true && false || echo c", "c\n0"],
    ["echo b | cat - | cat", "b\n0"],
    ["LANG=C sudo -E echo x", "x\n0"],
    ["/bin/echo x", "x\n0"],
    ["echo one > f; echo two >> f; cat ./f", "one\ntwo\n0"],
    ["cat <<'EOF' > g\na: 1\nEOF\ncat g", "a: 1\n0"],
    ["cat < nothing", "bash: nothing: No such file or directory\n1"],
    ["cat nothing 2> err; cat err", "cat: nothing: No such file or directory\n0"],
    ["cat nothing > both 2>&1; cat both", "cat: nothing: No such file or directory\n0"],
    ["cat nothing 2>/dev/null", "1"],
    ["sleep 2 | echo done", "done\n0"],
    ["nosuch a", "bash: nosuch: command not found\n127"],
    [
      "yum install -y bridge-utils",
      "bash: yum: command not found\nkubehop: yum is not modelled: kubehop installs nothing: every tool it models is there\n127",
    ],
    [
      "systemctl restart kubelet",
      "bash: systemctl: command not found\nkubehop: systemctl is not modelled: kubehop has no init system: agents are started by the cluster\n127",
    ],
    ["echo $HOME", "bash: the variable $HOME is not modelled by kubehop\n2"],
  ])("%j", (line, expected) => {
    expect(run(line)).toBe(expected);
  });

  it("gives the pipe's first command its standard input", () => {
    expect(run("cat | wc -l", "a\nb\n")).toBe("2\n0");
  });

  it("runs on virtual time", () => {
    expect(town.run(town.node, "sleep 1.5; sleep 2").took).toBe(3500);
  });

  it("ends what is interrupted, and the rest of the line", () => {
    const { command, out } = town.start(town.node, "sleep 100; echo never");
    command.interrupt();
    expect([command.exitCode, out()]).toEqual([130, ""]);
  });

  it("ends the left side of a pipe when the right has read enough", () => {
    const { out, code, took } = town.run(town.node, "tcpdump -n -i br0 | head -2", "", 60_000);
    expect([code, out]).toEqual([undefined, ""]);
    const head = town.start(town.node, "tcpdump -n -i br0 2>/dev/null | head -2");
    town.run(town.a, "ping -c 3 10.1.0.1");
    expect(head.command.exitCode).toBe(0);
    expect(head.out().split("\n")).toHaveLength(3);
    expect(took).toBeGreaterThanOrEqual(0);
  });

  it("times a command out", () => {
    const { code, took } = town.run(town.node, "timeout 3 sleep 10");
    expect([code, took]).toEqual([124, 3000]);
  });

  it("takes in commands of others and notices their end", () => {
    town.registry.register({
      name: "other",
      summary: "",
      start: (ctx) => {
        let exitCode: number | undefined;
        ctx.ns.world.clock.schedule(5, () => {
          ctx.stdout("late\n");
          exitCode = 3;
        });
        return {
          get exitCode() {
            return exitCode;
          },
          interrupt: () => undefined,
        };
      },
    });
    expect(run("other")).toBe("late\n3");
  });
});

describe("splitScript", () => {
  it("keeps here-documents and continued lines together", () => {
    const script = "cat <<'EOF' > f\nx: 1\n\n# not a comment\nEOF\n# comment\necho a \\\n  b\n\necho 'x <<y'";
    expect(splitScript(script)).toEqual([
      { text: "cat <<'EOF' > f\nx: 1\n\n# not a comment\nEOF", line: 0 },
      { text: "echo a \\\n  b", line: 6 },
      { text: "echo 'x <<y'", line: 9 },
    ]);
  });
});
