// host-local IPAM (containernetworking/plugins plugins/ipam/host-local): round robin behind the last reserved address, so that a
// freed address comes again only after a whole turn.

import { formatIpv4, parseCidr, parseIpv4 } from "@kubehop/netstack";
import { CniError } from "../plugin/cni-plugin.ts";

export class HostLocal {
  /** Network address + 1: never given to a pod. */
  readonly gateway: string;
  readonly subnet: string;
  readonly len: number;
  readonly #first: number;
  readonly #last: number;
  readonly #byId = new Map<string, number>();
  readonly #taken = new Set<number>();
  #lastReserved: number;

  /** `subnet` is canonical text, e.g. `10.244.1.0/24`. @throws CniError for /31 and /32, as the plugin does. */
  constructor(subnet: string) {
    const cidr = parseCidr(subnet);
    if (cidr === undefined || cidr.len > 30)
      throw new CniError(`host-local: network ${subnet} too small to allocate from`);
    this.subnet = subnet;
    this.len = cidr.len;
    this.gateway = formatIpv4(cidr.addr + 1);
    this.#first = cidr.addr + 1;
    this.#last = cidr.addr + 2 ** (32 - cidr.len) - 2;
    this.#lastReserved = this.#first;
  }

  /** The next free address, or `wanted` when given and free. @throws CniError when the range is used up or the address is taken. */
  allocate(id: string, wanted?: string): string {
    const addr = wanted === undefined ? this.#next() : this.#requested(wanted);
    this.#taken.add(addr);
    this.#byId.set(id, addr);
    if (wanted === undefined) this.#lastReserved = addr;
    return formatIpv4(addr);
  }

  release(id: string): void {
    const addr = this.#byId.get(id);
    if (addr === undefined) return;
    this.#byId.delete(id);
    this.#taken.delete(addr);
  }

  #next(): number {
    const size = this.#last - this.#first + 1;
    for (let i = 1; i <= size; i++) {
      const addr = this.#first + ((this.#lastReserved - this.#first + i) % size);
      // The first address is the gateway's.
      if (addr !== this.#first && !this.#taken.has(addr)) return addr;
    }
    throw new CniError(
      `failed to allocate for range 0: no IP addresses available in range set: ${formatIpv4(this.#first)}-${formatIpv4(this.#last)}`,
    );
  }

  #requested(wanted: string): number {
    const addr = parseIpv4(wanted);
    if (addr === undefined || addr <= this.#first || addr > this.#last) {
      throw new CniError(
        `requested IP address ${wanted} is not available in range set ${formatIpv4(this.#first)}-${formatIpv4(this.#last)}`,
      );
    }
    if (this.#taken.has(addr)) throw new CniError(`requested IP address ${wanted} is already allocated`);
    return addr;
  }
}
