// A frame or a datagram of nobody's: what a step puts on its way without a program.

import { fromHex, packetSend, SockError, udpOpen } from "@kubehop/netstack";
import type { Ipv4, NetDevice, NetNamespace, SockErrno } from "@kubehop/netstack";
import type { DatagramAction, InjectAction } from "../model/step-spec.ts";

/** The errno of send(); undefined: the frame was taken. */
export function injectFrame(dev: NetDevice, { frame }: InjectAction): SockErrno | undefined {
  return packetSend(dev, fromHex(frame));
}

/** The errno of bind() or sendto(); undefined: the datagram was handed to IP. An answer finds no socket. */
export function sendDatagram(
  ns: NetNamespace,
  dst: Ipv4 | string,
  { sport, to, hex }: Pick<DatagramAction, "sport" | "hex"> & { readonly to: Pick<DatagramAction["to"], "port"> },
): SockErrno | undefined {
  try {
    const sock = udpOpen(ns, { port: sport });
    const errno = sock.sendTo(fromHex(hex), dst, to.port);
    sock.close();
    ns.world.softirq();
    return errno;
  } catch (error) {
    if (!(error instanceof SockError)) throw error;
    return error.errno;
  }
}
