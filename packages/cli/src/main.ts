// The kubehop command. This file only finds out which subcommand is meant: each is imported when it is asked for, so that a start stays fast.
import process from "node:process";
import { dispatch } from "./dispatch.ts";
import { processIo } from "./io.ts";

// A reader that closes early (`kubehop … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
});

// No await here: the bundle is a script, so that compiled code can be kept between runs.
void dispatch(process.argv.slice(2), processIo()).then((code) => {
  process.exitCode = code;
});
