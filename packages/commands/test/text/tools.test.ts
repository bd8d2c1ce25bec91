import { describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

const town = new Town();
const files = town.files(town.node);
files.set("fruit", "pear\napple\nfig 10\nfig 9\napple\n");
files.set("other", "pear\nApple pie\nfig 10\n");
files.set("end", "no line end");

function run(line: string, stdin = ""): string {
  const { out, err, code } = town.run(town.node, line, stdin);
  return `${out}${err}${code ?? "-"}`;
}

describe("text tools", () => {
  it.each([
    ["grep fig fruit", "fig 10\nfig 9\n0"],
    ["grep -n apple fruit", "2:apple\n5:apple\n0"],
    ["grep -c apple fruit other", "fruit:2\nother:0\n0"],
    ["grep -iv apple other", "pear\nfig 10\n0"],
    ["grep -E '^(pear|fig [0-9]+)$' fruit", "pear\nfig 10\nfig 9\n0"],
    ["grep '^fig [0-9]\\{2\\}$' fruit", "fig 10\n0"],
    ["grep 'fig (' fruit", "1"],
    ["grep -o '[[:digit:]]*' fruit", "10\n9\n0"],
    ["grep -F 'fig 9' fruit", "fig 9\n0"],
    ["grep -w pea fruit", "1"],
    ["grep -A 1 -n pear fruit", "1:pear\n2-apple\n0"],
    ["grep -q pear fruit", "0"],
    ["grep -l Apple fruit other", "other\n0"],
    ["grep -e pear -e 9 fruit", "pear\nfig 9\n0"],
    ["cat fruit | grep -m1 fig", "fig 10\n0"],
    ["grep x missing", "grep: missing: No such file or directory\n2"],
    ["grep -P x fruit", "grep: option -P is not modelled by kubehop\n2"],
    ["grep -9 x fruit", "grep: invalid option -- '9'\nTry 'grep --help' for more information.\n2"],
    ["grep '[a' fruit", "grep: Unmatched [, [^, [:, [., or [=\n2"],
    ["head -n 2 fruit", "pear\napple\n0"],
    ["head -1 fruit", "pear\n0"],
    ["head -n -4 fruit", "pear\n0"],
    ["head -n1 fruit other", "==> fruit <==\npear\n\n==> other <==\npear\n0"],
    ["tail -n 1 fruit", "apple\n0"],
    ["tail -n +4 fruit", "fig 9\napple\n0"],
    ["tail missing", "tail: cannot open 'missing' for reading: No such file or directory\n1"],
    ["wc -l fruit", "5 fruit\n0"],
    ["wc fruit", " 5  7 30 fruit\n0"],
    ["cat fruit | wc", "      5       7      30\n0"],
    ["wc -l < end", "0\n0"],
    ["sort fruit", "apple\napple\nfig 10\nfig 9\npear\n0"],
    ["sort -u fruit | wc -l", "4\n0"],
    ["grep fig fruit | sort -k2n", "fig 9\nfig 10\n0"],
    ["sort -r fruit | head -1", "pear\n0"],
    ["sort fruit | uniq -c", "      2 apple\n      1 fig 10\n      1 fig 9\n      1 pear\n0"],
    ["sort fruit | uniq -d", "apple\n0"],
    ["sort -h fruit", "sort: option -h is not modelled by kubehop\n2"],
    ["cat -n other", "     1\tpear\n     2\tApple pie\n     3\tfig 10\n0"],
    ["cat missing fruit | head -1", "cat: missing: No such file or directory\n0".replace(/^/, "pear\n")],
    ["echo -e 'a\\tb'", "a\tb\n0"],
    ["rm end && cat end", "cat: end: No such file or directory\n1"],
    ["mkdir /root/iptables/", "0"],
  ])("%s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });
});

describe("diff", () => {
  it.each([
    ["diff fruit fruit", "0"],
    ["diff fruit other", "2c2\n< apple\n---\n> Apple pie\n4,5d3\n< fig 9\n< apple\n1"],
    [
      "diff -u fruit other",
      "--- fruit\n+++ other\n@@ -1,5 +1,3 @@\n pear\n-apple\n+Apple pie\n fig 10\n-fig 9\n-apple\n1",
    ],
    ["diff -q fruit other", "Files fruit and other differ\n1"],
    ["echo pear | diff - other", "1a2,3\n> Apple pie\n> fig 10\n1"],
    ["echo -n x > n; echo x | diff n -", "1c1\n< x\n\\ No newline at end of file\n---\n> x\n1"],
    ["diff fruit missing", "diff: missing: No such file or directory\n2"],
    ["diff fruit", "diff: missing operand after 'fruit'\ndiff: Try 'diff --help' for more information.\n2"],
    ["diff -y fruit other", "diff: option -y is not modelled by kubehop\n2"],
  ])("%s", (line, expected) => {
    expect(run(line)).toBe(expected);
  });
});
