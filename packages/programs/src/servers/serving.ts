// What pods and hosts answer. Container commands are never run: an image name decides, or the scenario's `serve`.

/** One listening port. */
export interface ServerSpec {
  /** `http` answers requests, `echo` sends back what it gets, `hostname` says the pod's name. */
  readonly kind: "http" | "echo" | "hostname";
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** Body of an http answer; undefined: the image's default page. */
  readonly body?: string | undefined;
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
  readonly port: number;
}

export type ServedListener = (served: Served) => void;
