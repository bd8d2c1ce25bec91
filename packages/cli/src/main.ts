// The kubehop command. This file only finds out which subcommand is meant: each is imported when it is asked for, so that a start stays fast.
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { dispatch } from "./dispatch.ts";
import { fileProblem, processIo } from "./io.ts";

// A reader that closes early (`kubehop … | head`) is no error: the run goes on, its exit code counts. Any other trouble is told once.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`kubehop: ${fileProblem("stdout", error)}\n`);
  process.exit(2);
});
// Nobody is left to be told.
process.stderr.on("error", () => undefined);

/** A further thread of a run starts with this file, too. */
async function work(): Promise<void> {
  const { workIfWorker } = await import("./run/workers.ts");
  workIfWorker();
}

// No await here: the bundle is a script, so that compiled code can be kept between runs.
if (isMainThread) {
  void dispatch(process.argv.slice(2), processIo()).then((code) => {
    process.exitCode = code;
  });
} else void work();
