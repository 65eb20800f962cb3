/**
 * Sessions in a collection of MongoDB, by the package `mongodb` or mongoose.
 *
 * **It was never run on a MongoDB server**, as none could be had: its tests run the driver against a
 * stand-in of our own. It is therefore not among the supported stores.
 *
 * Atomic: a session is one document, and its id a field of it. So a change is one write of one
 * document with a condition, a change of id too: no transaction is needed, and a server that is no
 * replica set will do. Every read is from the primary. It takes MongoDB 4.4 or later.
 *
 * **Acknowledged and lost.** What was written with `w: 1` a replica set may take back when its primary
 * fails, and a logout with it. `w: "majority"`, MongoDB's default since 5.0, does not.
 *
 * **Lost answers.** With `retryWrites`, its default, the driver sends a write again and a replica set
 * does it once. Where the server is alone a call whose answer is lost rejects, done or not.
 *
 * **Time.** A session is over by the store's clock, to the millisecond. The server drops its document by
 * a TTL index, a minute after that at the earliest.
 *
 * **No `watch()`.** Whoever stays connected hears of ends that other processes have brought about by
 * the option `recheckInterval` alone.
 *
 * @module
 */
import type { IterableStore, SlidingStore, SubjectStore, SweepableStore } from "../store.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import type { MongodbCollection } from "./mongodb/client.ts";
import { MongodbStore } from "./mongodb/store.ts";
import { checkKnown } from "./shared/known_options.ts";
import { checkNow, checkTtl } from "./shared/option_checks.ts";

export type {
  MongodbCollection,
  MongodbDeleted,
  MongodbIndex,
  MongodbUpdated,
} from "./mongodb/client.ts";

/** Options of {@linkcode mongodbStore}. */
export interface MongodbStoreOptions {
  /**
   * The collection: a `Collection` of the package `mongodb`, or what `connection.collection()` of
   * mongoose answers. It is the store's own, unsharded, and need not be there yet. The store
   * never opens or closes a connection.
   */
  collection: MongodbCollection;
  /**
   * Seconds that a session lives after its last write or touch when its cookie names no end. The
   * browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * The clock: milliseconds since the epoch. The TTL index, which goes by the server's, drops
   * documents a minute after their end at the earliest; sessions are absent from their end on.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that {@linkcode mongodbStore} makes. */
export interface MongodbSessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** Every change is one write of one document, with a condition. */
  readonly atomic: true;
  /**
   * Makes the indexes: a unique one on `sid`, one on `subject`, and one on `expires` by which the
   * server drops documents. What is there is only looked at, which takes no right but to list indexes.
   *
   * Rejects with `STORE_FAILED`, before it changes anything, where an index is there in another shape
   * or would refuse or drop sessions; and where documents are there that are no sessions.
   */
  createSchema(): Promise<void>;
}

const METHODS = [
  ...["findOne", "find", "replaceOne", "updateOne", "findOneAndUpdate", "deleteOne", "deleteMany"],
  ...["countDocuments", "indexes", "createIndex"],
];

/**
 * Makes a store in a collection of MongoDB.
 *
 * A session may hold 16,000,000 bytes (in UTF-8), with its id and its subject.
 *
 * @param options The collection, and how to use it; see {@linkcode MongodbStoreOptions}.
 * @returns A store that is atomic, slides, sweeps, iterates and knows its subjects. `create()`,
 * `commit()` and `rotate()` reject with `SESSION_TOO_LARGE` above the limit; before the first of
 * `create()`, `rotate()`, `sweep()`, `list()` and `destroyAll()` the store looks for its indexes, and
 * rejects with `STORE_FAILED` where they are missing. Where a call fails the driver's error is passed on.
 * @throws {TypeError} If an option is missing, unknown or of the wrong type, if the collection reads
 * from secondaries, or if it does not have its writes acknowledged.
 *
 * @example
 * ```ts
 * import { mongodbStore } from "@websession/websession/stores/mongodb";
 * import { MongoClient } from "mongodb";
 *
 * const client = new MongoClient("mongodb://127.0.0.1:27017");
 * const store = mongodbStore({ collection: client.db("shop").collection("web_sessions") });
 * // Once, at deployment: await store.createSchema();
 * if (!store.atomic) throw new Error("not atomic");
 * await client.close();
 * ```
 */
export function mongodbStore(options: MongodbStoreOptions): MongodbSessionStore {
  checkKnown(options, ["collection", "ttl", "now"]);
  const { collection, ttl = 86_400, now = systemClock.now } = options;
  checkCollection(collection);
  checkTtl(ttl);
  checkNow(now);
  return new MongodbStore({ collection, ttl: ttl * 1000, now });
}

function checkCollection(collection: unknown): asserts collection is MongodbCollection {
  const given = Object(collection) as Record<string, unknown> & MongodbCollection;
  const has = (name: string): boolean => typeof given[name] === "function";
  if (!METHODS.every(has)) {
    const what = has("db")
      ? "a client: pass client.db(…).collection(…)"
      : has("collection")
      ? "a database or a connection: pass its collection(…)"
      : typeof given["modelName"] === "string"
      ? "a model of mongoose: pass its collection"
      : has("then")
      ? "a promise"
      : kindOf(collection);
    throw new TypeError(
      `Option "collection" must be a collection of the package mongodb, not ${what}`,
    );
  }
  const mode = given.readPreference?.mode ?? "primary";
  if (mode !== "primary") {
    throw new TypeError(
      `Option "collection" must read from the primary, not by the read preference "${mode}"`,
    );
  }
  if (given.writeConcern?.w === 0) {
    throw new TypeError('Option "collection" must have its writes acknowledged, not w: 0');
  }
}
