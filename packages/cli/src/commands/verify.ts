// `kubehop verify`: comparisons with the Linux kernel. What is compared is told by files or by one word: scenarios beside the kernel of
// this machine, recordings (`--recorded`), random labs (`--fuzz`), or texts through the real programs and back (`--round-trip`).
import { type Io, UsageError } from "../io.ts";
import { parseOptions } from "../options.ts";
import { fuzz } from "./verify-fuzz.ts";
import { OPTIONS, type VerifyValues } from "./verify-options.ts";
import { recorded } from "./verify-recorded.ts";
import { roundTrip } from "./verify-round-trip.ts";
import { verifyScenarios } from "./verify-scenarios.ts";

type OptionName = keyof typeof OPTIONS;

interface Mode {
  /** What chooses it, as it is called in messages. */
  readonly name: string;
  /** Options besides the word that chooses it. */
  readonly options: readonly OptionName[];
  /** What is said when no file is named; null: it takes none. */
  readonly noFile: { readonly message: string; readonly hint: string } | null;
  run(values: VerifyValues, files: readonly string[], io: Io): number;
}

const USAGE =
  "kubehop verify FILE|DIR… | --recorded FILE|DIR… | --fuzz | --round-trip; kubehop verify --help tells more";

const SCENARIOS: Mode = {
  name: "scenarios",
  options: ["seed"],
  noFile: { message: "verify what: scenarios, recordings, random labs, or round trips?", hint: USAGE },
  run: verifyScenarios,
};

/** Modes by the option that chooses them. */
const MODES = {
  recorded: {
    name: "--recorded",
    options: ["case"],
    noFile: { message: "no recording is named", hint: "kubehop verify --recorded FILE|DIR…" },
    run: recorded,
  },
  fuzz: { name: "--fuzz", options: ["seed", "cases", "kind", "stop", "out"], noFile: null, run: fuzz },
  "round-trip": { name: "--round-trip", options: ["seed", "cases", "stop"], noFile: null, run: roundTrip },
} as const satisfies Partial<Record<OptionName, Mode>>;

type ModeName = keyof typeof MODES;
const MODE_NAMES = Object.keys(MODES) as ModeName[];

export function run(args: readonly string[], io: Io): number {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const mode = modeOf(values);
  const given = (Object.keys(values) as OptionName[]).filter((name) => !isModeName(name));
  for (const name of given) if (!mode.options.includes(name)) throw misfit(name, mode);
  const [first] = positionals;
  if (mode.noFile === null && first !== undefined) throw new UsageError(`${mode.name} takes no file, found ${first}`);
  if (mode.noFile !== null && first === undefined) throw new UsageError(mode.noFile.message, mode.noFile.hint);
  return mode.run(values, positionals, io);
}

function isModeName(name: OptionName): name is ModeName {
  return Object.hasOwn(MODES, name);
}

function modeOf(values: VerifyValues): Mode {
  const chosen = MODE_NAMES.filter((name) => values[name] === true);
  const [first] = chosen;
  if (chosen.length > 1)
    throw new UsageError(`${chosen.map((name) => `--${name}`).join(" and ")} do not go together: one at a time`);
  return first === undefined ? SCENARIOS : MODES[first];
}

/** An option of another mode. */
function misfit(option: OptionName, mode: Mode): UsageError {
  const owners = [SCENARIOS, ...MODE_NAMES.map((name): Mode => MODES[name])].filter(({ options }) =>
    options.includes(option),
  );
  const belongs = `belongs to ${owners.map(({ name }) => name).join(" or ")}`;
  return new UsageError(`--${option} does not go with ${mode.name}: it ${belongs}`);
}
