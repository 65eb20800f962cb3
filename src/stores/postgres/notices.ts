/** What stores on a table tell each other: sessions that ended, by `NOTIFY` in the same statement. */
import { kindOf } from "../../errors.ts";
import type { SessionNotice, WatchableStore } from "../../watchable_store.ts";
import type { Driver, Telling } from "../sql/dialect.ts";
import { fromKey, toKey } from "../sql/key.ts";
import { noticeIn, type NoticeWords } from "../shared/notice_in.ts";
import { type Listen, listenBy } from "./listening.ts";

const WORDS: NoticeWords = { id: fromKey, subject: fromKey, except: fromKey };

/**
 * No name that Postgres cuts, as those of tables have 51 characters at most, and none that needs
 * quotes, as not every client has them.
 */
const channelOf = (table: string): string => `websession_${table.toLowerCase()}`;

/** What is added to the rows that a statement returns. Alike ones of a statement are sent once. */
export function tellingOn(table: string): Telling {
  const tell = (...words: string[]): string =>
    `, pg_notify('${channelOf(table)}', json_build_array(${words.join(", ")})::text)`;
  return {
    gone: tell("'gone'", "sid"),
    moved: tell("'moved'", "{sid}::text", "{to}::text"),
    subject: tell("'subject'", "{subject}::text", "{except}::text"),
  };
}

/** What a store has that tells. */
export function watching(
  table: string,
  driver: Driver,
  listen: Listen,
): Pick<WatchableStore, "watch" | "announce"> {
  const channel = channelOf(table);
  const statement = {
    text: `SELECT pg_notify('${channel}', $1::text) AS live`,
    parameters: ["base" as const],
    rows: true,
    once: true,
  };
  return {
    watch: (hear) =>
      listen(channel, {
        heard: (payload) => {
          const notice = noticeIn(payload, WORDS);
          if (notice !== undefined) hear(notice);
        },
        missed: () => hear({ what: "missed" }),
      }),
    async announce(notice) {
      await driver(statement, [JSON.stringify(write(notice))]);
    },
  };
}

/** How the option hears; left out: nobody tells anything. */
export function resolveListener(listener: unknown): Listen | undefined {
  if (listener === undefined) return undefined;
  const listen = listenBy(listener);
  if (listen !== undefined) return listen;
  throw new TypeError(
    'Option "listener" must be a function that makes a client of pg, postgres.js or PGlite, ' +
      `not ${kindOf(listener)}`,
  );
}

function write(notice: SessionNotice): string[] {
  const { what } = notice;
  if (what === "missed") return [what];
  if (what === "gone") return [what, toKey(notice.id)];
  if (what === "moved") return [what, toKey(notice.id), toKey(notice.to)];
  const { subject, except } = notice;
  return [what, toKey(subject), except === undefined ? "" : toKey(except)];
}
