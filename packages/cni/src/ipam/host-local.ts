// host-local IPAM (containernetworking/plugins plugins/ipam/host-local/backend/allocator): round robin behind the last reserved
// address, so that a freed address comes again only after a whole turn.

import { formatIpv4, parseCidr, parseIpv4 } from "@kubehop/netstack";
import type { Cidr } from "@kubehop/netstack";
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

  /** `subnet` is canonical text, e.g. `10.244.1.0/24`. @throws CniError for what the plugin does not allocate from: /31, /32, host bits. */
  constructor(subnet: string) {
    const cidr = canonical(subnet);
    this.subnet = subnet;
    this.len = cidr.len;
    this.#first = cidr.addr + 1;
    this.#last = cidr.addr + 2 ** (32 - cidr.len) - 2;
    this.gateway = formatIpv4(this.#first);
    this.#lastReserved = this.#first;
  }

  /**
   * The next free address for container `id`, or `wanted` when it is given and free. A wanted address stands for what happened
   * before the document begins; the round goes on from where it was.
   * @throws CniError when the range is used up, the address is taken, or the container has one already
   */
  allocate(id: string, wanted?: string): string {
    const has = this.#byId.get(id);
    if (has !== undefined)
      throw failed(`${formatIpv4(has)} has been allocated to ${id}, duplicate allocation is not allowed`);
    const addr = wanted === undefined ? this.#next() : this.#requested(wanted);
    this.#taken.add(addr);
    this.#byId.set(id, addr);
    if (wanted === undefined) this.#lastReserved = addr;
    return formatIpv4(addr);
  }

  /** What a container has is free again; one that has nothing is fine. */
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
    throw failed(`no IP addresses available in range set: ${this.#range}`);
  }

  #requested(wanted: string): number {
    const addr = parseIpv4(wanted);
    if (addr === undefined || addr < this.#first || addr > this.#last)
      throw failed(`${wanted} not in range set ${this.#range}`);
    if (addr === this.#first) throw failed(`requested ip ${wanted} is subnet's gateway`);
    if (this.#taken.has(addr))
      throw failed(`requested IP address ${wanted} is not available in range set ${this.#range}`);
    return addr;
  }

  get #range(): string {
    return `${formatIpv4(this.#first)}-${formatIpv4(this.#last)}`;
  }
}

/** Range.Canonicalize. */
function canonical(subnet: string): Cidr {
  const cidr = parseCidr(subnet);
  if (cidr === undefined) throw new CniError(`invalid CIDR address: ${subnet}`);
  if (cidr.len > 30) throw new CniError(`invalid range set 0: Network ${subnet} too small to allocate from`);
  if (!subnet.startsWith(`${formatIpv4(cidr.addr)}/`)) {
    const network = formatIpv4(cidr.addr);
    throw new CniError(
      `invalid range set 0: Network has host bits set. For a subnet mask of length ${cidr.len} the network address is ${network}`,
    );
  }
  return cidr;
}

function failed(reason: string): CniError {
  return new CniError(`failed to allocate for range 0: ${reason}`);
}
