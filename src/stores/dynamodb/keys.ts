/**
 * Where things lie in the table, which has a partition key `pk` and a sort key `sk`.
 *
 * ```txt
 * pk               sk
 * session:<id>     <length of the prefix>:<prefix>            the session
 * subject:<who>    <length of the prefix>:<prefix>:<family>   the id of a session of theirs
 * ```
 *
 * The length keeps prefixes apart of which one begins with the other.
 *
 * @module
 */
import type { DynamodbItem } from "./client.ts";
import { bytesIn, checkKey } from "../shared/limits.ts";
import { fromKey, toKey } from "../sql/key.ts";

/** The partition key of an item is no longer. */
const MOST_KEY_BYTES = 2_048;

const SESSION = "session:";
const SUBJECT = "subject:";

/** The key of an item. */
export type Key = { readonly pk: string; readonly sk: string };

/** The keys of one store. */
export class Keys {
  /** The sort key of every session, and the beginning of every other key. */
  readonly place: string;
  /** How the sort keys of an index begin. */
  readonly indexed: string;

  constructor(prefix: string) {
    this.place = `${prefix.length}:${prefix}`;
    this.indexed = `${this.place}:`;
  }

  /** Where a session lies. */
  session(id: string): Key {
    return { pk: checked("id", SESSION + toKey(id)), sk: this.place };
  }

  /** The partition that holds the index of a subject. */
  subject(subject: string): string {
    return checked("subject", SUBJECT + toKey(subject));
  }

  /** Where an index of a subject names a session. */
  entry(subject: string, family: string): Key {
    return { pk: this.subject(subject), sk: this.indexed + family };
  }

  /** The id of the session that lies under a key. */
  id({ pk }: { readonly pk: string }): string {
    return fromKey(pk.slice(SESSION.length));
  }

  /** The family that a key of an index is of. */
  family({ sk }: { readonly sk: string }): string {
    return sk.slice(this.indexed.length);
  }
}

/** The key of an item that was read. */
export function keyOf({ pk, sk }: DynamodbItem): Key {
  return { pk: pk?.S ?? "", sk: sk?.S ?? "" };
}

function checked(what: string, key: string): string {
  checkKey(what, "DynamoDB", bytesIn(key), MOST_KEY_BYTES);
  return key;
}
