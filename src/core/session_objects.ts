/**
 * The objects that one session is within its request: Express makes another one at each `reload()`,
 * and whoever has an earlier one can still write to it, and save it.
 *
 * Each is compared with what stood in the store when it was filled: what it lacks of what was
 * stored since is no removal.
 */
import { withNotes } from "./merge.ts";
import type { Data } from "./session_data.ts";
import { notesIn } from "./session_metadata.ts";

/** What a request knows of them, beside what stands in the store for the session it has now. */
interface Owner {
  readonly baseText: string;
  objects: SessionObjects | undefined;
}

export class SessionObjects {
  /** The one that was loaded last. */
  current: Data;
  /** What stood in the store for those before it. */
  readonly bases = new WeakMap<object, string>();

  constructor(current: Data) {
    this.current = current;
  }
}

/** A session was loaded again, as another object. */
export function reloadedAs(owner: Owner, session: Data, before: object): void {
  const objects = owner.objects ??= new SessionObjects(session);
  objects.bases.set(before, owner.baseText);
  objects.current = session;
}

/** An earlier object has been stored as it was: its changes are none any more. */
export function savedAs({ objects }: Owner, session: object, text: string): void {
  if (objects?.bases.has(session)) objects.bases.set(session, text);
}

/** The object that an object of this session is by now. */
export function currentOf({ objects }: Owner, session: Data): Data {
  return objects?.bases.has(session) ? objects.current : session;
}

/** What stood in the store when an object was filled. Notes are the request's, not the object's. */
export function baseOf({ objects, baseText }: Owner, session: object): string {
  const base = objects?.bases.get(session);
  if (base === undefined) return baseText;
  return withNotes(JSON.parse(base) as Data, notesIn(JSON.parse(baseText) as Data));
}
