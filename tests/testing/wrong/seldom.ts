/** What is seen seldom, as another verb comes first or only some sessions show it. */
import type { StoredSession } from "../../../src/store.ts";
import { type AnyStore } from "../../../src/testing/mod.ts";
import { but } from "../late_store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { WrongStore } from "./wrong_store.ts";

const DESTROYED = ["destroy() removes the record, and again is fine, and of nothing is fine"];
const HANDED = ["what read() handed out stays as it was, whatever is written afterwards"];
const EVERY = ["all() yields every live session once, and length() counts them"];
const ONCE = ["all() yields a session once, also where it is written while it runs"];
const EXPIRED = ["all() and length() leave expired sessions out"];
const AWAY = [
  "a server that cannot be asked is an error of every verb, not a session that is gone",
];

/** A store that can be cut off, with a cache before one verb. */
const cached = (verb: "readAndTouch" | "list"): WrongStore => ({
  fault: `${verb}() answers from memory what it has answered before`,
  caughtBy: AWAY,
  claims: { outage: true },
  make(now) {
    let isAway = false;
    const memory = memoryStore({ now }) as unknown as Record<
      string,
      (...args: unknown[]) => unknown
    >;
    const known = new Map<unknown, unknown>();
    const ask = (name: string) => async (...args: unknown[]) => {
      if (isAway && name === verb && known.has(args[0])) return known.get(args[0]);
      if (isAway) throw new Error("no route to the server");
      const answer = await memory[name]!(...args);
      if (name === verb) known.set(args[0], answer);
      return answer;
    };
    const verbs = ["create", "read", "commit", "touch", "rotate", "destroy", "readAndTouch"];
    verbs.push("length", "clear", "sweep", "list", "destroyAll");
    const store = {
      ...Object.fromEntries(verbs.map((name) => [name, ask(name)])),
      atomic: true,
      async *all() {
        if (isAway) throw new Error("no route to the server");
        yield* memory["all"]!() as AsyncIterable<unknown>;
      },
    } as unknown as AnyStore;
    const outage = () => {
      isAway = true;
      return () => void (isAway = false);
    };
    return { store, outage };
  },
});

export const wrongSeldom: readonly WrongStore[] = [
  {
    fault: "destroy() answers false for a session without an end",
    caughtBy: DESTROYED,
    make: (now) =>
      but(now, (_, memory) => ({
        async destroy(id: string) {
          const isEndless = memory.read(id)?.expires === null;
          return memory.destroy(id) && !isEndless;
        },
      })),
  },
  {
    fault: "sweep(0) drops all",
    caughtBy: [
      "sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones",
    ],
    make: (now) =>
      but(now, (_, memory) => ({ sweep: (limit?: number) => memory.sweep(limit || undefined) })),
  },
  {
    fault: "readAndTouch() hands out the object that the next one changes",
    caughtBy: HANDED,
    make: (now) =>
      but(now, (_, memory) => {
        const handed = new Map<string, object>();
        return {
          async readAndTouch(id: string, maxAge: number) {
            const stored = memory.readAndTouch(id, maxAge);
            if (stored === undefined) return undefined;
            const one = Object.assign(handed.get(id) ?? {}, stored);
            handed.set(id, one);
            return one;
          },
        };
      }),
  },
  {
    fault: "all() leaves out what has no end",
    caughtBy: EVERY,
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          for await (const entry of store.all()) if (entry[1].expires !== null) yield entry;
        },
      })),
  },
  {
    fault: "all() tells the end that the cookie has",
    caughtBy: EVERY,
    make: (now) =>
      but(now, (store) => ({
        async *all(): AsyncIterable<[string, StoredSession]> {
          for await (const [id, stored] of store.all()) {
            const { cookie } = JSON.parse(stored.json) as { cookie: { expires: string | null } };
            const expires = cookie.expires === null ? null : Date.parse(cookie.expires);
            yield [id, { ...stored, expires }];
          }
        },
      })),
  },
  {
    fault: "all() yields again what is written while it runs",
    caughtBy: ONCE,
    make: (now) =>
      but(now, (_, memory) => ({
        async *all(): AsyncIterable<[string, StoredSession]> {
          const seen = new Set<unknown>();
          for (let isNew = true; isNew;) {
            isNew = false;
            for (const id of memory.ids()) {
              const stored = memory.peek(id);
              if (stored === undefined || seen.has(stored.version)) continue;
              seen.add(stored.version);
              isNew = true;
              yield [id, stored];
            }
          }
        },
      })),
  },
  {
    fault: "length() counts what has expired until somebody reads it",
    caughtBy: EXPIRED,
    make: (now) => but(now, (_, memory) => ({ length: async () => memory.ids().length })),
  },
  cached("readAndTouch"),
  cached("list"),
];
