/**
 * The sessions of a subject, by the entries of the index.
 *
 * A query is no picture of one moment. But an entry stays where it is while its session is moved
 * from id to id, so that one that was there before the query began is met by it; and where its
 * session is on the move, a mark on the entry stops it.
 *
 * @module
 */
import { type Action, type Calls, isConflict, nameOf, tooManyWriters } from "./calls.ts";
import { fromKey, toKey } from "../sql/key.ts";
import { pages, readMany, removeMany, slicesOf } from "./batches.ts";
import type { DynamodbItem } from "./client.ts";
import { type Key, keyOf, type Keys } from "./keys.ts";
import { OURS } from "./sessions.ts";

/** So many sessions go in one transaction: each may be of 64 KiB, and all have 4 MB. */
const TOGETHER = 50;
/** So many are ended at once where that was not possible. */
const AT_ONCE = 10;
/** Whatever was looked at has changed each time: that is a fault. */
const MAX_ATTEMPTS = 100;
/** How often a session on the move is looked for; then it has lived a moment ago. */
const MAX_LOOKS = 5;

const ATTRIBUTES = "#pk, #sk, #family, #expires";
const NAMED = "attribute_exists(#id)";
const NOT_OURS = "attribute_not_exists(#family) OR #family <> :family";

/** An entry, which names a session. */
interface Entry {
  readonly key: Key;
  readonly family: string;
  readonly id: string;
}

/** The indexes of one store. */
export class Index {
  readonly #calls: Calls;
  readonly #keys: Keys;
  readonly #now: () => number;

  constructor(calls: Calls, keys: Keys, now: () => number) {
    this.#calls = calls;
    this.#keys = keys;
    this.#now = now;
  }

  /** The ids of the live sessions of a subject. */
  async list(subject: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const entries of this.#entries(subject)) {
      const there = await this.#read(entries);
      for (const entry of entries) {
        const item = there(entry);
        const id = isOurs(item, entry)
          ? this.#isLive(item) && entry.id
          : await this.#idNow(entry, item);
        if (typeof id === "string") ids.push(id);
      }
    }
    return ids;
  }

  /** Removes the sessions of a subject until a look finds none left, and says how many lived. */
  async removeAll(subject: string, except?: string): Promise<number> {
    let removed = 0;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      let met = 0;
      for await (const page of this.#entries(subject)) {
        const entries = page.filter(({ id }) => id !== except);
        met += entries.length;
        for (const slice of slicesOf(entries, TOGETHER)) {
          removed += await this.#remove(slice, except);
        }
      }
      if (met === 0) return removed;
    }
    throw tooManyWriters();
  }

  /** Removes the sessions of some entries: in one step, if they are as they are looked at. */
  async #remove(entries: readonly Entry[], except: string | undefined): Promise<number> {
    const there = await this.#read(entries);
    const ours = entries.filter((entry) => isOurs(there(entry), entry));
    const isOne = ours.length > 0 && await this.#isDone(ours.map((entry) => this.#removal(entry)));
    let removed = isOne ? ours.filter((entry) => this.#isLive(there(entry))).length : 0;
    const ended = isOne ? [...ours] : [];
    const others = isOne ? entries.filter((entry) => !ours.includes(entry)) : entries;
    for (const slice of slicesOf(others, AT_ONCE)) {
      await Promise.all(slice.map(async (entry) => {
        const outcome = await this.#removeOne(entry, except);
        if (outcome !== "spared") ended.push(entry);
        if (outcome === "live") removed++;
      }));
    }
    await removeMany(this.#calls, ended.map(({ key }) => key));
    return removed;
  }

  /** Together they may be too large for one transaction, or never all left alone. */
  async #isDone(actions: readonly Action[]): Promise<boolean> {
    try {
      return await this.#calls.transact(actions, false);
    } catch (error) {
      if (nameOf(error) === "ValidationException" || isConflict(error)) return false;
      throw error;
    }
  }

  /** Stops a session where it is, and removes it. */
  async #removeOne(
    { key, family }: Entry,
    except: string | undefined,
  ): Promise<"live" | "gone" | "spared"> {
    const { isDone, item } = await this.#calls.write({
      key,
      update: "SET #revoked = :revoked",
      condition: except === undefined ? NAMED : `${NAMED} AND #id <> :except`,
      values: { revoked: true, except: toKey(except ?? "") },
    }, "ALL_NEW");
    if (item?.["id"] === undefined) return "gone";
    if (!isDone) return "spared";
    const removal = this.#removal({ key, family, id: fromKey(item["id"].S ?? "") });
    const removed = await this.#calls.write(removal, "ALL_OLD");
    return removed.isDone && this.#isLive(removed.item) ? "live" : "gone";
  }

  #removal({ id, family }: Entry): Action {
    return { remove: this.#keys.session(id), condition: OURS, values: { family } };
  }

  /** The id of the session of an entry, where it was not at the id that stood there. */
  async #idNow(
    { key, family, id }: Entry,
    item: DynamodbItem | undefined,
  ): Promise<string | undefined> {
    let [at, there] = [id, item];
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const entry = await this.#calls.get(key);
      if (entry === undefined) return undefined;
      const next = fromKey(entry["id"]?.S ?? "");
      if (next === at && there?.["family"]?.S !== family) {
        // One step: what is under way may be about to put the session there.
        const isLeftOver = await this.#calls.transact([
          { check: this.#keys.session(at), condition: NOT_OURS, values: { family } },
          { remove: key, condition: "#id = :id", values: { id: toKey(at) } },
        ]);
        if (isLeftOver) return undefined;
      }
      at = next;
      there = await this.#calls.get(this.#keys.session(at));
      if (there?.["family"]?.S === family) return this.#isLive(there) ? at : undefined;
    }
    return at;
  }

  /** The entries of a subject, some at a time. */
  async *#entries(subject: string): AsyncGenerator<Entry[]> {
    const values = { pk: this.#keys.subject(subject), indexed: this.#keys.indexed };
    const expressions = { KeyConditionExpression: "#pk = :pk AND begins_with(#sk, :indexed)" };
    for await (const { Items = [] } of pages(this.#calls, "query", expressions, values)) {
      yield Items.map((item) => {
        const key = keyOf(item);
        return { key, family: this.#keys.family(key), id: fromKey(item["id"]?.S ?? "") };
      });
    }
  }

  async #read(entries: readonly Entry[]): Promise<(entry: Entry) => DynamodbItem | undefined> {
    const keys = entries.map(({ id }) => this.#keys.session(id));
    const found = await readMany(this.#calls, keys, ATTRIBUTES);
    return ({ id }) => found.get(this.#keys.session(id).pk);
  }

  #isLive(item: DynamodbItem | undefined): boolean {
    return Number(item?.["expires"]?.N ?? 0) > this.#now();
  }
}

function isOurs(item: DynamodbItem | undefined, { family }: Entry): boolean {
  return item?.["family"]?.S === family;
}
