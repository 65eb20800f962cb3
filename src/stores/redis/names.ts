/** The names of the keys: sessions as connect-redis names them, beside them a few of ours. */
import { checkPairs } from "../shared/limits.ts";

/** What a cluster hashes when a key has it: the text in the first pair of braces. */
const TAG = /^[^{]*\{[^}]+\}/;
/** Put before an id that would hash to a slot its owner key cannot share: no key has it alone. */
export const RESCUE = "{~}";

/**
 * - a session: `sess:<id>`
 * - whose it is: `@of:{sess:<id>}`, which hashes to the slot of the session
 * - a subject's sessions: `@by:5:sess:<subject>`; the length of the prefix tells where it ends,
 *   as a prefix may be the beginning of another
 * - the same, put aside by `destroyAll()` while it works them off: `@by:5!sess:<token>`
 * - the prefixes in use: `@by:`
 *
 * Ours begin with a letter that no session key begins with, so that neither a
 * scan by us nor one by connect-redis takes them for sessions.
 */
export class Names {
  /** The three beginnings as the server knows them, for scripts that compose keys. */
  readonly all: readonly [sessions: string, owners: string, indexes: string];
  /** The same, for scripts that no index is within reach of. */
  readonly alone: readonly [sessions: string, owners: string, indexes: ""];
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
      `${keyPrefix}${this.#mark}by:${prefix.length}:${prefix}`,
    ];
    this.alone = [this.all[0], this.all[1], ""];
  }

  /** The id as it stands in keys and indexes: itself, but for hostile braces. */
  member(id: string): string {
    checkPairs("id", "Redis", id);
    const alone = id.includes("}") &&
      !TAG.test(this.#keyPrefix + this.#prefix + id);
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
    checkPairs("subject", "Redis", subject);
    return `${this.#mark}by:${this.#prefix.length}:${this.#prefix}${subject}`;
  }

  /** The key under which `destroyAll()` puts an index aside. */
  aside(token: string): string {
    return `${this.#mark}by:${this.#prefix.length}!${this.#prefix}${token}`;
  }

  /** The key of the prefixes in use. */
  prefixes(): string {
    return `${this.#mark}by:`;
  }

  /** What is told of the store's sessions is told here. A channel is no key: no client puts anything before it. */
  get channel(): string {
    return `${this.#keyPrefix}${this.#mark}on:${this.#prefix}`;
  }

  /** What the key of a session begins with, but for what the client puts before it. */
  get prefix(): string {
    return this.#prefix;
  }

  /** Where the keys of the store are found, its sessions first; `inner`: what others have there. */
  areas(inner: readonly string[]): Area[] {
    const [sessions, owners, indexes] = this.all;
    const asides = this.#keyPrefix + this.aside("");
    const whose = (of: string) => owners + (TAG.test(of) ? of : `{${of}`);
    const others = inner.map((prefix) => this.#keyPrefix + prefix);
    return [
      { begins: sessions, others, drop: "clear" },
      { begins: whose(sessions), others: others.map(whose), drop: "owners" },
      { begins: indexes, others: [], drop: "clear" },
      { begins: asides, others: [], drop: "clear" },
    ];
  }
}

/** The keys with a beginning, but not those of other stores. */
export interface Area {
  readonly begins: string;
  readonly others: readonly string[];
  /** What the script of a page is told that drops them. */
  readonly drop: "clear" | "owners";
}

/** Whose session it is, as an owner key says it. */
export function ownerOf(subject: string | undefined): string {
  return subject ? `s${subject}` : "n";
}
