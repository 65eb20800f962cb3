/**
 * What one script cannot do in a cluster whose keys share no slot, in steps
 * whose order keeps the promises.
 *
 * An index holds every live session of its subject, and maybe some that are not
 * (any more): an id enters it before its session is made.
 */
import type { Names } from "./names.ts";
import { type Ending, endingBy, type Notices } from "./notices.ts";
import type { Runner } from "./runner.ts";
import type { Script } from "./lua.ts";
import { nextScore, toStored, unmark } from "./answers.ts";
import { IdSet } from "./id_set.ts";
import { Links } from "./links.ts";
import { READ } from "./scripts.ts";
import {
  BELONGS,
  CLOSE,
  ENLIST_ALONE,
  MARK_INDEX,
  MEMBERS,
  OWNS,
  RELINK,
  SUPERSEDE,
  SUPERSEDE_TELLING,
  UNLIST_ALONE,
} from "./scripts_cross_slot.ts";
import { CREATE } from "./scripts_subject.ts";

/** How many sessions of a subject are looked at together. */
export const BATCH = 100;

/** The end of a session that nobody has heard of. */
const UNHEARD: Ending = endingBy(undefined);

/** Verbs whose keys lie in different slots. */
export class CrossSlot {
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #now: () => string;
  readonly #notices: Notices | undefined;
  readonly #ending: Ending;
  readonly #links: Links;

  constructor(runner: Runner, names: Names, now: () => number, notices: Notices | undefined) {
    this.#runner = runner;
    this.#names = names;
    this.#notices = notices;
    this.#ending = endingBy(notices);
    this.#now = () => String(Math.floor(now()));
    this.#links = new Links(now);
  }

  /** Puts an id into an index, and looks whether two old entries are still good. */
  async enlist(subject: string, member: string, end: string): Promise<void> {
    const index = this.#names.index(subject);
    const told = [this.#now(), member, end];
    this.#links.forget(member);
    const old = unmark(await this.#runner.write(ENLIST_ALONE, [index], told));
    const good = await this.#ask(BELONGS, old, subject);
    await this.#unlist(index, "old", old.filter((_, at) => !good[at]));
  }

  /**
   * Takes a record out of an answer. One with an owner is looked for in its index, which keeps
   * that warm and finds out whether it was lost; the answer does not wait for it.
   */
  seen(member: string, answer: unknown): unknown {
    if (!Array.isArray(answer)) return answer;
    const [found, owner, ...since] = answer as [unknown, string, ...unknown[]];
    this.#links.see(member, async () => {
      const subject = owner.slice(1);
      const told = [this.#now(), member, "-1", ...since.map(String)];
      const linked = await this.#runner.run(RELINK, [this.#names.index(subject)], told) !== 0;
      if (!linked) await this.#ask(CLOSE, [member], subject);
      return linked;
    });
    return found;
  }

  /** Takes an id out of an index that it entered in vain: the session there is another's. */
  async takeBack(owner: string, member: string): Promise<void> {
    const told = [this.#now(), owner];
    const owns = await this.#runner.run(OWNS, this.#names.keys(member), told);
    if (owns !== 1) await this.unlist(owner, member);
  }

  /** Takes an id that was removed out of its subject's index. */
  async unlist(owner: string, member: string): Promise<void> {
    if (!owner.startsWith("s")) return;
    await this.#unlist(this.#names.index(owner.slice(1)), "all", [member]);
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
    // What a read before found out about it is known here, or will be.
    if (await this.#links.hasEnded(from)) return 0;
    const keys = this.#names.keys(to);
    const json = create[1]!;
    let made = await this.#runner.write(CREATE, keys, [...create]);
    // In use: by ourselves, if the client sent the first step twice.
    if (made === 0) made = await this.#holds(keys, json) ? 1 : 0;
    // Closed by destroyAll(), which is on its way to the old session too.
    if (made === 2) return 0;
    if (made === 0) {
      await this.takeBack(create[3]!, to);
      return 2;
    }
    let answer: unknown;
    try {
      const args = [this.#now(), version, to, from, ...this.#ending.channel];
      const script = this.#notices === undefined ? SUPERSEDE : SUPERSEDE_TELLING;
      answer = await this.#runner.write(script, this.#names.keys(from), args);
      if (typeof answer === "string") {
        await this.unlist(answer, from);
        return 1;
      }
    } catch (error) {
      // Nobody will learn the new id. If this fails too, it lies there until its end.
      this.remove(to, UNHEARD).catch(() => undefined);
      throw error;
    }
    await this.remove(to, UNHEARD);
    return answer;
  }

  /** Whether a session holds exactly this text. */
  async #holds(keys: string[], json: string): Promise<boolean> {
    const answer = await this.#runner.run(READ, keys, [this.#now(), "", ""]);
    return toStored(Array.isArray(answer) ? answer[0] : answer)?.json === json;
  }

  /** Removes a session, and takes it out of its subject's index. */
  async remove(member: string, ending = this.#ending): Promise<boolean> {
    const args = [this.#now(), member, ...this.#names.alone, ...ending.channel];
    const keys = this.#names.keys(member);
    const answer = await this.#runner.write(ending.remove, keys, args);
    const [was, owner] = answer as [number, string];
    await this.unlist(String(owner), member);
    return was > 0;
  }

  /** The ids of a subject's live sessions. */
  async list(subject: string): Promise<string[]> {
    const found = new Set<string>();
    for await (const page of this.#pages(subject)) {
      const members = await Promise.all(page.map((member) => this.#follow(member, subject)));
      for (const member of members) if (member !== undefined) found.add(this.#names.id(member));
    }
    return [...found];
  }

  /**
   * The session that an entry of an index leads to. One that was rotated meanwhile says where it
   * is now: that entry may have been looked at already, before there was a session.
   */
  async #follow(entry: string, subject: string): Promise<string | undefined> {
    for (let member = entry;;) {
      const answer = await this.#about(BELONGS, member, subject);
      if (answer === 1) return member;
      if (typeof answer !== "string") return undefined;
      member = answer.slice(1);
    }
  }

  /**
   * Closes every id of the index, walking up its scores until no other has come. A
   * session that is rotated meanwhile enters the index, at its end, before its old id is
   * gone, so the walk comes to it, and an id closed early is never made.
   */
  async removeAll(subject: string, except: string | undefined): Promise<number> {
    const index = this.#names.index(subject);
    let removed = 0;
    await this.#runner.write(MARK_INDEX, [index], [this.#now(), except ?? ""]);
    for await (const page of this.#pages(subject)) {
      const fresh = page.filter((member) => member !== except);
      removed += (await this.#ask(CLOSE, fresh, subject)).filter(Boolean).length;
      await this.#unlist(index, "old", fresh);
    }
    await this.#notices?.tell("subject", subject, except === undefined ? "" : `=${except}`);
    return removed;
  }

  /** What an index holds, page by page and each once, until a page shows nothing new. */
  async *#pages(subject: string): AsyncGenerator<string[]> {
    const index = this.#names.index(subject);
    const seen = new IdSet();
    let since = "-inf";
    for (;;) {
      const told = [this.#now(), since, String(BATCH)];
      const [last, ids] = await this.#runner.run(MEMBERS, [index], told) as [string, unknown];
      const fresh = unmark(ids).filter((member) => seen.add(member));
      if (fresh.length === 0 && last === "=") return;
      yield fresh;
      since = nextScore(since, last) || since;
    }
  }

  /** Asks of each session by itself whether it is the subject's, or was. */
  async #ask(script: Script, members: readonly string[], subject: string): Promise<boolean[]> {
    return await Promise.all(
      members.map(async (member) => await this.#about(script, member, subject) === 1),
    );
  }

  #about(script: Script, member: string, subject: string): Promise<unknown> {
    const args = [this.#now(), `s${subject}`];
    const keys = this.#names.keys(member);
    return script === CLOSE
      ? this.#runner.write(script, keys, args)
      : this.#runner.run(script, keys, args);
  }

  async #unlist(index: string, which: "all" | "old", members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    await this.#runner.run(UNLIST_ALONE, [index], [this.#now(), which, ...members]);
  }
}
