/** The verbs of the Redis store. */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  Version,
} from "../../store.ts";
import type { Link } from "./link.ts";
import type { Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import { isTouched, otherMark, toResult, toStored, toTouched, unmark } from "./answers.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { toMoment } from "../shared/moment.ts";
import { CrossSlot } from "./cross_slot.ts";
import * as scripts from "./scripts.ts";
import * as subjects from "./scripts_subject.ts";

export interface Settings {
  /** Milliseconds. */
  readonly ttl: number;
  readonly scanCount: string;
  readonly now: () => number;
  /** As of the link: answers are to be marked. */
  readonly parses: boolean;
}

/** Every verb is one script; where a cluster allows no single one, `CrossSlot` does its part. */
export class ScriptStore implements SlidingStore, IterableStore, SubjectStore {
  readonly atomic = true;
  readonly #names: Names;
  readonly #runner: Runner;
  readonly #settings: Settings;
  /** Set where an index and a session are out of one script's reach. */
  readonly #crossSlot: CrossSlot | undefined;

  constructor(link: Link, names: Names, runner: Runner, settings: Settings) {
    this.#names = names;
    this.#runner = runner;
    this.#settings = settings;
    if (link.cluster && !names.oneSlot) {
      this.#crossSlot = new CrossSlot(runner, names, () => this.#now());
    }
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const member = this.#names.member(id);
    if (record.subject !== undefined) {
      await this.#crossSlot?.enlist(record.subject, member, this.#end(record.expires));
    }
    const keys = this.#keys(member, record.subject);
    const made = record.subject === undefined
      ? this.#runner.write(scripts.CREATE_BARE, keys, this.#bare(record))
      : this.#runner.write(subjects.CREATE, keys, this.#owned(member, record));
    return await made === 1;
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const [key] = this.#names.keys(this.#names.member(id));
    return toStored(await this.#runner.run(scripts.READ, [key], [this.#now()]));
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const now = this.#settings.now();
    const end = this.#end(now + maxAge);
    const keys = this.#names.keys(this.#names.member(id));
    const { parses } = this.#settings;
    const script = parses ? scripts.READ_AND_TOUCH_MARKED : scripts.READ_AND_TOUCH;
    const args = [this.#now(now), end, lifetimePrefix(maxAge)];
    const answer = await this.#runner.run(script, keys, args);
    if (typeof answer !== "string" || !isTouched(answer)) return toStored(answer);
    if (Number(end) <= now) return undefined;
    return toTouched(parses ? answer.slice(1) : answer, Number(end));
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const answer = await this.#byVersion(version, (mark) => this.#commit(id, record, mark));
    return toResult(answer, record.json);
  }

  async #commit(id: string, record: SessionRecord, mark: string): Promise<unknown> {
    const { subject } = record;
    const member = this.#names.member(id);
    const keys = this.#keys(member, subject);
    if (subject === undefined) {
      return await this.#runner.write(scripts.COMMIT_BARE, keys, [...this.#bare(record), mark]);
    }
    const args = [...this.#owned(member, record), mark];
    if (this.#crossSlot !== undefined) {
      const answer = await this.#runner.write(subjects.COMMIT, keys, [...args, "0"]);
      if (answer !== 2) return answer;
      await this.#crossSlot.enlist(subject, member, this.#end(record.expires));
    }
    return await this.#runner.write(subjects.COMMIT, keys, [...args, "1"]);
  }

  /** Writes by version, and once more by digest if the version cannot be sent back as it was. */
  async #byVersion(version: Version, write: (mark: string) => Promise<unknown>): Promise<unknown> {
    const mark = typeof version === "string" ? version : "";
    const answer = await write(mark);
    const other = otherMark(answer, mark);
    return other === undefined ? answer : await write(other);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const keys = this.#names.keys(this.#names.member(id));
    return await this.#runner.run(scripts.TOUCH, keys, [this.#now(), this.#end(expires)]) === 1;
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return await this.commit(from, record, version);
    const [old, member] = [this.#names.member(from), this.#names.member(to)];
    const args = this.#owned(member, record);
    const crossSlot = this.#crossSlot;
    if (crossSlot !== undefined && record.subject !== undefined) {
      await crossSlot.enlist(record.subject, member, this.#end(record.expires));
    }
    // The script wants an index in third place; nobody's sessions have one it will not touch.
    const keys = [...this.#keys(member, record.subject ?? ""), ...this.#names.keys(old)];
    const answer = await this.#byVersion(
      version,
      (mark) =>
        crossSlot?.rotate(old, member, mark, args) ??
          this.#runner.write(subjects.ROTATE, keys, [...args, mark, old]),
    );
    return toResult(answer, record.json);
  }

  async destroy(id: string): Promise<void> {
    const member = this.#names.member(id);
    if (this.#crossSlot !== undefined) return await this.#crossSlot.remove(member);
    const args = [this.#now(), member, ...this.#names.all, "0"];
    await this.#runner.write(subjects.REMOVE, this.#names.keys(member), args);
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    const seen = new Set<string>();
    for await (const page of this.#scan("all")) {
      for (const [marked, found] of page as [id: string, found: string][]) {
        const id = this.#names.id(marked.slice(1));
        const stored = toStored(found);
        if (stored === undefined || seen.has(id)) continue;
        seen.add(id);
        yield [id, stored];
      }
    }
  }

  async length(): Promise<number> {
    // A scan may show a key twice.
    const seen = new Set<string>();
    for await (const page of this.#scan("ids")) for (const id of page) seen.add(String(id));
    return seen.size;
  }

  async clear(): Promise<void> {
    for (const pattern of this.#names.patterns()) {
      for await (const _page of this.#scan("clear", pattern));
    }
  }

  async list(subject: string): Promise<string[]> {
    const members = this.#crossSlot === undefined
      ? unmark(
        await this.#runner.run(subjects.LIST, [this.#names.index(subject)], [
          this.#now(),
          ownerOf(subject),
          ...this.#names.all,
        ]),
      )
      : await this.#crossSlot.list(subject);
    return members.map((member) => this.#names.id(member));
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const kept = except === undefined ? undefined : this.#names.member(except);
    if (this.#crossSlot !== undefined) return await this.#crossSlot.removeAll(subject, kept);
    const args = [this.#now(), ownerOf(subject), ...this.#names.all];
    args.push(kept === undefined ? "" : `=${kept}`);
    const index = this.#names.index(subject);
    return Number(await this.#runner.write(subjects.REMOVE_ALL, [index], args));
  }

  /** Pages of every server, one step of its cursor each. */
  async *#scan(what: string, pattern = this.#names.patterns()[0]): AsyncGenerator<unknown[]> {
    const { scanCount } = this.#settings;
    const skip = new TextEncoder().encode(this.#names.all[0]).length;
    for (const run of await this.#runner.nodes()) {
      let cursor = "0";
      do {
        const args = [this.#now(), cursor, pattern, scanCount, what, String(skip)];
        const [next, page] = await run(scripts.PAGE, args) as [string, unknown[]];
        yield page;
        cursor = next.slice(1);
      } while (cursor !== "0");
    }
  }

  #keys(member: string, subject: string | undefined): string[] {
    const keys: string[] = this.#names.keys(member);
    if (this.#crossSlot === undefined && subject !== undefined) {
      keys.push(this.#names.index(subject));
    }
    return keys;
  }

  /** What every script that stores a record is told. */
  #bare({ json, expires }: SessionRecord): string[] {
    return [this.#now(), json, this.#end(expires)];
  }

  /** The same, and whose session it is. */
  #owned(member: string, record: SessionRecord): string[] {
    return [...this.#bare(record), ownerOf(record.subject), member, ...this.#names.all];
  }

  #now(now: number = this.#settings.now()): string {
    return String(Math.floor(now));
  }

  #end(expires: number | null): string {
    const end = expires ?? this.#settings.now() + this.#settings.ttl;
    return String(Math.max(1, Math.floor(toMoment(end))));
  }
}

const ownerOf = (subject: string | undefined): string =>
  subject === undefined ? "n" : `s${subject}`;
