// Single values of the scenario grammar. Each check says what is wrong with the value and what to write instead.
import { checkCidr, checkDns1123Subdomain, checkIPv4, didYouMean, hasHostBits } from "@kubehop/kube";
import * as z from "zod";
import {
  EVENT_KINDS,
  parseCount,
  parseDuration,
  parseEvent,
  parseFlow,
  parseFraction,
  parsePodText,
} from "./notation.ts";

interface Complaint {
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
}

/** Text with a check of its own. */
export function checked(check: (value: string) => Complaint | string | undefined): z.ZodType<string, string> {
  return z.string().superRefine((value, context) => {
    const complaint = check(value);
    if (complaint === undefined) return;
    const { message, ...params } = typeof complaint === "string" ? { message: complaint } : complaint;
    context.addIssue({ code: "custom", message, params });
  });
}

/**
 * A version: text, or a number whose source text is taken (an unquoted 1.10 arrives as "1.10"). With `otherPatch` patch levels of the
 * known ones are taken too, but those for which it has a reason not to.
 */
export function version<const T extends string>(
  known: readonly string[],
  what: string,
  otherPatch?: (version: string) => string | undefined,
): z.ZodType<T | number, T | number> {
  const check = (value: string): Complaint | string | undefined => {
    if (known.includes(value)) return undefined;
    const stripped = value.replace(/^v/, "").split(".").slice(0, 2).join(".");
    const isPatch = otherPatch !== undefined && known.includes(stripped) && /^\d+\.\d+\.\d+$/.test(value);
    const reason = isPatch ? otherPatch(value) : undefined;
    if (isPatch && reason === undefined) return undefined;
    const hint = known.includes(stripped) ? `write "${stripped}"` : `modelled: ${known.join(", ")}`;
    const because = reason === undefined ? "" : `: ${reason}`;
    return { message: `${what} ${value} is not modelled${because}`, code: "not-modelled", hint };
  };
  const schema = z.union([z.string(), z.number()]).superRefine((value, context) => {
    const complaint = check(String(value));
    if (complaint === undefined || typeof complaint === "string") return;
    const { message, ...params } = complaint;
    context.addIssue({ code: "custom", message, params });
  });
  return schema as unknown as z.ZodType<T | number, T | number>;
}

/** A release that only has to look like one. */
export const release = z.union([z.string(), z.number()]).superRefine((value, context) => {
  if (/^v?\d+(?:\.\d+)*$/.test(String(value))) return;
  context.addIssue({ code: "custom", message: `${JSON.stringify(value)} is not a release such as 0.10.0` });
});

export const text = z.string();

/** A line of text that reports print: what moves a cursor or ends a line does not belong in it. */
export const line = checked((value) => {
  if (value === "") return "an empty text";
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]/.exec(value)?.[0];
  if (control === undefined) return undefined;
  const code = (control.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `a control character (U+${code}) in a text that reports print on one line`;
});
export const address = checked((value) => {
  const complaint = checkIPv4(value);
  const length = value.indexOf("/");
  if (complaint === undefined || length === -1) return complaint;
  return checkIPv4(value.slice(0, length)) === undefined
    ? { message: `${JSON.stringify(value)} is not an IPv4 address`, hint: `write ${value.slice(0, length)}` }
    : complaint;
});

export const network = checked((value) => {
  const complaint = checkCidr(value);
  if (complaint !== undefined) return complaint;
  return hasHostBits(value)
    ? { message: `${value} names a host inside its network`, hint: "a network has zeros behind its length" }
    : undefined;
});

/** Address with the length of its network, `172.17.0.1/16`. */
export const hostNetwork = checked(checkCidr);

export const mac = checked((value) => {
  if (!/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value))
    return {
      message: `${JSON.stringify(value)} is not a MAC address`,
      hint: /^(?:[0-9a-f]{2}-){5}[0-9a-f]{2}$/i.test(value)
        ? `write "${value.replaceAll("-", ":")}"`
        : 'six bytes in hex, in quotes: "0a:58:0a:f4:00:02"',
    };
  return (Number.parseInt(value.slice(0, 2), 16) & 1) === 1
    ? `${value} is a group address, no device can have it`
    : undefined;
});

/** Names of nodes and hosts: what Kubernetes takes as a node name. */
export const machineName = checked((value) => {
  if (value === "admin") return `"admin" is the place that has kubectl, a machine cannot be named so`;
  return checkDns1123Subdomain(value);
});

/** Names of namespaces: as `ip netns add` takes them, but not what is read as an address or a reference. */
export const namespaceName = checked((value) =>
  value === "admin"
    ? `"admin" is the place that has kubectl, a namespace cannot be named so`
    : checkWord(value, "namespace"),
);

/** Names of wires, of the same form. */
export const segmentName = checked((value) => checkWord(value, "segment"));

function checkWord(value: string, what: string): Complaint | undefined {
  if (/^[A-Za-z][\w.-]{0,62}$/.test(value)) return undefined;
  return {
    message: `${JSON.stringify(value)} is not a name of a ${what}`,
    hint: "a letter, then letters, digits, . _ -",
  };
}

/** Bytes in hex, two digits each; blanks between them do not count. */
export function hexBytes(least: number): z.ZodType<string, string> {
  return checked((value) => {
    const digits = value.replaceAll(/\s/g, "");
    if (!/^(?:[0-9a-f]{2})*$/i.test(digits))
      return {
        message: `${JSON.stringify(shortened(value))} is not hex`,
        hint: "two digits for every byte, in quotes",
      };
    return digits.length / 2 < least ? `${digits.length / 2} bytes are too few: at least ${least}` : undefined;
  });
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** IFNAMSIZ is 16 with the final zero; the kernel refuses white space, '/' and ':' (dev_valid_name). */
export const deviceName = checked((value) => {
  if (value.length > 15) return `${JSON.stringify(value)} is longer than 15 characters, the longest name of a device`;
  return value !== "" && value !== "." && value !== ".." && !/[\s/:]/.test(value)
    ? undefined
    : `${JSON.stringify(value)} is not a name of a device`;
});

/** `PLACE DEVICE`. */
export const placeAndDevice = checked((value) =>
  /^\S+ \S+$/.test(value)
    ? undefined
    : { message: `${JSON.stringify(value)} is not a place and a device`, hint: "write PLACE DEVICE: node1 eth0" },
);

/** A number is taken too, to say that its unit is missing. */
export const duration = z.union([z.string(), z.number()]).superRefine(checkDuration);

/** 1000 h, in virtual ms. */
const LONGEST = 3_600_000_000;

function checkDuration(value: string | number, context: z.RefinementCtx): void {
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms !== undefined && ms <= LONGEST) return;
  if (ms !== undefined)
    return context.addIssue({
      code: "custom",
      message: `${value} is longer than anything that is waited for`,
      params: { hint: "at most 1000h" },
    });
  const bare = /^\d+(?:\.\d+)?$/.test(String(value));
  const message = bare ? `${value} has no unit` : `${JSON.stringify(value)} is not a time`;
  const hint = bare ? `write ${value}s, or ${value}ms` : (timeHint(String(value)) ?? "write 200ms, 5s, 1m30s or 2h");
  context.addIssue({ code: "custom", message, params: { hint } });
}

const EVENT_HINT = `write OBJECT EVENT [N] [+ T], e.g. echo#1 gone + 2s; events: ${EVENT_KINDS.map(({ word }) => word).join(", ")}`;

export const event = checked((value) => {
  const parsed = parseEvent(value);
  return typeof parsed === "string" ? { message: parsed, hint: eventHint(parsed) } : undefined;
});

/** The word that was meant, or how events are written. */
function eventHint(complaint: string): string {
  const word = /^"(\w+)" is no event$/.exec(complaint)?.[1];
  const words = EVENT_KINDS.map((kind) => kind.word);
  return (word === undefined ? undefined : didYouMean(word, words)) ?? EVENT_HINT;
}

/** A time since 0, or an event. A number is taken too, to say that its unit is missing. */
export const moment = z.union([z.string(), z.number()]).superRefine((value, context) => {
  if (typeof value === "string" && /\s/.test(value.trim())) {
    const parsed = parseEvent(value);
    if (typeof parsed === "string")
      context.addIssue({ code: "custom", message: parsed, params: { hint: eventHint(parsed) } });
  } else checkDuration(value, context);
});

/** What was probably meant: `5 s`, `1min`, `1:30`. */
function timeHint(value: string): string | undefined {
  const [, minutes, seconds] = /^(\d+):(\d\d)$/.exec(value) ?? [];
  if (minutes !== undefined) return `write ${minutes}m${Number(seconds)}s`;
  const text = value
    .replaceAll(/\s+/g, "")
    .replace(/(?<=\d)(?:min|minutes?)$/, "m")
    .replace(/(?<=\d)sec(?:onds?)?$/, "s");
  return text !== value && parseDuration(text) !== undefined ? `write ${text}` : undefined;
}

export const flow = checked((value) => {
  const parsed = parseFlow(value);
  if (typeof parsed !== "string") return undefined;
  if (parsed.startsWith("IPv6")) return { message: parsed, code: "not-modelled", hint: "write it in IPv4" };
  return { message: parsed, hint: "write FROM[:port] > TO[:port][/tcp|udp|sctp|icmp]" };
});

export const podRef = checked((value) => {
  const parsed = parsePodText(value);
  return typeof parsed === "string"
    ? { message: parsed, hint: "write NAME, NAME#2, deploy/NAME#2 or NAMESPACE/NAME#2" }
    : undefined;
});

export const count = z.union([
  z.number().int().min(0),
  checked((value) => {
    const parsed = parseCount(value);
    if (parsed === undefined)
      return { message: `${JSON.stringify(value)} is not a count`, hint: 'write 3, ">=1", "<=5" or 2..4' };
    if (parsed.min === 0 && parsed.max === Infinity) return `${JSON.stringify(value)} holds for every number`;
    return parsed.max < parsed.min ? `${JSON.stringify(value)} holds for no number` : undefined;
  }),
]);

/** A part of a text: the empty one is in every text. */
export const part = checked((value) =>
  value.trim() === ""
    ? { message: "every text has this part, nothing is expected", hint: 'for no text at all: equals: ""' }
    : undefined,
);

/** A part of a name. */
export const namePart = checked((value) =>
  value.trim() === ""
    ? { message: "every name has this part, nothing is expected", hint: "leave it out, or write a name" }
    : undefined,
);

/** TCP flags in tcpdump's letters and order, or what ARP frames have in their place. */
export const tcpFlags = checked((value) =>
  /^(?=.)F?S?R?P?\.?U?E?W?$/.test(value) || ["none", "who-has", "is-at"].includes(value)
    ? undefined
    : {
        message: `${JSON.stringify(value)} is never printed as flags`,
        hint: "tcpdump's letters in its order, F S R P . U E W: S, S., ., P., F., R; who-has and is-at for ARP",
      },
);

export const fraction = z.union([
  z.number().superRefine((value, context) => {
    if (value >= 0 && value <= 1) return;
    const params = { hint: value > 1 && value <= 100 ? `write ${value}%` : "write 1/3, 33%, or 0.33" };
    context.addIssue({ code: "custom", message: `${value} is not a share: it lies between 0 and 1`, params });
  }),
  checked((value) =>
    parseFraction(value) === undefined
      ? { message: `${JSON.stringify(value)} is not a share`, hint: "write 1/3, 33%, or 0.33" }
      : undefined,
  ),
]);

/** First and last node port. */
export const portRange = checked((value) =>
  /^\d+-\d+$/.test(value)
    ? undefined
    : { message: `${JSON.stringify(value)} is not a range of ports`, hint: "write 30000-32767" },
);

/** A value of a row: text as the tool prints it. */
export const cellText = z.union([z.string(), z.number(), z.boolean()]);

export function word<const T extends readonly [string, ...string[]]>(words: T): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words);
}

/** A word of a long list: not all of it is printed, the nearest one is suggested. */
export function listed(words: readonly string[], what: string): z.ZodType<string, string> {
  return checked((value) => {
    if (words.includes(value)) return undefined;
    const bare = value.replace(/^SKB_DROP_REASON_/, "");
    const hint = words.includes(bare) ? `write ${bare}` : didYouMean(value, words);
    return { message: `${JSON.stringify(value)} is not ${what}`, ...(hint === undefined ? {} : { hint }) };
  });
}
