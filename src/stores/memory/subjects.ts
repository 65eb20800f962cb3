/** Which sessions are whose: a list for each subject, linked through the sessions themselves. */

/** What a session carries to be in the list of its subject. */
export interface Owned<E> {
  group: Group<E> | undefined;
  before: E | undefined;
  behind: E | undefined;
}

/** The sessions of one subject; once it is over, what is in it has ended. */
export interface Group<E> {
  readonly subject: string;
  first: E | undefined;
  isOver: boolean;
}

/** The sessions of every subject. To end all of one is one step, however many they are. */
export class Subjects<E extends Owned<E>> {
  readonly #groups = new Map<string, Group<E>>();

  /** One of a subject's sessions; the others are behind it. */
  first(subject: string): E | undefined {
    return this.#groups.get(subject)?.first;
  }

  add(subject: string | undefined, one: E): void {
    if (!subject) return; // the empty text is nobody's
    let group = this.#groups.get(subject);
    if (group === undefined) {
      group = { subject, first: undefined, isOver: false };
      this.#groups.set(subject, group);
    }
    one.group = group;
    one.behind = group.first;
    if (group.first !== undefined) group.first.before = one;
    group.first = one;
  }

  delete(one: E): void {
    const { group, before, behind } = one;
    if (group === undefined) return;
    if (before === undefined) group.first = behind;
    else before.behind = behind;
    if (behind !== undefined) behind.before = before;
    one.group = one.before = one.behind = undefined;
    if (group.first === undefined && !group.isOver) this.#groups.delete(group.subject);
  }

  /** Ends all sessions of a subject except one, and hands out what has to be cleared away. */
  end(subject: string, except: E | undefined): Group<E> | undefined {
    const group = this.#groups.get(subject);
    if (group === undefined) return undefined;
    if (except?.group === group) this.delete(except);
    else except = undefined;
    group.isOver = true;
    this.#groups.delete(subject);
    if (except !== undefined) this.add(subject, except);
    return group;
  }

  clear(): void {
    this.#groups.clear();
  }
}
