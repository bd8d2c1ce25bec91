// Received bytes: in order, beyond a gap, or old (net/ipv4/tcp_input.c: tcp_data_queue, tcp_ofo_queue).

import type { DropReason } from "../skb/drop-reason.ts";
import { seqAdd, seqAfter, seqBefore, TCP_FIN, TCP_SYN } from "../wire/tcp-fields.ts";
import type { RcvSegment } from "./tcp-ack.ts";
import type { OooSegment, TcpSock } from "./tcp-sock.ts";
import { tcpReceiveWindow } from "./tcp-window.ts";

/** Take the bytes of a segment; `deliver` gets what is in order now. A reason: nothing of it was new or fitted. The caller acknowledges in any case. */
export function tcpDataQueue(sk: TcpSock, seg: RcvSegment, deliver: (bytes: Uint8Array) => void): DropReason | null {
  const start = (seg.flags & TCP_SYN) !== 0 ? seqAdd(seg.seq, 1) : seg.seq;
  if (!seqAfter(seg.end, sk.rcvNxt)) return "TCP_OLD_DATA";
  // A closed window takes nothing but a bare FIN.
  const window = seg.dataLen === 0 ? 1 : tcpReceiveWindow(sk);
  if (!seqBefore(start, seqAdd(sk.rcvNxt, window))) return "TCP_OVERWINDOW";
  const data = seg.b.slice(seg.dataOff, seg.dataOff + seg.dataLen);
  const piece: OooSegment = { seq: start, end: seg.end, data, fin: (seg.flags & TCP_FIN) !== 0 };
  if (seqAfter(start, sk.rcvNxt)) queueBeyondGap(sk, piece);
  else {
    takeInOrder(sk, piece, deliver);
    tcpOfoQueue(sk, deliver);
  }
  return null;
}

/** Deliver what of `piece` is new; its start is not beyond rcvNxt. */
function takeInOrder(sk: TcpSock, piece: OooSegment, deliver: (bytes: Uint8Array) => void): void {
  const fresh = piece.data.subarray((sk.rcvNxt - piece.seq) >>> 0);
  sk.rcvNxt = piece.end;
  if (fresh.length > 0) deliver(fresh);
  if (piece.fin) sk.finSeen = true;
}

/** Keep the list sorted; a copy of the same range adds nothing. */
function queueBeyondGap(sk: TcpSock, piece: OooSegment): void {
  let at = 0;
  while (at < sk.ooo.length && !seqAfter((sk.ooo[at] as OooSegment).seq, piece.seq)) at++;
  const before = sk.ooo[at - 1];
  if (before !== undefined && !seqBefore(before.end, piece.end)) return;
  sk.ooo.splice(at, 0, piece);
}

/** Whatever the closed gap makes deliverable. */
function tcpOfoQueue(sk: TcpSock, deliver: (bytes: Uint8Array) => void): void {
  let head = sk.ooo[0];
  while (head !== undefined && !seqAfter(head.seq, sk.rcvNxt)) {
    sk.ooo.shift();
    if (seqAfter(head.end, sk.rcvNxt)) takeInOrder(sk, head, deliver);
    head = sk.ooo[0];
  }
}
