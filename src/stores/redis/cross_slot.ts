/**
 * What one script cannot do in a cluster whose keys share no slot, in steps
 * whose order keeps the promises.
 *
 * An index holds every live session of its subject, and maybe some that are not
 * (any more): an id enters it before its session is made.
 */
import type { Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import type { Script } from "./lua.ts";
import { toStored, unmark } from "./answers.ts";
import { READ } from "./scripts.ts";
import {
  BELONGS,
  CLOSE,
  ENLIST_ALONE,
  MEMBERS,
  SUPERSEDE,
  UNLIST_ALONE,
} from "./scripts_cross_slot.ts";
import { CREATE, REMOVE } from "./scripts_subject.ts";

/** How many sessions of a subject are looked at together. */
const BATCH = 100;
/** An index entry this young may belong to a session that is being made. */
const YOUNG = 60_000;

/** Verbs whose keys lie in different slots. */
export class CrossSlot {
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #now: () => string;

  constructor(runner: Runner, names: Names, now: () => string) {
    this.#runner = runner;
    this.#names = names;
    this.#now = now;
  }

  /** Puts an id into an index, and looks whether two old entries are still good. */
  async enlist(subject: string, member: string, end: string): Promise<void> {
    const index = this.#names.index(subject);
    const now = this.#now();
    const old = unmark(await this.#runner.write(ENLIST_ALONE, [index], [now, member, end]));
    const good = await this.#ask(BELONGS, old, subject);
    const over = old.filter((_, at) => !good[at]);
    await this.#unlist(index, over, Number(now) - YOUNG);
  }

  /** Takes an id that was removed out of its subject's index. */
  async unlist(owner: string, member: string): Promise<void> {
    if (!owner.startsWith("s")) return;
    await this.#unlist(this.#names.index(owner.slice(1)), [member], Infinity);
  }

  /**
   * The new session first, then the old one if it still is what it was. Whoever
   * holds the old id never finds both gone, and nobody knows the new id yet. If
   * the second step finds a conflict or nothing, the first is taken back.
   * Answers as the script of `rotate()` does.
   */
  async rotate(
    from: string,
    to: string,
    version: string,
    create: readonly string[],
  ): Promise<unknown> {
    const keys = this.#names.keys(to);
    const json = create[1]!;
    let made = await this.#runner.write(CREATE, keys, [...create]);
    // In use: by ourselves, if the client sent the first step twice.
    if (made === 0) made = await this.#holds(keys[0], json) ? 1 : 0;
    // Closed by destroyAll(), which is on its way to the old session too.
    if (made === 2) return 0;
    if (made === 0) return 2;
    let answer: unknown;
    try {
      const args = [this.#now(), version, to];
      answer = await this.#runner.write(SUPERSEDE, this.#names.keys(from), args);
      if (typeof answer === "string") {
        await this.unlist(answer, from);
        return 1;
      }
    } catch (error) {
      // Nobody will learn the new id. If this fails too, it lies there until its end.
      this.remove(to).catch(() => undefined);
      throw error;
    }
    await this.remove(to);
    return answer;
  }

  /** Whether a session holds exactly this text. */
  async #holds(key: string, json: string): Promise<boolean> {
    return toStored(await this.#runner.run(READ, [key], [this.#now()]))?.json === json;
  }

  /** Removes a session, and takes it out of its subject's index. */
  async remove(member: string): Promise<void> {
    const args = [this.#now(), member, ...this.#names.all, "1"];
    const owner = await this.#runner.write(REMOVE, this.#names.keys(member), args);
    await this.unlist(String(owner), member);
  }

  /** The ids of a subject's live sessions. */
  async list(subject: string): Promise<string[]> {
    const members = unmark(await this.#runner.run(MEMBERS, [this.#names.index(subject)], []));
    const good = await this.#ask(BELONGS, members, subject);
    return members.filter((_, at) => good[at]);
  }

  /**
   * Closes every id of the index, and looks again until no other has come. A
   * session that is rotated meanwhile enters the index before its old id is
   * gone, so the next look finds it, and an id closed early is never made.
   */
  async removeAll(subject: string, except: string | undefined): Promise<number> {
    const index = this.#names.index(subject);
    const seen = new Set<string>();
    let removed = 0;
    for (;;) {
      const members = unmark(await this.#runner.run(MEMBERS, [index], []));
      const fresh = members.filter((member) => member !== except && !seen.has(member));
      if (fresh.length === 0) break;
      for (const member of fresh) seen.add(member);
      removed += (await this.#ask(CLOSE, fresh, subject)).filter(Boolean).length;
    }
    await this.#unlist(index, [...seen], Number(this.#now()) - YOUNG);
    return removed;
  }

  /** Asks of each session by itself whether it is the subject's, or was. */
  async #ask(script: Script, members: readonly string[], subject: string): Promise<boolean[]> {
    const answers: boolean[] = [];
    for (let at = 0; at < members.length; at += BATCH) {
      const batch = members.slice(at, at + BATCH).map((member) => {
        const args = [this.#now(), `s${subject}`];
        const keys = this.#names.keys(member);
        return script === CLOSE
          ? this.#runner.write(script, keys, args)
          : this.#runner.run(script, keys, args);
      });
      answers.push(...(await Promise.all(batch)).map((answer) => answer === 1));
    }
    return answers;
  }

  async #unlist(index: string, members: readonly string[], until: number): Promise<void> {
    if (members.length === 0) return;
    const time = until === Infinity ? "1e300" : String(until);
    await this.#runner.run(UNLIST_ALONE, [index], [time, ...members]);
  }
}
