// Scenario files as lines of YAML: just the forms that are written here.

/** Commands in a namespace, as an item of `build` or `steps`. */
export function runItem(places: readonly string[], commands: readonly string[]): string[] {
  const [only] = places;
  const where = places.length === 1 && only !== undefined ? only : `[${places.join(", ")}]`;
  const lines = commands.flatMap((command) => command.split("\n"));
  const [one] = lines;
  if (lines.length === 1 && one !== undefined) return [`  - { in: ${where}, run: ${scalar(one)} }`];
  return [`  - in: ${where}`, "    run: |", ...lines.map((line) => `      ${verbatim(line)}`.trimEnd())];
}

/** A text in a map of braces. */
export function scalar(text: string): string {
  const plain = /^[A-Za-z][\w ./=@%+-]*$/.test(text) && !/\s$/.test(text);
  return plain ? text : JSON.stringify(verbatim(text));
}

/** A text behind a key on a line of its own. */
export function title(text: string): string {
  return /^[A-Za-z][\w ,./()-]*$/.test(text) ? text : JSON.stringify(verbatim(text));
}

/** `${x}` would be a value of the matrix. */
function verbatim(text: string): string {
  return text.split("${").join("$${");
}

export function comment(lines: readonly string[]): string[] {
  return lines.map((line) => `# ${line}`.trimEnd());
}
