/** `websession revoke`: ends sessions. */
import { EXIT, type ExitCode } from "../exit_codes.ts";
import { badUsage } from "../failure.ts";
import { findSession, SESSION_ARGUMENT, sessionNamed } from "../find_session.ts";
import { withStore } from "../open_store.ts";
import type { OpenStore } from "../opened_store.ts";
import { handleOf } from "../session_summary.ts";
import { counted } from "../table_text.ts";
import { mustConfirm, type Terminal } from "../terminal.ts";
import { type AddCommand, filled, storeOption, yesOption } from "../tool.ts";

interface Options {
  readonly store: string;
  readonly subject?: string;
  readonly except?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
}

/** Adds `revoke`. */
export const addRevoke: AddCommand = (program, tool) => {
  const { terminal } = tool;
  program.command("revoke")
    .description("end a session, every session of a subject, or all")
    .argument("[session]", SESSION_ARGUMENT)
    .addOption(storeOption())
    .option("--subject <subject>", "every session of this subject", filled)
    .option("--except <session>", "but not this one (with --subject)", filled)
    .option("--all", "every session there is")
    .addOption(yesOption())
    .action(async (argument: string | undefined, options: Options) => {
      const { store: url, subject, except, all = false } = options;
      const ways = [argument !== undefined, subject !== undefined, all].filter(Boolean).length;
      if (ways !== 1) throw badUsage("Name one of: a session, --subject, --all");
      if (except !== undefined && subject === undefined) throw badUsage("--except needs --subject");
      const session = argument === undefined ? undefined : await sessionNamed(argument, terminal);
      tool.end(
        await withStore(url, "write", tool.folder, async (opened) => {
          if (session !== undefined) return await revokeOne(opened, session, options, terminal);
          if (subject === undefined) return await revokeAll(opened, options, terminal);
          return await revokeSubject(opened, subject, options, terminal);
        }),
      );
    });
};

async function revokeOne(
  { store, name }: OpenStore,
  named: string,
  { yes }: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const { id } = await findSession(store, named);
  await mustConfirm(terminal, `End session ${handleOf(id)} in ${name}?`, yes);
  const wasThere = await store.destroy(id) !== false;
  return told(terminal, wasThere ? 1 : 0);
}

async function revokeSubject(
  { store, name }: OpenStore,
  subject: string,
  { except, yes }: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const spared = except === undefined ? undefined : (await findSession(store, except)).id;
  const ids = await store.list(subject);
  const count = ids.filter((id) => id !== spared).length;
  if (count === 0) return told(terminal, 0);
  await mustConfirm(terminal, `End ${counted(count, "session")} of this subject in ${name}?`, yes);
  return told(terminal, await store.destroyAll(subject, spared));
}

async function revokeAll(
  { store, name }: OpenStore,
  { yes }: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const count = await store.length();
  await mustConfirm(terminal, `End every session in ${name}: ${count} of them?`, yes);
  await store.clear();
  return told(terminal, count);
}

function told(terminal: Terminal, count: number): ExitCode {
  terminal.note(`Ended ${counted(count, "session")}`);
  terminal.print(String(count));
  return EXIT.done;
}
