// What differs between versions of the iptables programs, as data. Rows were seen on: 1.4.21 CentOS 7 listings, 1.8.4 and 1.8.7
// listings of RHEL 8 and Debian 11 nodes, 1.8.9 on a running system.

export type IptablesVersion = "1.4.21" | "1.8.4" | "1.8.7" | "1.8.9";

export interface IptablesFlavour {
  readonly version: IptablesVersion;
  /** -L -n prints protocol numbers instead of names (1.8.9 only; names came back with 1.8.10). */
  readonly numericProtocol: boolean;
  /** MASQUERADE --random-fully (1.6.2), so kube-proxy and flannel may use it. */
  readonly randomFully: boolean;
  /** The nft back end names itself in the header of iptables-save. */
  readonly saveNamesNft: boolean;
  /** There is an nft back end (1.8.0). */
  readonly nft: boolean;
  /**
   * The nft back end writes `-m tcp` and `-m udp` as nft's own payload expressions (1.8.8): a field that a cut packet lacks does
   * not match, where the xt match drops the packet. Seen with 1.8.9.
   */
  readonly nftPayload: boolean;
}

export const IPTABLES_FLAVOURS: Readonly<Record<IptablesVersion, IptablesFlavour>> = {
  "1.4.21": {
    version: "1.4.21",
    numericProtocol: false,
    randomFully: false,
    saveNamesNft: false,
    nft: false,
    nftPayload: false,
  },
  "1.8.4": {
    version: "1.8.4",
    numericProtocol: false,
    randomFully: true,
    saveNamesNft: false,
    nft: true,
    nftPayload: false,
  },
  "1.8.7": {
    version: "1.8.7",
    numericProtocol: false,
    randomFully: true,
    saveNamesNft: false,
    nft: true,
    nftPayload: false,
  },
  "1.8.9": {
    version: "1.8.9",
    numericProtocol: true,
    randomFully: true,
    saveNamesNft: true,
    nft: true,
    nftPayload: true,
  },
};
