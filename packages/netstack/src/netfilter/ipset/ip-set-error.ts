// What ipset refuses, and its words (libipset's errcode.c over the kernel's IPSET_ERR_*). Checked against ipset 7.17 on Linux 6.18.

/** Answers of the kernel that are not success. */
export type IpSetErrno =
  | "ENOENT"
  | "EINVAL"
  | "NAME_TAKEN"
  | "BUSY"
  | "REFERENCED"
  | "EXIST_SETNAME2"
  | "TYPE_MISMATCH"
  | "INVALID_CIDR"
  | "INVALID_NETMASK"
  | "INVALID_PROTO"
  | "TIMEOUT"
  | "COUNTER"
  | "COMMENT"
  | "SKBINFO"
  | "EXIST"
  | "HASH_FULL"
  | "HASH_ELEM"
  | "HASH_RANGE"
  | "BITMAP_RANGE"
  | "BITMAP_RANGE_SIZE"
  | "LIST_NAME"
  | "LIST_LOOP"
  | "LIST_NAMEREF"
  | "LIST_FULL"
  | "LIST_REF_EXIST";

export type IpSetCommand =
  | "create"
  | "add"
  | "del"
  | "test"
  | "destroy"
  | "list"
  | "save"
  | "restore"
  | "flush"
  | "rename"
  | "swap";

const TEXT: Readonly<Record<IpSetErrno, string>> = {
  ENOENT: "The set with the given name does not exist",
  EINVAL: "Kernel error received: Invalid argument",
  NAME_TAKEN: "Set cannot be created: set with the same name already exists",
  BUSY: "Set cannot be destroyed: it is in use by a kernel component",
  REFERENCED: "Set cannot be renamed: it is in use by another system",
  EXIST_SETNAME2: "Set cannot be renamed: a set with the new name already exists",
  TYPE_MISMATCH: "The sets cannot be swapped: their type does not match",
  INVALID_CIDR: "The value of the CIDR parameter of the IP address is invalid",
  INVALID_NETMASK: "The value of the netmask parameter is invalid",
  INVALID_PROTO: "Invalid protocol specified",
  TIMEOUT: "Timeout cannot be used: set was created without timeout support",
  COUNTER: "Packet/byte counters cannot be used: set was created without counter support",
  COMMENT: "Comment cannot be used: set was created without comment support",
  SKBINFO: "Skbinfo mapping cannot be used: set was created without skbinfo support",
  EXIST: "Element cannot be added to the set: it's already added",
  HASH_FULL: "Hash is full, cannot add more elements",
  HASH_ELEM: "Null-valued element, cannot be stored in a hash type of set",
  HASH_RANGE: "Invalid range, covers the whole address space",
  BITMAP_RANGE: "Element is out of the range of the set",
  BITMAP_RANGE_SIZE: "The range you specified exceeds the size limit of the set type",
  LIST_NAME: "Set to be added/deleted/tested as element does not exist.",
  LIST_LOOP: "Sets with list:set type cannot be added to the set.",
  LIST_NAMEREF: "The set to which you referred with 'before' or 'after' does not exist.",
  LIST_FULL: "The set is full, more elements cannot be added.",
  LIST_REF_EXIST: "The set to which you referred with 'before' or 'after' is not added to the set.",
};

/** The same answer, worded for the command that got it. */
const BY_COMMAND: Partial<Record<IpSetCommand, Partial<Record<IpSetErrno, string>>>> = {
  del: { EXIST: "Element cannot be deleted from the set: it's not added" },
  swap: { EXIST_SETNAME2: "Sets cannot be swapped: the second set does not exist" },
};

export function errnoMessage(errno: IpSetErrno, command: IpSetCommand): string {
  return BY_COMMAND[command]?.[errno] ?? TEXT[errno];
}

/**
 * How the program ends.
 * session: MESSAGE, with the line in restore mode; exit 1.
 * parameter: MESSAGE and the hint to help; exit 2.
 * other: MESSAGE; exit 1.
 * unmodelled: the real program takes it, kubehop does not; exit 2.
 */
export type IpSetErrorForm = "session" | "parameter" | "other" | "unmodelled";

/** Thrown while words are read and changes are made; it becomes stderr text and an exit code in command.ts and never leaves this folder. */
export class IpSetError extends Error {
  override readonly name = "IpSetError";
  readonly form: IpSetErrorForm;
  /** Line of a restore text when it is not the line being read (buffered changes); 0 otherwise. */
  readonly line: number;

  constructor(form: IpSetErrorForm, message: string, line = 0) {
    super(message);
    this.form = form;
    this.line = line;
  }
}

export function kernelError(errno: IpSetErrno, command: IpSetCommand, line = 0): IpSetError {
  return new IpSetError("session", errnoMessage(errno, command), line);
}

/** Newer complaints come first, one per line, as the library collects them. */
export function syntaxError(message: string): IpSetError {
  return new IpSetError("session", `Syntax error: ${message}`);
}

export function parameterError(message: string): IpSetError {
  return new IpSetError("parameter", message);
}

export function unmodelled(what: string): IpSetError {
  return new IpSetError("unmodelled", `${what} is not modelled`);
}
