/** `websession inspect`: what is stored, with every id masked. */
import type { Terminal } from "../terminal.ts";
import type { StoredSession } from "../../store.ts";
import { EXIT } from "../exit_codes.ts";
import { badUsage } from "../failure.ts";
import { findSession, type FoundSession, SESSION_ARGUMENT, sessionNamed } from "../find_session.ts";
import { withStore } from "../open_store.ts";
import type { ToolStore } from "../opened_store.ts";
import { dataIn, isNote, type SessionSummary, summaryOf } from "../session_summary.ts";
import { counted, momentText, plainText, tableText } from "../table_text.ts";
import { type AddCommand, filled, storeOption, wholeNumber } from "../tool.ts";

interface Options {
  readonly store: string;
  readonly subject?: string;
  readonly limit: number;
  readonly data?: boolean;
  readonly json?: boolean;
}

const HEADINGS = ["HANDLE", "SUBJECT", "BEGAN", "ENDS", "BYTES", "DATA"];

/** Adds `inspect`. */
export const addInspect: AddCommand = (program, tool) => {
  const { terminal } = tool;
  program.command("inspect")
    .description("show what is stored; ids are never shown")
    .argument("[session]", SESSION_ARGUMENT)
    .addOption(storeOption())
    .option("--subject <subject>", "only the sessions of this subject", filled)
    .option("--limit <number>", "show at most so many", wholeNumber(1, 1_000_000), 20)
    .option("--data", "show the values of a session's data, too")
    .option("--json", "print a line of JSON for each session")
    .action(async (argument: string | undefined, options: Options) => {
      if (argument !== undefined && options.subject !== undefined) {
        throw badUsage("Either a session is named or a subject");
      }
      if (argument === undefined && options.data === true) {
        throw badUsage("--data shows the data of one session, which has to be named");
      }
      const named = argument === undefined ? undefined : await sessionNamed(argument, terminal);
      await withStore(options.store, "read", tool.folder, async ({ store }) => {
        if (named === undefined) return await listSessions(store, options, terminal);
        showSession(await findSession(store, named), options, terminal);
      });
      tool.end(EXIT.done);
    });
};

async function listSessions(store: ToolStore, options: Options, terminal: Terminal): Promise<void> {
  const { subject, limit, json = false } = options;
  const shown: SessionSummary[] = [];
  let hasMore = false;
  for await (
    const [id, stored] of subject === undefined ? store.all() : sessionsOf(store, subject)
  ) {
    if (isNote(id, stored)) continue;
    if (shown.length === limit) {
      hasMore = true;
      break;
    }
    shown.push(summaryOf(id, stored));
  }
  if (json) {
    for (const summary of shown) terminal.print(JSON.stringify(summary));
  } else if (shown.length > 0) {
    for (const line of tableText([HEADINGS, ...shown.map(toRow)])) terminal.print(line);
  }
  terminal.note(counted(shown.length, "session") + (hasMore ? ", and more: --limit" : ""));
}

async function* sessionsOf(
  store: ToolStore,
  subject: string,
): AsyncGenerator<[id: string, stored: StoredSession]> {
  for (const id of await store.list(subject)) {
    const stored = await store.read(id);
    if (stored !== undefined) yield [id, stored];
  }
}

function showSession({ id, stored }: FoundSession, options: Options, terminal: Terminal): void {
  const summary = summaryOf(id, stored);
  const data = dataIn(stored);
  const values = data === undefined
    ? {}
    : Object.fromEntries(summary.keys.map((key) => [key, data[key]]));
  if (options.json === true) {
    terminal.print(JSON.stringify(options.data === true ? { ...summary, data: values } : summary));
    return;
  }
  const [handle, subject, began, ends, bytes, keys] = toRow(summary);
  const rows = [
    ["handle", handle!],
    ["subject", subject!],
    ...summary.label === undefined ? [] : [["label", plainText(summary.label)]],
    ["began", began!],
    ["logged in", momentText(summary.authenticatedAt, "–")],
    ["ends", ends!],
    ["bytes", bytes!],
    ["data", keys!],
  ];
  for (const line of tableText(rows)) terminal.print(line);
  if (options.data === true) {
    for (const line of JSON.stringify(values, null, 2).split("\n")) terminal.print(plainText(line));
  }
}

function toRow(summary: SessionSummary): string[] {
  const { handle, subject, createdAt, expiresAt, bytes, keys, sealed } = summary;
  return [
    handle,
    subject === undefined ? "–" : plainText(subject),
    momentText(createdAt, "–"),
    momentText(expiresAt, "with the browser"),
    String(bytes),
    sealed ? "(sealed)" : keys.map(plainText).join(", ") || "–",
  ];
}
