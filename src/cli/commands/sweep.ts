/** `websession sweep`: drops what has expired. */
import { EXIT } from "../exit_codes.ts";
import { withStore } from "../open_store.ts";
import { counted } from "../table_text.ts";
import { mustConfirm } from "../terminal.ts";
import { type AddCommand, storeOption, wholeNumber, yesOption } from "../tool.ts";

interface Options {
  readonly store: string;
  readonly limit?: number;
  readonly yes?: boolean;
}

/** Adds `sweep`. */
export const addSweep: AddCommand = (program, tool) => {
  const { terminal } = tool;
  program.command("sweep")
    .description("drop the records of sessions that have expired")
    .addOption(storeOption())
    .option("--limit <number>", "drop at most so many", wholeNumber(1, 1_000_000_000))
    .addOption(yesOption())
    .action(async ({ store: url, limit, yes }: Options) => {
      await withStore(url, "write", tool.folder, async ({ name, store }) => {
        if (store.sweep === undefined) {
          terminal.note(`${name}: the server drops what has expired by itself`);
          return terminal.print("0");
        }
        await mustConfirm(terminal, `Drop what has expired in ${name}?`, yes);
        const dropped = await store.sweep(limit);
        terminal.note(`Dropped ${counted(dropped, "expired record")}`);
        terminal.print(String(dropped));
      });
      tool.end(EXIT.done);
    });
};
