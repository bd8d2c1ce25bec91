// -j TCPMSS (net/netfilter/xt_TCPMSS.c): lower the MSS option of a SYN.

import { getU16, getU32, setU16 } from "../../../wire/bytes.ts";
import { csumReplace2, csumReplace4, foldSum, pseudoSum } from "../../../wire/checksum.ts";
import { IP_CHECK_OFF, ipTotLen } from "../../../wire/ipv4-fields.ts";
import { CHECKSUM_PARTIAL } from "../../../skb/packet.ts";
import { NF_DROP } from "../../hooks.ts";
import type { XtContext } from "../context.ts";
import type { TargetExtension } from "../extension.ts";
import { ALL_HOOKS, HOOK_BIT } from "../extension.ts";
import { parseUint } from "../syntax.ts";
import { XT_CONTINUE } from "../verdict.ts";
import { parameterError } from "../xt-error.ts";

const TCP = 6;
const CHECK = 16;
const OPT_MSS = 2;
/** IPv4 and TCP header without options. */
const MIN_HEADERS = 40;
/** RFC 879: what a SYN without the option means. */
const DEFAULT_MSS = 536;

/** Offset of the MSS option in the header at `th`, -1 without one. */
function findMss(b: Uint8Array, th: number, hdrLen: number): number {
  for (let i = 20; i <= hdrLen - 4;) {
    if (b[th + i] === OPT_MSS && b[th + i + 1] === 4) return th + i;
    const len = b[th + i + 1] as number;
    i += (b[th + i] as number) < 2 || len === 0 ? 1 : len;
  }
  return -1;
}

/** Put the option directly behind the fixed header, all others after it. */
function addMss(c: XtContext, mss: number): void {
  const { pkt } = c;
  const at = c.thoff + 20 - pkt.head;
  const data = pkt.bytes();
  const room = pkt.buf.length - pkt.tail;
  if (room < 4) {
    const grown = new Uint8Array(pkt.buf.length + 4);
    grown.set(pkt.buf);
    pkt.buf = grown;
  }
  const b = pkt.buf;
  b.set(data.subarray(at), pkt.head + at + 4);
  pkt.tail += 4;
  b[c.thoff + 20] = OPT_MSS;
  b[c.thoff + 21] = 4;
  setU16(b, c.thoff + 22, mss);
  const len = ipTotLen(b, c.nh);
  const dataOffset = getU16(b, c.thoff + 12);
  setU16(b, c.thoff + 12, dataOffset + 0x1000);
  setU16(b, c.nh + 2, len + 4);
  csumReplace2(b, c.nh + IP_CHECK_OFF, len, len + 4);
  mendChecksum(c, b, dataOffset);
}

/** Incremental, so that a checksum that was wrong stays wrong. A partial one covers only the pseudo header with its length. */
function mendChecksum(c: XtContext, b: Uint8Array, dataOffset: number): void {
  const len = c.pkt.tail - c.thoff;
  const check = c.thoff + CHECK;
  if (c.pkt.ipSummed === CHECKSUM_PARTIAL) {
    setU16(b, check, foldSum(pseudoSum(c.saddr, c.daddr, TCP, len)));
    return;
  }
  csumReplace2(b, check, len - 4, len);
  csumReplace4(b, check, 0, getU32(b, c.thoff + 20));
  csumReplace2(b, check, dataOffset, dataOffset + 0x1000);
}

export const tcpmssTarget: TargetExtension<{ readonly mss: number | null }> = {
  name: "TCPMSS",
  needsSyn: true,
  options: [{ name: "set-mss" }, { name: "clamp-mss-to-pmtu", args: 0 }],
  parse(o) {
    if (o.size === 0) throw parameterError("TCPMSS target: At least one parameter is required");
    const text = o.value("set-mss");
    const mss = text === undefined ? null : parseUint(text, 65535 - MIN_HEADERS);
    if (mss === undefined) throw o.bad("set-mss", `0-${65535 - MIN_HEADERS}`);
    if (mss !== null && o.has("clamp-mss-to-pmtu"))
      throw parameterError('TCPMSS: option "--set-mss" cannot be used together with "--clamp-mss-to-pmtu".\n');
    return { mss };
  },
  hooks: (p) => (p.mss === null ? HOOK_BIT.FORWARD | HOOK_BIT.OUTPUT | HOOK_BIT.POSTROUTING : ALL_HOOKS),
  check: (_, head) => head.proto === TCP && !head.protoInvert,
  save: (p) => (p.mss === null ? " --clamp-mss-to-pmtu" : ` --set-mss ${p.mss}`),
  list: (p) => (p.mss === null ? "TCPMSS clamp to PMTU" : `TCPMSS set ${p.mss}`),
  run(p, c) {
    const { buf, thoff } = c;
    const len = c.pkt.tail - thoff;
    const hdrLen = len < 20 ? 0 : ((buf[thoff + 12] as number) >>> 4) * 4;
    if (c.fragOff !== 0) return XT_CONTINUE;
    if (hdrLen < 20 || len < hdrLen) return NF_DROP;
    const wanted = p.mss ?? c.services.pathMtu(c.pkt) - MIN_HEADERS;
    if (wanted <= 0) return NF_DROP;
    const at = findMss(buf, thoff, hdrLen);
    if (at >= 0) {
      const old = getU16(buf, at + 2);
      if (old <= wanted) return XT_CONTINUE;
      setU16(buf, at + 2, wanted);
      // A partial checksum covers the pseudo header only: nothing to mend.
      if (c.pkt.ipSummed !== CHECKSUM_PARTIAL) csumReplace2(buf, thoff + CHECK, old, wanted);
      return XT_CONTINUE;
    }
    // Data behind the header, or no room in it: leave the segment alone. Whether it is a SYN is the rule's business.
    if (len > hdrLen || hdrLen >= 60) return XT_CONTINUE;
    addMss(c, Math.min(wanted, DEFAULT_MSS));
    c.reload();
    return XT_CONTINUE;
  },
};
