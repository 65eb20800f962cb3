/** The names of the keys: sessions as connect-redis names them, beside them two kinds of ours. */

/** What a cluster hashes when a key has it: the text in the first pair of braces. */
const TAG = /^[^{]*\{[^}]+\}/;
/** Put before an id that would hash to a slot its owner key cannot share. */
const RESCUE = "{~}";

/**
 * - a session: `sess:<id>`
 * - whose it is: `@of:{sess:<id>}`, which hashes to the slot of the session
 * - a subject's sessions: `@by:sess:<subject>`
 *
 * Ours begin with a letter that no session key begins with, so that neither a
 * scan by us nor one by connect-redis takes them for sessions.
 */
export class Names {
  /** The three beginnings as the server knows them, for scripts that compose keys. */
  readonly all: readonly [sessions: string, owners: string, indexes: string];
  /** Whether every key of the store hashes to one slot. */
  readonly oneSlot: boolean;
  readonly #prefix: string;
  readonly #keyPrefix: string;
  readonly #mark: string;

  constructor(prefix: string, keyPrefix: string) {
    this.#prefix = prefix;
    this.#keyPrefix = keyPrefix;
    this.#mark = prefix.startsWith("@") ? "#" : "@";
    this.oneSlot = TAG.test(keyPrefix + prefix);
    this.all = [
      keyPrefix + prefix,
      `${keyPrefix}${this.#mark}of:`,
      `${keyPrefix}${this.#mark}by:${prefix}`,
    ];
  }

  /** The id as it stands in keys and indexes: itself, but for hostile braces. */
  member(id: string): string {
    const alone = id.includes("}") && !TAG.test(this.#keyPrefix + this.#prefix + id);
    return alone || id.startsWith(RESCUE) ? RESCUE + id : id;
  }

  /** The reverse of `member()`. */
  id(member: string): string {
    return member.startsWith(RESCUE) ? member.slice(RESCUE.length) : member;
  }

  /** The key of a session and the key that says whose it is. */
  keys(member: string): [session: string, owner: string] {
    const full = this.all[0] + member;
    const owner = full.includes("{") && TAG.test(full) ? full : `{${full}}`;
    return [this.#prefix + member, `${this.#mark}of:${owner}`];
  }

  /** The key of a subject's index. */
  index(subject: string): string {
    return `${this.#mark}by:${this.#prefix}${subject}`;
  }

  /** The patterns that find every key of the store, its sessions first. */
  patterns(): [sessions: string, owners: string, indexes: string] {
    const [sessions, owners, indexes] = this.all;
    const braced = this.oneSlot ? sessions : `{${sessions}`;
    return [glob(sessions), glob(owners + braced), glob(indexes)];
  }
}

function glob(beginning: string): string {
  return beginning.replace(/[*?[\]\\^-]/g, "\\$&") + "*";
}
