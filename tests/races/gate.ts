/** A gate in front of any store, native or callback: a test says which call happens when. */
import { Store } from "../../src/express/mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { intercept } from "../../src/testing/intercept.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** A call before the store hears of it, or after the store has done it. */
export type Moment = "call" | "answer";
/** What a call does, by whichever name the store knows it. */
export type Deed = "read" | "write" | "touch" | "destroy" | "rotate";

const DEEDS: Record<string, Deed> = {
  read: "read",
  readAndTouch: "read",
  get: "read",
  create: "write",
  commit: "write",
  set: "write",
  touch: "touch",
  destroy: "destroy",
  rotate: "rotate",
};

export interface Held {
  /** Settles when somebody stands at the gate. */
  readonly arrived: Promise<void>;
  release(): void;
}

export class Gate {
  readonly #holds: { deed: Deed; at: Moment; arrive: () => void; released: Promise<void> }[] = [];
  /** Asked for every stop nobody holds; the scheduler of random runs waits here. */
  everyStop: ((deed: Deed, at: Moment) => Promise<void> | undefined) | undefined;

  /** Holds the next call that does this deed. */
  hold(deed: Deed, at: Moment = "call"): Held {
    let arrive!: () => void;
    let release!: () => void;
    const arrived = new Promise<void>((resolve) => arrive = resolve);
    const released = new Promise<void>((resolve) => release = resolve);
    this.#holds.push({ deed, at, arrive, released });
    return { arrived, release };
  }

  /** Makes the next call that does this deed fail; at `"answer"` it has happened all the same. */
  fail(deed: Deed, error: unknown, at: Moment = "call"): void {
    const released = Promise.reject(error);
    released.catch(() => {});
    this.#holds.push({ deed, at, arrive: () => {}, released });
  }

  stop(verb: string, at: Moment): Promise<void> | undefined {
    const deed = DEEDS[verb];
    if (deed === undefined) return undefined;
    const index = this.#holds.findIndex((hold) => hold.deed === deed && hold.at === at);
    if (index < 0) return this.everyStop?.(deed, at);
    const [held] = this.#holds.splice(index, 1);
    held!.arrive();
    return held!.released;
  }

  /** A native store behind this gate. */
  native<S extends SessionStore>(store: S): S {
    return intercept(store, async ({ verb }, proceed) => {
      await this.stop(verb, "call");
      const answer = await proceed();
      await this.stop(verb, "answer");
      return answer;
    });
  }

  /** A store as people wrote them for express-session, behind this gate. */
  callbackStore(): { store: Any; texts: Map<string, string> } {
    const texts = new Map<string, string>();
    const verb = (name: string, act: (id: string, session: Any) => unknown) =>
    (
      id: string,
      ...rest: Any[]
    ) => {
      const callback = rest.at(-1);
      // A store writes down what it was handed when it was handed it.
      const session = typeof rest[0] === "function" ? undefined : JSON.stringify(rest[0]);
      const run = async () => {
        await this.stop(name, "call");
        const answer = act(id, session);
        await this.stop(name, "answer");
        setImmediate(() => typeof callback === "function" && callback(null, answer));
      };
      run().catch((error) => setImmediate(callback, error));
    };
    const store = Object.assign(new Store(), {
      get: verb("get", (id) => texts.has(id) ? JSON.parse(texts.get(id)!) : undefined),
      set: verb("set", (id, text) => void texts.set(id, text)),
      destroy: verb("destroy", (id) => void texts.delete(id)),
      touch: verb("touch", (id, text) => {
        if (!texts.has(id)) return;
        const { cookie } = JSON.parse(text);
        texts.set(id, JSON.stringify({ ...JSON.parse(texts.get(id)!), cookie }));
      }),
    });
    return { store, texts };
  }
}
