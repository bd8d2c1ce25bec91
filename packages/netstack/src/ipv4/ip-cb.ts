// IPCB flags of a packet (include/net/ip.h, struct inet_skb_parm): per-packet decisions that travel from routing to output.

/** The packet was forwarded by this host. */
export const IPSKB_FORWARDED = 1;
/** A redirect should be sent: it leaves by the device it came in on. */
export const IPSKB_DOREDIRECT = 32;
/** All fragments had DF: output must not exceed the largest one. */
export const IPSKB_FRAG_PMTU = 64;
/** Already rerouted: POST_ROUTING hooks have run (ip_output after a SNAT-caused reroute). */
export const IPSKB_REROUTED = 16;
