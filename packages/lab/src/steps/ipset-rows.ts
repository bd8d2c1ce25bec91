// `ipset save` as rows: one for every set, one for every entry.

type Row = Readonly<Record<string, string>>;

/** `create NAME TYPE HEADER…` and `add NAME ENTRY EXTENSIONS…`, sets before their entries. */
export function ipsetRows(saved: string): Row[] {
  const types = new Map<string, string>();
  return saved.split("\n").flatMap((line): Row[] => {
    const [verb, name = "", third = ""] = line.split(" ", 3);
    const rest = line.slice([verb, name, third].join(" ").length).trim();
    if (verb === "create") {
      types.set(name, third);
      return [{ name, type: third, entry: "", timeout: "", packets: "", bytes: "", comment: "", options: rest }];
    }
    return verb === "add" ? [{ name, type: types.get(name) ?? "", entry: third, ...extensions(rest) }] : [];
  });
}

const NUMBERED = ["timeout", "packets", "bytes"] as const;

/** `timeout 300 packets 3 bytes 180 comment "web" nomatch`: what has no column of its own is an option. */
function extensions(text: string): Row {
  const comment = / ?comment "([^"]*)"/.exec(text);
  let rest = comment === null ? text : text.replace(comment[0], "");
  const numbers = NUMBERED.map((word): [string, string] => {
    const found = new RegExp(`(?:^| )${word} (\\d+)`).exec(rest);
    if (found !== null) rest = rest.replace(found[0], "");
    return [word, found?.[1] ?? ""];
  });
  return { ...Object.fromEntries(numbers), comment: comment?.[1] ?? "", options: rest.trim() };
}
