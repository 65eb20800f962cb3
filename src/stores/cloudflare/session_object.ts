/** The Durable Object that keeps sessions. */
import type { SqlStorageLike } from "./session_rows.ts";
import { ManyRows } from "./many_rows.ts";
import { SessionTable } from "./session_table.ts";

export type { SqlStorageLike } from "./session_rows.ts";

/** What `SessionObject` needs of a `DurableObjectState`. */
export interface DurableObjectStateLike {
  /** The storage of one object; `sql` is there when its class is a SQLite class. */
  readonly storage: {
    readonly sql: SqlStorageLike;
    /** When the alarm is due, or `null`. */
    getAlarm(): Promise<number | null>;
    /** Sets the alarm: milliseconds since the epoch. */
    setAlarm(time: number): Promise<void>;
  };
}

/** The verbs that may come in a request, of one session and of many; nothing else can be called. */
const OF_ONE = [
  "create",
  "read",
  "commit",
  "touch",
  "rotate",
  "prepare",
  "swap",
  "activate",
  "cancel",
  "moved",
  "destroy",
] as const;
const OF_MANY = [
  "destroyEach",
  "destroySubject",
  "movedEach",
  "subject",
  "subjectEach",
  "page",
  "length",
  "clear",
  "sweep",
] as const;

type OfOne = (typeof OF_ONE)[number];
type OfMany = (typeof OF_MANY)[number];

/** A verb of the object. */
export type ObjectVerb = OfOne | OfMany;

/** What an object answers to a verb. */
export type Answer<Verb extends ObjectVerb> = Verb extends OfOne ? ReturnType<SessionTable[Verb]>
  : Verb extends OfMany ? Awaited<ReturnType<ManyRows[Verb]>>
  : never;

/** Milliseconds from the first write to the alarm that drops what has expired. */
const ALARM_INTERVAL = 3_600_000;
/** Rows an alarm drops before it lets requests in again, and the milliseconds until the next. */
const ALARM_ROWS = 5_000;
const ALARM_PAUSE = 1_000;

/**
 * The Durable Object class that keeps sessions: export it from your Worker and
 * name it in `new_sqlite_classes` of a migration.
 *
 * It answers only the `durableObjectStore()` that is bound to it, drops expired
 * sessions by an hourly alarm, and sleeps when nothing is left.
 *
 * @example The Worker
 * ```ts ignore
 * export { SessionObject } from "@websession/websession/stores/cloudflare";
 * ```
 *
 * @example wrangler.jsonc
 * ```json
 * {
 *   "durable_objects": { "bindings": [{ "name": "SESSIONS", "class_name": "SessionObject" }] },
 *   "migrations": [{ "tag": "v1", "new_sqlite_classes": ["SessionObject"] }]
 * }
 * ```
 */
export class SessionObject {
  readonly #storage: DurableObjectStateLike["storage"];
  readonly #table: SessionTable;
  readonly #many: ManyRows;
  #armed = false;

  /** Called by the runtime. Throws where the class has no SQLite storage. */
  constructor(state: DurableObjectStateLike) {
    this.#storage = state.storage;
    this.#table = new SessionTable(state.storage.sql);
    this.#many = new ManyRows(state.storage.sql);
  }

  /** Answers one verb: `[verb, ...arguments]` as JSON in the body. */
  async fetch(request: { json(): Promise<unknown> }): Promise<Response> {
    const [verb, ...args] = await request.json() as [ObjectVerb, ...unknown[]];
    const owner = this.#ownerOf(verb);
    if (owner === undefined) return new Response(null, { status: 400 });
    if (verb === "create" || verb === "prepare" || verb === "rotate") {
      await this.#arm(ALARM_INTERVAL);
    }
    return Response.json(await owner[verb]!(...args) ?? null);
  }

  /** Drops what has expired; called by the runtime. */
  async alarm(): Promise<void> {
    this.#armed = false;
    const dropped = await this.#many.drop(ALARM_ROWS, Date.now());
    if (dropped === ALARM_ROWS) await this.#arm(ALARM_PAUSE);
    else if (!this.#many.isEmpty()) await this.#arm(ALARM_INTERVAL);
  }

  #ownerOf(verb: ObjectVerb): Record<string, (...args: unknown[]) => unknown> | undefined {
    const isOf = (verbs: readonly ObjectVerb[]) => verbs.includes(verb);
    const owner = isOf(OF_ONE) ? this.#table : isOf(OF_MANY) ? this.#many : undefined;
    return owner as unknown as Record<string, (...args: unknown[]) => unknown> | undefined;
  }

  async #arm(wait: number): Promise<void> {
    if (this.#armed) return;
    if (await this.#storage.getAlarm() === null) await this.#storage.setAlarm(Date.now() + wait);
    this.#armed = true;
  }
}
