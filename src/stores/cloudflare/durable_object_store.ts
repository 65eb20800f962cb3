/** The verbs of the store on Durable Objects, as a Worker runs them. */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../../store.ts";
import type { Answer } from "./session_object.ts";
import type { Shards } from "./shards.ts";
import type { Removed, SubjectRows } from "./many_rows.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { checkRecord } from "../shared/limits.ts";
import { toEnd } from "../shared/moment.ts";

/** How many rows `all()` asks for at once. */
const PAGE = 100;
/** A row of theirs holds 2 MB; a hundred bytes of it are not the session's. */
const MOST_BYTES = 1_999_900;

/** Each verb is one request to one object, but for what concerns several. */
export class DurableObjectStore
  implements SlidingStore, IterableStore, SweepableStore, SubjectStore {
  readonly atomic = true;
  readonly #shards: Shards;
  readonly #ttl: number;
  readonly #now: () => number;

  constructor(shards: Shards, ttl: number, now: () => number) {
    this.#shards = shards;
    this.#ttl = ttl;
    this.#now = now;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#shards.ask(id, "create", id, plain(id, record), this.#now(), this.#ttl);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return await this.#shards.settled(id, () => this.#shards.ask(id, "read", id, this.#now())) ??
      undefined;
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const own = lifetimePrefix(maxAge);
    return await this.#extend(id, this.#now() + maxAge, own) ?? undefined;
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#extend(id, expires, null) !== null;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const ask = () =>
      this.#shards.ask(id, "commit", id, plain(id, record), version, this.#now(), this.#ttl);
    return await this.#shards.settled(id, ask) ?? { status: "gone" };
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const next = plain(to, record);
    const [ttl, many] = [this.#ttl, this.#shards.count > 1];
    if (this.#shards.of(from) === this.#shards.of(to)) {
      const ask = () =>
        this.#shards.ask(from, "rotate", from, to, next, version, this.#now(), ttl, many);
      return unlessTaken(await this.#shards.settled(from, ask) ?? { status: "gone" });
    }
    const preparing = this.#shards.ask(to, "prepare", to, from, next, this.#now(), ttl);
    const prepared = unlessTaken(await preparing);
    const swap = () => this.#shards.ask(from, "swap", from, to, version, this.#now());
    const result = await this.#shards.settled(from, swap) ?? { status: "gone" };
    if (result.status !== "committed") {
      await this.#shards.ask(to, "cancel", to, from);
      return result;
    }
    // Fails to find the record only where somebody has destroyed it since the swap.
    await this.#shards.ask(to, "activate", to, from);
    return { status: "committed", version: prepared };
  }

  async destroy(id: string): Promise<boolean | undefined> {
    return await this.#shards.settled(id, () => this.#shards.ask(id, "destroy", id));
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    for (const shard of this.#shards.every()) {
      for (let after: string | undefined | null = null; after !== undefined;) {
        const page: Answer<"page"> = await this.#shards.call(
          shard,
          "page",
          after,
          PAGE,
          this.#now(),
        );
        yield* page.live;
        for (const [id] of page.pending) {
          const stored = await this.read(id);
          if (stored !== undefined) yield [id, stored];
        }
        after = page.after;
      }
    }
  }

  async length(): Promise<number> {
    const counts = await this.#shards.callAll("length", this.#now());
    const pending = await this.#shards.movedOf(counts.flatMap((count) => count.pending));
    return counts.reduce((sum, { live }) => sum + live, pending.length);
  }

  async clear(): Promise<void> {
    // A session that rotates meanwhile changes the object: until a whole round finds nothing.
    while ((await this.#shards.callAll("clear")).some((removed) => removed > 0));
  }

  async sweep(limit: number = Infinity): Promise<number> {
    let dropped = 0;
    for (const shard of this.#shards.every()) {
      const left = Math.min(limit - dropped, 1_000_000);
      if (left > 0) dropped += await this.#shards.call(shard, "sweep", left, this.#now());
    }
    return dropped;
  }

  async list(subject: string): Promise<string[]> {
    const now = this.#now();
    const found = new Set<string>();
    const met = new Set<string>();
    let answers: SubjectRows[] = await this.#shards.callAll("subject", subject, now);
    // The object that a session was rotated to may have answered before it came there: follow it.
    while (answers.length > 0) {
      for (const id of answers.flatMap(({ live }) => live)) found.add(id);
      const pending = await this.#shards.movedOf(answers.flatMap((answer) => answer.pending));
      for (const [id] of pending) found.add(id);
      const moved = answers.flatMap((answer) => answer.moved);
      for (const [id] of moved) met.add(id);
      const next = moved.map(([, to]) => to).filter((to) => !found.has(to) && !met.has(to));
      for (const to of next) met.add(to);
      const asked = next.map((to) => [to] as const);
      answers = await this.#shards.askEach("subjectEach", asked, ([id]) => id, subject, now);
    }
    return [...found];
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const now = this.#now();
    let removed = 0;
    const asked = new Set<string | undefined>([except]);
    let answers: Removed[] = await this.#shards.callAll(
      "destroySubject",
      subject,
      except ?? null,
      now,
    );
    // The object that a session was rotated to may have answered before it came there: follow it.
    while (answers.length > 0) {
      removed += answers.reduce((sum, answer) => sum + answer.removed, 0);
      const next: [id: string, from: string | null][] = [];
      for (const [id, to] of answers.flatMap(({ moved }) => moved)) {
        if (id === except || asked.has(to)) continue;
        asked.add(to);
        next.push([to, null]);
      }
      const pending = answers.flatMap((answer) => answer.pending).filter(([id]) => id !== except);
      next.push(...await this.#shards.movedOf(pending));
      answers = await this.#shards.askEach("destroyEach", next, ([id]) => id, subject, now);
    }
    return removed;
  }

  async #extend(
    id: string,
    expires: number | null,
    own: string | null,
  ): Promise<StoredSession | null> {
    const end = toEnd(expires);
    const ask = () => this.#shards.ask(id, "touch", id, end, this.#now(), this.#ttl, own);
    return await this.#shards.settled(id, ask) ?? null;
  }
}

/** What travels: the live session object does not, nor what no row can hold. */
function plain(id: string, { json, expires, subject }: SessionRecord): SessionRecord {
  checkRecord("A Durable Object", MOST_BYTES, [id, json, subject ?? ""]);
  return { json, expires: toEnd(expires), subject };
}

/** What came of a rotation, unless the id to rotate to is another session's. */
function unlessTaken<T>(answer: T | ""): T {
  if (answer === "") throw new Error("The new session id is in use already");
  return answer;
}
