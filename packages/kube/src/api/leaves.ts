// Single values as the API server checks them (apimachinery pkg/util/validation), each with a message that names the value.
import * as z from "zod";
import { cidrContains, isIPv6, parseCidr, parseIPv4 } from "./address.ts";

/** What a check may say: a message, or more. */
export interface Complaint {
  readonly message: string;
  readonly code?: "bad-value" | "not-modelled";
  readonly hint?: string;
}

type Check = (value: string) => Complaint | string | undefined;

function checked(check: Check): z.ZodType<string, string> {
  return z.string().superRefine((value, context) => {
    const complaint = check(value);
    if (complaint === undefined) return;
    const { message, ...params } = typeof complaint === "string" ? { message: complaint } : complaint;
    context.addIssue({ code: "custom", message, params });
  });
}

const DNS1123 = "lower-case letters, digits and '-', beginning and ending with a letter or digit";

/** RFC 1123 label: names of containers, namespaces and ports. */
export function checkDns1123Label(value: string): string | undefined {
  if (value.length > 63) return `${quote(value)} is longer than 63 characters`;
  return /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value) ? undefined : `${quote(value)} is not a name: ${DNS1123}`;
}

/** RFC 1123 subdomain: names of most objects. */
export function checkDns1123Subdomain(value: string): string | undefined {
  if (value.length > 253) return `${quote(value)} is longer than 253 characters`;
  const good = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(value);
  return good ? undefined : `${quote(value)} is not a name: ${DNS1123} ('.' between parts)`;
}

/** RFC 1035 label: names of Services, because they are host names. */
export function checkDns1035Label(value: string): string | undefined {
  if (value.length > 63) return `${quote(value)} is longer than 63 characters`;
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value)) return undefined;
  return `${quote(value)} is not a Service name: lower-case letters, digits and '-', beginning with a letter`;
}

/** IANA service name: up to 15 characters with at least one letter (named target ports, container ports). */
export function checkPortName(value: string): string | undefined {
  const good = value.length <= 15 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && /[a-z]/.test(value);
  return good
    ? undefined
    : `${quote(value)} is not a port name: at most 15 of lower-case letters, digits and single '-', at least one letter`;
}

/** Label key: optional DNS prefix and '/', then up to 63 characters. */
export function checkLabelKey(value: string): string | undefined {
  const [name = "", prefix, more] = value.split("/").toReversed();
  const prefixGood = prefix === undefined || (checkDns1123Subdomain(prefix) === undefined && more === undefined);
  const nameGood = name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name);
  return prefixGood && nameGood
    ? undefined
    : `${quote(value)} is not a label key: [prefix/]name, name of at most 63 letters, digits, '-', '_', '.'`;
}

/** Label value: empty or up to 63 characters. */
export function checkLabelValue(value: string): string | undefined {
  const good = value.length <= 63 && /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value);
  return good
    ? undefined
    : `${quote(value)} is not a label value: at most 63 letters, digits, '-', '_', '.', beginning and ending with a letter or digit`;
}

/** IPv4 address; IPv6 is refused by name. */
export function checkIPv4(value: string): Complaint | string | undefined {
  if (parseIPv4(value) !== undefined) return undefined;
  return refuseIPv6(value) ?? `${quote(value)} is not an IPv4 address`;
}

/** Where no endpoint can be (ValidateNonSpecialIP); the API server refuses such addresses in Endpoints and EndpointSlices. */
const SPECIAL_RANGES: readonly (readonly [network: string, what: string])[] = [
  ["0.0.0.0/32", "the unspecified address"],
  ["127.0.0.0/8", "a loopback address"],
  ["169.254.0.0/16", "a link-local address"],
  ["224.0.0.0/24", "a link-local multicast address"],
];

/** Address of an endpoint. */
export function checkEndpointIPv4(value: string): Complaint | string | undefined {
  const address = parseIPv4(value);
  if (address === undefined) return checkIPv4(value);
  const special = SPECIAL_RANGES.find(([network]) => {
    const range = parseCidr(network);
    return range !== undefined && cidrContains(range, address);
  });
  return special === undefined ? undefined : `${value} is ${special[1]}, the API server takes no endpoint there`;
}

/** IPv4 network; IPv6 is refused by name. */
export function checkCidr(value: string): Complaint | string | undefined {
  if (parseCidr(value) !== undefined) return undefined;
  return refuseIPv6(value) ?? `${quote(value)} is not an IPv4 network (a.b.c.d/n)`;
}

function refuseIPv6(value: string): Complaint | undefined {
  if (!isIPv6(value)) return undefined;
  return { message: `IPv6 is not modelled yet: ${value}`, code: "not-modelled", hint: "write it in IPv4" };
}

function quote(value: string): string {
  return JSON.stringify(value);
}

export const dns1123Label = checked(checkDns1123Label);
export const dns1123Subdomain = checked(checkDns1123Subdomain);
export const dns1035Label = checked(checkDns1035Label);
export const portName = checked(checkPortName);
export const labelKey = checked(checkLabelKey);
export const labelValue = checked(checkLabelValue);
export const ipv4 = checked(checkIPv4);
export const endpointIPv4 = checked(checkEndpointIPv4);
export const cidr = checked(checkCidr);
export const text = z.string();
export const flag = z.boolean();
export const count = z.number().int().min(0);
export const portNumber = z.number().int().min(1).max(65535);
export const protocol = z.enum(["TCP", "UDP", "SCTP"]);

/** A port number or the name of a container port. */
export const portOrName = z.union([portNumber, portName]);

/** `None` or an IPv4 address: a Service's clusterIP. The empty text means "allocate one". */
export const clusterIP = checked((value) => (value === "None" || value === "" ? undefined : checkIPv4(value)));

/** A number, or a percentage as text. */
export const intOrPercent = z.union([
  count,
  checked((value) => (/^\d+%$/.test(value) ? undefined : `${quote(value)} is neither a number nor a percentage`)),
]);
