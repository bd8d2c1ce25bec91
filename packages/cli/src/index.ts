export { dispatch, SUBCOMMANDS } from "./dispatch.ts";
export type { Io } from "./io.ts";
