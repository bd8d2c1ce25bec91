// docs/SUPPORT.md: what is modelled and what is refused. Everything on it is read from the registries that decide.
import { clusterPart } from "./cluster-part.ts";
import { kernelPart } from "./kernel-part.ts";
import { code, section, table } from "./markdown.ts";
import { REFUSALS, refusalText } from "./refusals.ts";

const HEAD = `# What is modelled, what is refused

<!-- Written by \`kubehop support\`: node scripts/docs.mjs renews it. -->

What stands on this page works as on Linux, as far as its proof goes. What does not is refused by name, with its place; nothing is guessed and
nothing is passed over. How things are proven: [FIDELITY.md](FIDELITY.md).

| proof | means |
|---|---|
| recorded, recorded on 6.18 | recorded behaviour of a Linux 6.18 kernel is replayed in the test suite and compared |
| random labs | drawn by \`kubehop verify --fuzz\`, which builds random labs and compares packets, connections and counters with the kernel it runs on |
| real tool, compared with the real tool | words and exit codes are those the tool gave on that kernel |
| round trip | its text goes through the real \`iptables\` and \`ipset\` programs and back: \`kubehop verify --round-trip\` |
| published listing only | a document or dump of that release agrees; no kernel of that age was asked |
| unit tests only | our own tests, written from sources and documents |

\`✓\` in a column of proofs: there is this proof. A bare \`–\` in such a column: there is not; with \`–\` in all of them only unit tests
stand behind it. In any other column \`–\` means that there is nothing to list. What random labs and round trips draw is read from their
code; a machine whose kernel or programs lack a match, target or set type leaves it out and says so. Both are started by hand, on Linux as
root; the test suite replays what is recorded. What whole scenarios compare with the kernel (\`kubehop verify scenarios\`) is not counted here.`;

export function supportPage(): string {
  const refused = section(
    "Not there",
    "The large things that are left out, and a request that shows the refusal:",
    table(
      ["what", "asked for by"],
      REFUSALS.map((refusal) => [refusal.what, code(refusalText(refusal))]),
    ),
  );
  return `${[HEAD, refused, ...kernelPart(), ...clusterPart()].join("\n\n")}\n`;
}
