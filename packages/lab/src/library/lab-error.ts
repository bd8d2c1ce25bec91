/** The program asked for something that is not there, not modelled, or never ends; the message says what to write instead. */
export class LabError extends Error {
  override readonly name = "LabError";
}
