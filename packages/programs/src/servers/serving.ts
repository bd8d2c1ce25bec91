// What pods and hosts answer. Container commands are never run: an image name decides, or the scenario's `serve`.

/** What a web server's header says beside the answer itself. */
export interface HttpSite {
  /** Name and release, e.g. `nginx/1.7.9`. */
  readonly server: string;
  /** Last change of the page, s since 1970. */
  readonly modified: number;
}

/** One listening port. */
export interface ServerSpec {
  /** `http` answers requests, `echo` sends back what it gets, `hostname` says the pod's name. */
  readonly kind: "http" | "echo" | "hostname";
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Body of an http answer; undefined: the image's default page. */
  readonly body?: string | undefined;
  /** An http server whose release is known; undefined: the header says no more than it must. */
  readonly site?: HttpSite | undefined;
}

/** One request as the server saw it. */
export interface Served {
  /** Virtual ms. */
  readonly at: number;
  /** Namespace name of the server. */
  readonly ns: string;
  readonly protocol: "tcp" | "udp";
  /** Address and port the server saw as the other side (dotted text). */
  readonly client: string;
  readonly clientPort: number;
  /** Own address the client asked (dotted text), and port. */
  readonly address: string;
  readonly port: number;
  /** What was asked, of a datagram. */
  readonly data?: Uint8Array;
}

export type ServedListener = (served: Served) => void;
