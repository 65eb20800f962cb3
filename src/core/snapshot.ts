/** What a session held when a call was made, for calls that begin later. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { merge } from "./merge.ts";
import { baseOf } from "./session_objects.ts";

/**
 * It follows what calls made before it store, as the session itself does: what they have
 * brought is in it when its own call begins, and what they have stored of it is no change
 * of its own any more.
 */
export class Snapshot {
  /** What stood in the store … */
  base: string;
  /** … and what the session held … */
  text: string;
  /** … as that object: one that took its place is followed by snapshots of its own. */
  of: object | undefined;
  /** Its call is under way: from then on it is of the session that it was taken of, and of no other. */
  hasBegun = false;
  /** The session it was taken of has ended, or what it held was left behind. */
  isOver = false;

  constructor(base: string, text: string, of?: object) {
    this.base = base;
    this.text = text;
    this.of = of;
  }

  /** Whether the session is still the one it was taken of, and `text` is what that held. */
  holds(text: string): boolean {
    return !this.isOver && this.text === text;
  }

  /** What it changes, laid on what stands in the store by now. */
  onto(theirs: string): string {
    return merge(this.base, this.text, theirs);
  }

  /** Goes on from what another object of its session holds; under way, or over, it stays so. */
  retake({ base, text, of }: Snapshot): void {
    this.base = base;
    this.text = text;
    this.of = of;
  }

  /** A call that was made before has stored `stored` where the session held `before`. */
  follow(before: string, stored: string): void {
    this.text = merge(before, this.text, stored);
    this.base = stored;
  }
}

/** What a session holds now. */
export function snapshotOf(
  state: Parameters<typeof baseOf>[0] & { contentOf(session: object): string },
  session: object,
): Snapshot {
  return new Snapshot(baseOf(state, session), state.contentOf(session), session);
}

/** The snapshots of one request's calls that are not done. */
export class Snapshots {
  #held: Snapshot[] | undefined;

  /** Runs a call by what the session held when it was made. */
  during<T>(snapshot: Snapshot, act: (held: Snapshot) => MaybePromise<T>): MaybePromise<T> {
    this.hold(snapshot).hasBegun = true;
    const release = () => this.release(snapshot);
    let result: MaybePromise<T>;
    try {
      result = act(snapshot);
    } catch (error) {
      release();
      throw error;
    }
    if (isPromise(result)) result.then(release, release);
    else release();
    return result;
  }

  /** From here on it follows, until it is released. */
  hold(snapshot: Snapshot): Snapshot {
    if (this.#held === undefined) this.#held = [snapshot];
    else if (!this.#held.includes(snapshot)) this.#held.push(snapshot);
    return snapshot;
  }

  /** It has been stored, or will not be. */
  release(snapshot: Snapshot): void {
    // After a `splice()` V8 keeps all there is of a request until it collects everything.
    this.#held = this.#held?.filter((each) => each !== snapshot);
  }

  follow(session: object, before: string, stored: string): void {
    this.#held?.forEach((snapshot) => {
      if (snapshot.of === session) snapshot.follow(before, stored);
    });
  }

  /** Another session takes the place of theirs. Calls that wait were made for it, and follow it. */
  end(): void {
    this.#held?.forEach((snapshot) => snapshot.isOver ||= snapshot.hasBegun);
  }
}
