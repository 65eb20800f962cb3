/** Which ids are whose. */

/** The ids of every subject. */
export class Subjects {
  readonly #ids = new Map<string, Set<string>>();

  of(subject: string): readonly string[] {
    return [...this.#ids.get(subject) ?? []];
  }

  add(subject: string | undefined, id: string): void {
    if (subject === undefined) return;
    const ids = this.#ids.get(subject);
    if (ids === undefined) this.#ids.set(subject, new Set([id]));
    else ids.add(id);
  }

  delete(subject: string | undefined, id: string): void {
    if (subject === undefined) return;
    const ids = this.#ids.get(subject);
    ids?.delete(id);
    if (ids?.size === 0) this.#ids.delete(subject);
  }

  clear(): void {
    this.#ids.clear();
  }
}
