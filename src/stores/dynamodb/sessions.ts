/**
 * The changes of one session, each a write with a condition, or a transaction where the index of
 * a subject has to change as well.
 *
 * Of a live session that is somebody's there is an entry in the index, always. An entry without
 * its session may be left over: whoever reads the index looks at the sessions.
 *
 * @module
 */
import type { SessionRecord } from "../../store.ts";
import type { Action, Calls, Outcome } from "./calls.ts";
import {
  endOf,
  type Found,
  keepOf,
  type Mark,
  nextMarks,
  randomText,
  remembers,
  textOf,
  toFound,
  whoseOf,
} from "./found.ts";
import type { Keys } from "./keys.ts";
import type { Values } from "./expressions.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { toKey } from "../sql/key.ts";

/** No session stands there: nothing at all, one that has expired, or something else. */
const FREE = "attribute_not_exists(#marks) OR attribute_not_exists(#expires) OR #expires <= :now";
/** The session stands there as it was read, and lives. */
const SAME = "#marks = :before AND #expires > :now";
/** Nobody ends all of the subject's sessions, this one among them. */
const NOT_REVOKED = "attribute_not_exists(#revoked)";
/** The session is of this family. */
export const OURS = "#family = :family";
/** The session lives, and its entry in the index is kept as long as it. */
const INDEXED =
  "attribute_exists(#marks) AND #expires > :now AND (attribute_not_exists(#family) OR #keep >= :ttl)";

const END = "#expires = :expires, #endless = :endless, #ttl = :ttl";
const RECORD = `SET ${END}, #json = :json, #marks = :marks`;
const WHOSE = "#subject = :subject, #family = :family, #keep = :keep";

/** A write under way: the item's attributes, with whose it is and the mark that it leaves. */
interface Next {
  readonly item: Values & { readonly ttl: number };
  readonly whose: Values;
  readonly mark: Mark;
}

/** The sessions of one store in a table. */
export class Sessions {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #limit: number;
  readonly #now: () => number;

  /** `limit` is how many milliseconds a session without an end lives. */
  constructor(calls: Calls, keys: Keys, limit: number, now: () => number) {
    this.#calls = calls;
    this.#keys = keys;
    this.#limit = limit;
    this.#now = now;
  }

  isLive(found: Found): boolean {
    return found.end > this.#now();
  }

  /** What stands there, live or expired. */
  async look(id: string): Promise<Found | undefined> {
    return toFound(await this.#calls.get(this.#keys.session(id)));
  }

  /** Puts a session where none lives; `false`: there is one. */
  async insert(id: string, record: SessionRecord): Promise<boolean> {
    const now = this.#now();
    const { item, whose, mark } = this.#next(record, undefined, now);
    const key = this.#keys.session(id);
    const put = { put: { ...key, ...item, ...whose }, condition: FREE, values: { now } };
    if (mark.subject !== undefined) {
      return await this.#calls.transact([put, this.#entry(id, mark, mark.subject)]);
    }
    const { isDone, item: there } = await this.#calls.write(put);
    const found = toFound(there);
    return isDone || (found !== undefined && remembers(found, mark.marks));
  }

  /** Replaces what `before` marks; the answer is the new mark, or what stands there instead. */
  async replace(
    id: string,
    record: SessionRecord,
    before: Mark,
  ): Promise<{ mark: Mark } | { found: Found | undefined; marks: string }> {
    const now = this.#now();
    const { item, whose, mark } = this.#next(record, before, now);
    const stays = before.subject === mark.subject;
    const isKept = stays && (mark.subject === undefined || before.keep >= item.ttl);
    const key = this.#keys.session(id);
    const values = { ...item, ...whose, before: before.marks, now };
    if (isKept) {
      const update = { key, update: RECORD, condition: SAME, values };
      const { isDone, item: there } = await this.#calls.write(update);
      if (isDone) return { mark: { ...mark, keep: before.keep } };
      return { found: toFound(there), marks: mark.marks };
    }
    const update = mark.subject === undefined
      ? `${RECORD} REMOVE #subject, #family, #keep`
      : `${RECORD}, ${WHOSE}`;
    const changed = { key, update, condition: SAME, values };
    if (await this.#calls.transact([changed, ...this.#reindexed(id, before, mark)])) {
      return { mark };
    }
    return { found: await this.#unlessRevoked(id, before), marks: mark.marks };
  }

  /** Moves what `before` marks to a free id; not done, it answers what stands there. */
  async move(
    from: string,
    to: string,
    record: SessionRecord,
    before: Mark,
  ): Promise<{ mark: Mark } | { found: Found | undefined }> {
    const now = this.#now();
    const { item, whose, mark } = this.#next(record, before, now);
    const values = { before: before.marks, now };
    const done = await this.#calls.transact([
      { remove: this.#keys.session(from), condition: SAME, values },
      {
        put: { ...this.#keys.session(to), ...item, ...whose },
        condition: FREE,
        values: { now },
      },
      ...this.#reindexed(to, before, mark),
    ]);
    return done ? { mark } : { found: await this.#unlessRevoked(from, before) };
  }

  /**
   * Moves the end of a live session; where a lifetime is named, of one that has just this one.
   * Not done, it tells what stands there.
   */
  async extend(id: string, expires: number | null, own?: number): Promise<Outcome> {
    const now = this.#now();
    const values = { ...endOf(expires, now, this.#limit), now };
    const key = this.#keys.session(id);
    const update = `SET ${END}`;
    if (own === undefined) {
      return await this.#calls.write({ key, update, condition: INDEXED, values });
    }
    const condition = `${INDEXED} AND begins_with(#json, :own)`;
    const all = { ...values, own: lifetimePrefix(own) };
    return await this.#calls.write({ key, update, condition, values: all }, "ALL_NEW");
  }

  /** The same of a session that was found, with its entry in the index; `changed`: it is another. */
  async extendIndexed(
    id: string,
    found: Found,
    expires: number | null,
  ): Promise<Found | "changed" | "gone"> {
    const { subject, family = "" } = found;
    const now = this.#now();
    const end = endOf(expires, now, this.#limit);
    const keep = keepOf(end.ttl, now);
    const values = { ...end, keep, before: found.marks, now };
    const key = this.#keys.session(id);
    const update = `SET ${END}, #keep = :keep`;
    const done = await this.#calls.transact([
      { key, update, condition: SAME, values },
      this.#entry(id, { marks: "", family, keep }, subject ?? ""),
    ]);
    if (done) return { ...found, keep, end: end.expires, endless: end.endless };
    return await this.#unlessRevoked(id, found) === undefined ? "gone" : "changed";
  }

  /**
   * Removes a session whatever it is, and its entry in the index after it. `undefined` where the
   * client cannot know whether there was one.
   */
  async remove(id: string): Promise<boolean | undefined> {
    const key = this.#keys.session(id);
    const { item, isRepeated } = await this.#calls.write({ remove: key }, "ALL_OLD");
    if (item === undefined) return isRepeated ? undefined : false;
    const { subject, family } = toFound(item) ?? {};
    if (subject !== undefined && family !== undefined) {
      const entry = { remove: this.#keys.entry(subject, family) };
      // What is left of it names no session: the table drops it in time.
      await this.#calls.write(entry).catch(() => {});
    }
    return true;
  }

  #next(record: SessionRecord, before: Mark | undefined, now: number): Next {
    const end = endOf(record.expires, now, this.#limit);
    const marks = nextMarks(before?.marks);
    const item = { ...end, json: textOf(record), marks };
    const { subject } = record;
    if (!subject) return { item, whose: {}, mark: { marks, keep: 0 } };
    const family = before?.subject === subject ? before.family! : randomText();
    const keep = keepOf(end.ttl, now);
    return { item, whose: whoseOf(subject, family, keep), mark: { marks, subject, family, keep } };
  }

  /**
   * What stands where a transaction was lost. Where somebody is about to end the session, and was
   * perhaps stopped, it is ended here: it may not escape under another id or subject.
   */
  async #unlessRevoked(id: string, { marks, subject, family }: Mark): Promise<Found | undefined> {
    const found = await this.look(id);
    if (subject === undefined || family === undefined || found?.marks !== marks) return found;
    const entry = await this.#calls.get(this.#keys.entry(subject, family));
    if (entry?.["revoked"] === undefined) return found;
    const key = this.#keys.session(id);
    await this.#calls.write({ remove: key, condition: OURS, values: { family } });
    return undefined;
  }

  /** The entry of a session in the index of its subject. */
  #entry(id: string, { family = "", keep }: Mark, subject: string): Action {
    const put = { ...this.#keys.entry(subject, family), id: toKey(id), ttl: keep };
    return { put, condition: NOT_REVOKED };
  }

  /** What a write changes of the indexes, for the id it leaves the session at. */
  #reindexed(id: string, before: Mark, { subject, ...mark }: Mark): Action[] {
    const actions: Action[] = [];
    if (before.subject !== undefined && before.subject !== subject) {
      const key = this.#keys.entry(before.subject, before.family!);
      actions.push({ remove: key, condition: NOT_REVOKED });
    }
    if (subject !== undefined) actions.push(this.#entry(id, mark, subject));
    return actions;
  }
}
