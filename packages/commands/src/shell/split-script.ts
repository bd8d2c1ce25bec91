// A script of several lines → its commands, so that a here-document stays with the command it feeds.

/** Command texts in order with the 0-based line each begins at; comments and empty lines left out. */
export function splitScript(text: string): { readonly text: string; readonly line: number }[] {
  const out: { text: string; line: number }[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = at;
    let command = lines[at] ?? "";
    while (/(^|[^\\])(\\\\)*\\$/.test(command) && at + 1 < lines.length) command += `\n${lines[++at] ?? ""}`;
    for (const delimiter of delimitersOf(command)) {
      do command += `\n${lines[++at] ?? ""}`;
      while ((lines[at] ?? "").trimStart() !== delimiter && at + 1 < lines.length);
    }
    if (command.trim() !== "" && !command.trimStart().startsWith("#")) out.push({ text: command, line });
  }
  return out;
}

function delimitersOf(line: string): string[] {
  const outside = line.replace(/(?<!<<-?\s*)'[^']*'|(?<!<<-?\s*)"[^"]*"/g, '""');
  return [...outside.matchAll(/<<-?\s*(?:'([^']+)'|"([^"]+)"|\\?([^\s'"<>|;&]+))/g)]
    .filter((m) => outside.charAt(m.index - 1) !== "<" && !m[0].startsWith("<<<"))
    .map((m) => m[1] ?? m[2] ?? m[3] ?? "");
}
