// What the API server answers to a wrong request: an operator's mistake, with the text that kubectl prints.

export type ApiReason = "NotFound" | "AlreadyExists" | "Invalid" | "Conflict" | "BadRequest";

/** A refused request; `message` is kubectl's text without `Error from server (Reason): `. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly reason: ApiReason;

  constructor(reason: ApiReason, message: string) {
    super(message);
    this.reason = reason;
  }

  /** The line kubectl prints on stderr. */
  get kubectlText(): string {
    // kubectl leaves the reason out for invalid objects: the message names the object already.
    return this.reason === "Invalid" ? this.message : `Error from server (${this.reason}): ${this.message}`;
  }
}
