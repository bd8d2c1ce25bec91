// Per-device IPv4 sysctls (struct ipv4_devconf): net.ipv4.conf.{all,default,DEV}.*. Fields carry the sysctl's own name.

export class Ipv4DevConf {
  forwarding = 0;
  rp_filter = 0;
  accept_local = 0;
  route_localnet = 0;
  send_redirects = 1;
  accept_redirects = 1;
  secure_redirects = 1;
  shared_media = 1;
  accept_source_route = 0;
  arp_ignore = 0;
  arp_announce = 0;
  arp_filter = 0;
  arp_accept = 0;
  arp_notify = 0;
  arp_evict_nocarrier = 1;
  drop_gratuitous_arp = 0;
  proxy_arp = 0;
  proxy_arp_pvlan = 0;
  log_martians = 0;
  src_valid_mark = 0;
  promote_secondaries = 0;
  ignore_routes_with_linkdown = 0;
  drop_unicast_in_l2_multicast = 0;
  bc_forwarding = 0;
  mc_forwarding = 0;
  disable_policy = 0;
  disable_xfrm = 0;

  copyFrom(other: Ipv4DevConf): void {
    Object.assign(this, other);
  }
}

export type DevConfKey = { [K in keyof Ipv4DevConf]: Ipv4DevConf[K] extends number ? K : never }[keyof Ipv4DevConf];

/** All sysctl names, in the kernel's order of declaration here. */
export const DEVCONF_KEYS = Object.keys(new Ipv4DevConf()) as DevConfKey[];
