/** `websession copy`: takes the sessions of one store along to another. */
import process from "node:process";
import { Option } from "commander";
import { type CopyCount, copySessions, type OnDiffering } from "../copy_sessions.ts";
import { EXIT, type ExitCode } from "../exit_codes.ts";
import { badUsage } from "../failure.ts";
import { openStore, withStore } from "../open_store.ts";
import type { OpenStore } from "../opened_store.ts";
import { startProgress } from "../progress.ts";
import { nameOf, parseStore } from "../store_address.ts";
import { schemaOf } from "../stores/sql_database.ts";
import { counted } from "../table_text.ts";
import { mustConfirm, type Terminal } from "../terminal.ts";
import { type AddCommand, yesOption } from "../tool.ts";

interface Options {
  readonly from: string;
  readonly to: string;
  readonly update?: boolean;
  readonly overwrite?: boolean;
  readonly yes?: boolean;
}

/** Adds `copy`. */
export const addCopy: AddCommand = (program, tool) => {
  program.command("copy")
    .description("copy sessions to another store; run again, it goes on where it was cut off")
    .addOption(new Option("--from <url>", "where they are").makeOptionMandatory())
    .addOption(new Option("--to <url>", "where they go").makeOptionMandatory())
    .option("--update", "replace what is there by what ends later in the source")
    .addOption(
      new Option("--overwrite", "replace whatever is there otherwise").conflicts("update"),
    )
    .addOption(yesOption())
    .action(async (options: Options) => {
      const { from, to } = options;
      if (nameOf(parseStore(from)) === nameOf(parseStore(to))) {
        throw badUsage("--from and --to are the same store");
      }
      const code = await withStore(from, "read", tool.folder, async (source) => {
        // Before a file is made for the other: this fails where there is nothing to copy.
        const total = await source.store.length();
        const target = await openStore(to, "write", tool.folder);
        try {
          return await copy(source, target, total, options, tool.terminal);
        } finally {
          await target.close();
        }
      });
      tool.end(code);
    });
};

async function copy(
  source: OpenStore,
  target: OpenStore,
  total: number,
  { update = false, overwrite = false, yes }: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  if (target.kind !== "redis") {
    const { failure } = await schemaOf(target.database);
    if (failure !== undefined) {
      throw badUsage(`${target.name} has no table: schema --apply makes it`);
    }
  }
  const onDiffering: OnDiffering = overwrite ? "overwrite" : update ? "update" : "leave";
  const question = `Copy ${counted(total, "session")} from ${source.name} to ${target.name}?`;
  await mustConfirm(terminal, question, yes);
  const interrupt = new AbortController();
  const stop = (): void => {
    terminal.note("Interrupted: what is under way is finished");
    interrupt.abort();
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const progress = startProgress(terminal, total, "Copying");
  try {
    const count = await copySessions(source.store, target.store, {
      onDiffering,
      signal: interrupt.signal,
      onProgress: (soFar) => progress.reach(doneOf(soFar)),
    });
    const isWhole = !interrupt.signal.aborted;
    progress.stop(isWhole ? "Done" : "Not done: run it again, and it goes on");
    tell(terminal, count);
    return isWhole ? EXIT.done : EXIT.interrupted;
  } catch (error) {
    progress.stop("It could not go on: what was copied stays, and is not copied again");
    throw error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

function doneOf({ sealed: _, ...outcomes }: Readonly<CopyCount>): number {
  return Object.values(outcomes).reduce((sum, each) => sum + each, 0);
}

function tell(terminal: Terminal, count: CopyCount): void {
  const { copied, same, replaced, differing, gone, sealed } = count;
  terminal.print(
    `copied ${copied}, there already ${same}, replaced ${replaced}, left ${differing}, ended ${gone}`,
  );
  if (differing > 0) {
    terminal.note("What was left is there in another state: --update or --overwrite replaces it");
  }
  if (sealed > 0) {
    terminal.note(
      `${counted(sealed, "session")} of those are encrypted: whose they are is known again when ` +
        "they are next written",
    );
  }
}
