// What agents, plugins and runtimes hold of a namespace: changes go in as batches, listings come out as the tools' rows. Nothing behind
// the door can be reached, so that all they do is what a daemon beside a kernel can do.

import type { NetNamespace } from "../netns/net-namespace.ts";
import type { SockErrno } from "../sock/errno.ts";
import { packetSend } from "../sock/packet-socket.ts";
import { dumpAddrs } from "./addr.ts";
import { applyBatch } from "./apply.ts";
import type { Batch, BatchError } from "./batch.ts";
import { dumpLinks } from "./link-dump.ts";
import type { LinkRow } from "./link-dump.ts";

export interface Door {
  /** Name of the namespace, for operations that move a device there. */
  readonly netns: string;
  /** Apply at once; the error names the first operation that failed. Null: all of it was accepted. */
  apply(batch: Batch): BatchError | null;
  /** A device's row of `ip -d -j link`; undefined: there is no such device. */
  link(dev: string): LinkRow | undefined;
  /** IPv4 addresses of a device with their lengths, e.g. `10.1.5.1/24`, in the kernel's order. */
  addresses(dev: string): readonly string[];
  /** A complete frame out of a device, through a packet socket. ENODEV: there is no such device. */
  sendFrame(dev: string, frame: Uint8Array): SockErrno | "ENODEV" | undefined;
}

export function openDoor(ns: NetNamespace): Door {
  return {
    get netns() {
      return ns.name;
    },
    apply: (batch) => applyBatch(ns, batch),
    link: (dev) => dumpLinks(ns).find((row) => row.ifname === dev),
    addresses: (dev) => dumpAddrs(ns, dev).flatMap((row) => row.addr_info.map((a) => `${a.local}/${a.prefixlen}`)),
    sendFrame: (dev, frame) => {
      const device = ns.devices.byName(dev);
      return device === undefined ? "ENODEV" : packetSend(device, frame);
    },
  };
}
