// Outcomes emerge from the packet path: nothing in netstack may know that Kubernetes exists.
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";
import { sourceFiles } from "./sources.ts";

interface Word {
  readonly pattern: RegExp;
  /** Where Linux or its tools themselves use the word. */
  readonly allowedUnder?: readonly string[];
}

const WORDS: readonly Word[] = [
  { pattern: /kube(?!hop)/i },
  { pattern: /\bpods?\b/i },
  { pattern: /\bcni(\d|\b)/i },
  { pattern: /flannel/i },
  { pattern: /\bcali(co|ca|[0-9a-f]{11}|\b)/i },
  { pattern: /cilium|weave|felix/i },
  { pattern: /docker/i },
  { pattern: /cluster_?ip|node_?port|endpoint_?slice/i },
  // The end of the NodePort range (its start is also half a minute); the kernel's last routing rule has that priority too.
  { pattern: /\b32767\b/, allowedUnder: ["packages/netstack/src/ipv4/fib/fib-rules.ts"] },
  // kubelet, health check, API server
  { pattern: /\b(10250|10256|6443)\b/ },
  // The vxlan driver's own default port is 8472 (drivers/net/vxlan), and tcpdump prints it as OTV; others must be told.
  {
    pattern: /\b8472\b/,
    allowedUnder: ["packages/netstack/src/tunnel/", "packages/netstack/src/trace/tcpdump-udp.ts"],
  },
];

/** Comments and types may name what they like; what runs may not. */
function withoutComments(text: string): string {
  return transformSync(text, { loader: "ts", legalComments: "none", target: "es2023" }).code;
}

function namesIn(path: string, text: string): string[] {
  const code = withoutComments(text);
  return WORDS.filter(({ allowedUnder }) => !allowedUnder?.some((place) => path.startsWith(place))).flatMap(
    ({ pattern }) => {
      const match = pattern.exec(code);
      return match ? [`${path} names ${match[0]}`] : [];
    },
  );
}

describe("netstack", () => {
  it("names no Kubernetes device, chain or port", () => {
    expect(sourceFiles("packages/netstack/src").flatMap(({ path, text }) => namesIn(path, text))).toEqual([]);
  });

  it.each([
    ['export const a = "KUBE-SERVICES";', "KUBE"],
    ["export const dev = 'cni0';", "cni0"],
    ["export const isCali = /^cali/;", "cali"],
    ['export const a = "cali12345678901";', "cali12345678901"],
    ["export const last = 32_767;", "32767"],
    ["export const port = 8472;", "8472"],
    ["export const nodePortOf = 1;", "nodePort"],
  ])("would be caught with %s", (text, word) => {
    expect(namesIn("packages/netstack/src/dev/veth.ts", text)).toEqual([
      `packages/netstack/src/dev/veth.ts names ${word}`,
    ]);
  });

  it.each([
    "// as kube-proxy writes it\nexport const a = 1;",
    'import { Clock } from "@kubehop/sim";\nexport const a = new Clock();',
    "export const localIp = 1, scalingFactor = 2;",
  ])("may say %j", (text) => {
    expect(namesIn("packages/netstack/src/dev/veth.ts", text)).toEqual([]);
  });

  it("may use the driver's default port in tunnel/", () => {
    expect(namesIn("packages/netstack/src/tunnel/vxlan.ts", "export const port = 8472;")).toEqual([]);
  });
});
