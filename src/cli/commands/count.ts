/** `websession count`: how many sessions are live. */
import { EXIT } from "../exit_codes.ts";
import { withStore } from "../open_store.ts";
import { type AddCommand, filled, storeOption } from "../tool.ts";

interface Options {
  readonly store: string;
  readonly subject?: string;
}

/** Adds `count`. */
export const addCount: AddCommand = (program, tool) => {
  program.command("count")
    .description("print how many sessions are live")
    .addOption(storeOption())
    .option("--subject <subject>", "only those of this subject", filled)
    .action(async ({ store: url, subject }: Options) => {
      const count = await withStore(url, "read", tool.folder, async ({ store }) => {
        return subject === undefined ? await store.length() : (await store.list(subject)).length;
      });
      tool.terminal.print(String(count));
      tool.end(EXIT.done);
    });
};
