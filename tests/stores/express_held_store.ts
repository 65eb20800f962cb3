/** A callback store whose calls wait at named moments until a test lets them go on. */
import type { SessionStore } from "../../src/store.ts";
import { fromExpressStore } from "../../src/stores/express.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

/** Before a call takes effect, between the two halves of `touch()`, or before it answers. */
export type Moment = "call" | "between" | "answer";

interface Hold {
  readonly verb: string;
  readonly at: Moment;
  arrive(): void;
  readonly released: Promise<unknown>;
}

export interface Held {
  /** Settles when a call stands there. */
  readonly arrived: Promise<void>;
  /** Lets it go on; with an error, it fails. */
  release(error?: Error): void;
}

export interface HeldStore {
  readonly store: Any;
  readonly texts: Map<string, string>;
  /** The verbs that were called, in order. */
  readonly calls: string[];
  /** What `set()` was handed. */
  readonly given: Any[];
  /** Stops the next call of a verb. */
  hold(verb: string, at?: Moment): Held;
}

export function heldStore(): HeldStore {
  const texts = new Map<string, string>();
  const holds: Hold[] = [];
  const calls: string[] = [];
  const given: Any[] = [];

  async function stop(verb: string, at: Moment): Promise<void> {
    const index = holds.findIndex((hold) => hold.verb === verb && hold.at === at);
    if (index < 0) return;
    const [hold] = holds.splice(index, 1);
    hold!.arrive();
    const error = await hold!.released;
    if (error !== undefined) throw error;
  }

  /** Takes effect in steps; stops before each, and before the answer. */
  function run(verb: string, callback: Any, ...steps: (() => unknown)[]): void {
    calls.push(verb);
    const act = async () => {
      let result: unknown;
      for (const [index, step] of steps.entries()) {
        await stop(verb, index === 0 ? "call" : "between");
        result = step();
      }
      await stop(verb, "answer");
      return result;
    };
    act().then((result) => callback?.(null, result), (error) => callback?.(error));
  }

  const parsed = (id: string): Any => texts.has(id) ? JSON.parse(texts.get(id)!) : undefined;
  const store = {
    get: (id: string, callback: Any) => run("get", callback, () => parsed(id)),
    set(id: string, session: Any, callback: Any) {
      given.push(session);
      const text = JSON.stringify(session);
      run("set", callback, () => void texts.set(id, text));
    },
    destroy: (id: string, callback: Any) => run("destroy", callback, () => void texts.delete(id)),
    clear: (callback: Any) => run("clear", callback, () => texts.clear()),
    touch(id: string, session: Any, callback: Any) {
      const cookie = JSON.stringify(session.cookie);
      let found: Any;
      run("touch", callback, () => void (found = parsed(id)), () => {
        if (found) texts.set(id, JSON.stringify({ ...found, cookie: JSON.parse(cookie) }));
      });
    },
  };

  function hold(verb: string, at: Moment = "call"): Held {
    let arrive!: () => void;
    let release!: (error?: Error) => void;
    const arrived = new Promise<void>((resolve) => arrive = resolve);
    const released = new Promise<unknown>((resolve) => release = resolve);
    holds.push({ verb, at, arrive, released });
    return { arrived, release };
  }
  return { store, texts, calls, given, hold };
}

/** A promise of what a callback will be told. */
export function told(act: (done: (error?: Any, value?: Any) => void) => unknown): Promise<Any> {
  return new Promise((resolve, reject) => {
    act((error, value) => error ? reject(error) : resolve(value));
  });
}

/** A record with these data; its cookie lives for an hour. */
export function recordOf(data: object, cookie: object = {}): { json: string; expires: number } {
  const expires = Date.now() + 3_600_000;
  const whole = {
    originalMaxAge: 3_600_000,
    expires: new Date(expires).toISOString(),
    httpOnly: true,
    path: "/",
    ...cookie,
  };
  return { json: JSON.stringify({ cookie: whole, ...data }), expires };
}

/** The data in a stored text, without the cookie. */
export function dataOf(text: string | undefined): Any {
  if (text === undefined) return undefined;
  const { cookie: _, ...data } = JSON.parse(text);
  return data;
}

export interface Scene extends HeldStore {
  readonly wrapper: SessionStore;
  /** The data a visitor finds, and what the store has. */
  read(): Promise<Any>;
  stored(): Any;
  version(): Promise<unknown>;
  session(): Promise<Any>;
  /** Stores data instead of what `mark` marks, and says what came of it. */
  write(data: object, mark: unknown): Promise<string>;
  /** A visit that only reads, between the two halves of its `touch()`. */
  slowVisit(): Promise<{ visit: Promise<boolean>; gate: Held }>;
}

export const ID = "the-session";

/** Anna's session in a store whose calls can be held. */
export async function begin(): Promise<Scene> {
  const held = heldStore();
  const wrapper = fromExpressStore(held.store);
  await wrapper.create(ID, recordOf({ user: "anna" }));
  held.calls.length = held.given.length = 0;
  const found = async () => await wrapper.read(ID);
  const session = async () => JSON.parse((await found())!.json);
  return {
    ...held,
    wrapper,
    session,
    read: async () => dataOf((await found())?.json),
    stored: () => dataOf(held.texts.get(ID)),
    version: async () => (await found())!.version,
    write: async (data, mark) =>
      (await wrapper.commit(ID, recordOf({ user: "anna", ...data }), mark)).status,
    async slowVisit() {
      const visitor = await session();
      const gate = held.hold("touch", "between");
      const visit = wrapper.touch(ID, null, visitor) as Promise<boolean>;
      await gate.arrived;
      return { visit, gate };
    },
  };
}

/** Whatever is under way and not held is done. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}
