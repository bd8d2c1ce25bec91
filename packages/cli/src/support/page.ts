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
| recorded on 6.18 | recorded behaviour of a Linux 6.18 kernel is replayed in the test suite and compared |
| compared with the real tool | words and exit codes are those the tool gave on that kernel |
| published listing only | a document or dump of that release agrees; no kernel of that age was asked |
| unit tests only | our own tests, written from sources and documents |`;

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
