// What the tools print when the kernel refuses: its own sentence where it gives one (extack), else the errno's text.

/** A refused change. */
export interface RtnlFailure {
  /** Errno word, e.g. EEXIST. */
  readonly errno: string;
  /** As the tool prints it. */
  readonly message: string;
  /** The real tool takes it, kubehop does not. */
  readonly unmodelled?: true;
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  EPERM: "Operation not permitted",
  ENOENT: "No such file or directory",
  ESRCH: "No such process",
  E2BIG: "Argument list too long",
  EAGAIN: "Resource temporarily unavailable",
  ENOMEM: "Cannot allocate memory",
  EACCES: "Permission denied",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  ENODEV: "No such device",
  EINVAL: "Invalid argument",
  ERANGE: "Numerical result out of range",
  ELOOP: "Too many levels of symbolic links",
  EXFULL: "Exchange full",
  EOPNOTSUPP: "Operation not supported",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  ENOBUFS: "No buffer space available",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  EHOSTUNREACH: "No route to host",
};

export function errnoText(errno: string): string {
  return ERRNO_TEXT[errno] ?? errno;
}

/** An answer of rtnetlink as iproute2 prints it. */
export function rtnlFailure(error: { readonly errno: string; readonly extack?: string }): RtnlFailure {
  const message =
    error.extack === undefined ? `RTNETLINK answers: ${errnoText(error.errno)}` : `Error: ${error.extack}.`;
  return { errno: error.errno, message };
}

/** The tool itself refuses: nothing reached the kernel. */
export function toolFailure(errno: string, message: string): RtnlFailure {
  return { errno, message };
}

/** The real tool and kernel take it, kubehop does not. */
export function notModelled(what: string): RtnlFailure {
  return { errno: "EOPNOTSUPP", message: `${what} is not modelled`, unmodelled: true };
}

export function cannotFindDevice(name: string): RtnlFailure {
  return toolFailure("ENODEV", `Cannot find device "${name}"`);
}
