/**
 * Restore input → the lines `iptables-save` prints for it, so that rendered text can be compared with dumps.
 * Kept apart from the engine's own parser on purpose: a test should not share its subject's mistakes.
 */
const LIFTED = new Map([
  ["-s", "source"],
  ["-d", "destination"],
  ["-p", "protocol"],
] as const);

/** Splits rule text into words; quotes are removed. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2] ?? "");
}

function hostLength(address: string): string {
  return address.includes("/") ? address : `${address}/32`;
}

function probability(text: string): string {
  return (Math.round(Number(text) * 2 ** 31) / 2 ** 31).toFixed(11);
}

function hex(text: string): string {
  return `0x${Number(text).toString(16)}`;
}

function markTarget(option: string, value: string): string {
  const [bits = "", mask = bits] = value.split("/");
  if (option === "--xor-mark") return `--set-xmark ${hex(bits)}/0x0`;
  return `--set-xmark ${hex(bits)}/${hex(mask)}`;
}

/** Options of one match or target, normalised as its extension prints them. */
function printOptions(option: string, value: string): string {
  switch (option) {
    case "--comment":
      return `${option} ${/^[\w-]+$/.test(value) ? value : `"${value}"`}`;
    case "--probability":
      return `${option} ${probability(value)}`;
    case "--mark":
      return `${option} ${value.split("/").map(hex).join("/")}`;
    case "--set-xmark":
    case "--or-mark":
    case "--xor-mark":
      return markTarget(option, value);
    default:
      return `${option} ${value}`;
  }
}

const FLAGS = new Set(["--reap", "--rcheck", "--set", "--physdev-is-in", "--random-fully"]);

/** xt_recent prints command, limits, list and key in its own order. */
function printRecent(name: string, options: readonly string[]): string {
  const set = options.includes("--set");
  const limits = options.filter((o) => o !== "--set" && !o.startsWith("--name"));
  return `-m recent ${set ? "--set" : limits.join(" ")} --name ${name} --mask 255.255.255.255 --rsource`;
}

interface Part {
  readonly module: string;
  readonly options: string[];
}

/** One `-A` line of restore input in dump form. */
export function dumpLine(line: string): string {
  const input = words(line);
  const lifted = { source: "", destination: "", protocol: "" };
  const parts: Part[] = [];
  let target = "";
  let bang = "";
  let i = 2;
  const next = (): string => input[i++] ?? "";
  const emit = (text: string): void => {
    if (target !== "") target += ` ${text}`;
    else parts.at(-1)?.options.push(text);
  };
  while (i < input.length) {
    const word = next();
    const field = LIFTED.get(word as "-s" | "-d" | "-p");
    if (word === "!") {
      bang = "! ";
      continue;
    }
    if (field !== undefined) {
      const value = field === "protocol" ? next() : hostLength(next());
      lifted[field] = `${bang}${word} ${value}`;
    } else if (word === "-m") parts.push({ module: next(), options: [] });
    else if (word === "-j") target = `-j ${next()}`;
    else if (FLAGS.has(word)) emit(`${bang}${word}`);
    else if (word === "--dport")
      parts.find((p) => ["tcp", "udp", "sctp"].includes(p.module))?.options.push(`--dport ${next()}`);
    else emit(`${bang}${printOptions(word, next())}`);
    bang = "";
  }
  if (target === "-j REJECT") target += " --reject-with icmp-port-unreachable";
  const matches = parts.map((p) =>
    p.module === "recent"
      ? printRecent((p.options.find((o) => o.startsWith("--name ")) ?? "").slice(7), p.options)
      : ["-m", p.module, ...p.options].join(" "),
  );
  const head = `-A ${input[1] ?? ""}`;
  return [head, lifted.source, lifted.destination, lifted.protocol, ...matches, target]
    .filter((s) => s !== "")
    .join(" ");
}

/** Rules of a restore text in dump form, grouped by chain name as a dump prints them. */
export function dumpRules(text: string): string[] {
  const byChain = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (!line.startsWith("-A ")) continue;
    const dumped = dumpLine(line);
    const chain = dumped.split(" ")[1] ?? "";
    byChain.set(chain, [...(byChain.get(chain) ?? []), dumped]);
  }
  return [...byChain.keys()].toSorted().flatMap((chain) => byChain.get(chain) ?? []);
}

/** Chains declared in a restore text, sorted. */
export function declaredChains(text: string): string[] {
  return [...text.matchAll(/^:(\S+) /gm)].map((m) => m[1] ?? "").toSorted();
}
