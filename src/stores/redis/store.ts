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
import { type Names, ownerOf } from "./names.ts";
import { type Ending, endingBy, type Notices } from "./notices.ts";
import type { Runner } from "./runner.ts";
import {
  isTouched,
  nextScore,
  otherMark,
  toResult,
  toStored,
  toTouched,
  unmark,
} from "./answers.ts";
import { lifetimePrefix } from "../../own_lifetime.ts";
import { toMoment } from "../shared/moment.ts";
import { BATCH, CrossSlot } from "./cross_slot.ts";
import { IdSet } from "./id_set.ts";
import { Scan } from "./scan.ts";
import * as scripts from "./scripts.ts";
import * as subjects from "./scripts_subject.ts";

export interface Settings {
  /** Milliseconds. */
  readonly ttl: number;
  readonly scanCount: number;
  readonly now: () => number;
  /** As of the link: answers are to be marked. */
  readonly parses: boolean;
  /** Where sessions that end are told of; left out: nowhere. */
  readonly notices: Notices | undefined;
}

/** Every verb is one script; where a cluster allows no single one, `CrossSlot` does its part. */
export class ScriptStore implements SlidingStore, IterableStore, SubjectStore {
  readonly atomic = true;
  readonly #names: Names;
  readonly #runner: Runner;
  readonly #settings: Settings;
  readonly #scan: Scan;
  /** Set where an index and a session are out of one script's reach. */
  readonly #crossSlot: CrossSlot | undefined;
  readonly #ending: Ending;
  /** What the scripts are told to compose keys with. */
  readonly #composed: readonly [sessions: string, owners: string, indexes: string];

  constructor(link: Link, names: Names, runner: Runner, settings: Settings) {
    this.#names = names;
    this.#runner = runner;
    this.#settings = settings;
    this.#ending = endingBy(settings.notices);
    if (link.cluster && !names.oneSlot) {
      this.#crossSlot = new CrossSlot(runner, names, settings.now, settings.notices);
    }
    this.#composed = this.#crossSlot === undefined ? names.all : names.alone;
    this.#scan = new Scan(runner, names, this.#composed, settings.scanCount, settings.now);
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const member = this.#names.member(id);
    const announced = this.#scan.prefixes.announce();
    if (record.subject) {
      await this.#crossSlot?.enlist(record.subject, member, this.#end(record.expires));
    }
    const keys = this.#keys(member, record.subject);
    const made = record.subject
      ? this.#runner.write(subjects.CREATE, keys, this.#owned(member, record))
      : this.#runner.write(scripts.CREATE_BARE, keys, this.#bare(member, record));
    const [answer] = await Promise.all([made, announced]);
    if (answer !== 1) await this.#crossSlot?.takeBack(ownerOf(record.subject), member);
    return answer === 1;
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const member = this.#names.member(id);
    void this.#scan.prefixes.announce();
    const args = [this.#now(), this.#composed[2], member];
    const answer = await this.#runner.run(scripts.READ, this.#names.keys(member), args);
    return toStored(this.#crossSlot?.seen(member, answer) ?? answer);
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const now = this.#settings.now();
    const end = this.#end(now + maxAge);
    const member = this.#names.member(id);
    void this.#scan.prefixes.announce();
    const keys = this.#names.keys(member);
    const { parses } = this.#settings;
    const script = parses ? scripts.READ_AND_TOUCH_MARKED : scripts.READ_AND_TOUCH;
    const args = [this.#now(now), end, lifetimePrefix(maxAge), this.#composed[2], member];
    const found = await this.#runner.run(script, keys, args);
    const answer = this.#crossSlot?.seen(member, found) ?? found;
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
    if (!subject) {
      return await this.#runner.write(scripts.COMMIT_BARE, keys, [
        ...this.#bare(member, record),
        mark,
      ]);
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
    const member = this.#names.member(id);
    const args = [this.#now(), this.#end(expires), this.#composed[2], member];
    return await this.#runner.run(scripts.TOUCH, this.#names.keys(member), args) === 1;
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
    if (crossSlot !== undefined && record.subject) {
      await crossSlot.enlist(record.subject, member, this.#end(record.expires));
    }
    // The script wants an index in third place; nobody's sessions have one it will not touch.
    const keys = [...this.#keys(member, record.subject ?? ""), ...this.#names.keys(old)];
    const { rotate, channel } = this.#ending;
    const write = (mark: string) =>
      crossSlot?.rotate(old, member, mark, args) ??
        this.#runner.write(rotate, keys, [...args, mark, old, ...channel]);
    return toResult(await this.#byVersion(version, write), record.json);
  }

  async destroy(id: string): Promise<boolean> {
    const member = this.#names.member(id);
    if (this.#crossSlot !== undefined) return await this.#crossSlot.remove(member);
    const args = [this.#now(), member, ...this.#composed, ...this.#ending.channel];
    const keys = this.#names.keys(member);
    const [was] = await this.#runner.write(this.#ending.remove, keys, args) as [number, string];
    return was > 0;
  }

  all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    return this.#scan.all();
  }

  length(): Promise<number> {
    return this.#scan.length();
  }

  clear(): Promise<void> {
    return this.#scan.clear();
  }

  async list(subject: string): Promise<string[]> {
    return await (this.#crossSlot?.list(subject) ?? this.#list(subject));
  }

  /** Walks up the scores of the index: what enters it meanwhile does so at the end. */
  async #list(subject: string): Promise<string[]> {
    const index = this.#names.index(subject);
    const found: string[] = [];
    const seen = new IdSet();
    for (let since = "-inf"; since !== "";) {
      const args = [this.#now(), ownerOf(subject), ...this.#composed, since, String(BATCH)];
      const [last, ids] = await this.#runner.run(subjects.LIST, [index], args) as [string, unknown];
      for (const member of unmark(ids)) if (seen.add(member)) found.push(this.#names.id(member));
      since = nextScore(since, last);
    }
    return found;
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const kept = except === undefined ? undefined : this.#names.member(except);
    if (this.#crossSlot !== undefined) return await this.#crossSlot.removeAll(subject, kept);
    const keys = [this.#names.index(subject), this.#names.aside(crypto.randomUUID())];
    const args = [ownerOf(subject), ...this.#composed];
    args.push(kept === undefined ? "" : `=${kept}`, String(BATCH));
    let removed = 0;
    // The first call ends them all; the others remove what is left of them.
    for (let [first, left] = ["1", 1]; left > 0; first = "0") {
      const told = [this.#now(), ...args, first, ...this.#ending.channel];
      const answer = await this.#runner.write(this.#ending.removeAll, keys, told) as number[];
      removed += Number(answer[0]);
      left = Number(answer[1]);
    }
    return removed;
  }

  #keys(member: string, subject: string | undefined): string[] {
    const keys: string[] = this.#names.keys(member);
    if (this.#crossSlot === undefined && subject !== undefined) {
      keys.push(this.#names.index(subject));
    }
    return keys;
  }

  /** What a script is told that stores a record for nobody. */
  #bare(member: string, { json, expires }: SessionRecord): string[] {
    return [this.#now(), json, this.#end(expires), this.#composed[2], member];
  }

  /** … and one that knows whose session it is. */
  #owned(member: string, record: SessionRecord): string[] {
    const { json, expires, subject } = record;
    return [this.#now(), json, this.#end(expires), ownerOf(subject), member, ...this.#composed];
  }

  #now(now: number = this.#settings.now()): string {
    return String(Math.floor(now));
  }

  #end(expires: number | null): string {
    const end = expires ?? this.#settings.now() + this.#settings.ttl;
    return String(Math.max(1, Math.floor(toMoment(end))));
  }
}
