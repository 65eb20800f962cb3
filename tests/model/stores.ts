/** Every shape of store, behind the gate. */
import expressSession from "express-session";
import { Store, toExpressStore } from "../../src/express/mod.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Gate } from "./gate.ts";
import type { Deed, StoreName } from "./program.ts";
import type { World } from "./world.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** What a store keeps under an id. */
export interface Kept {
  // deno-lint-ignore no-explicit-any
  readonly data: Record<string, any>;
  readonly text: string;
  readonly expires: number | null;
}

export interface Shape {
  /** For the Express entry, and for the Web's. */
  readonly express: Any;
  readonly web: Any;
  records(): Map<string, Kept>;
}

const NATIVE: Record<string, Deed> = {
  create: "write",
  read: "read",
  readAndTouch: "read",
  commit: "write",
  touch: "touch",
  rotate: "write",
  destroy: "destroy",
  list: "index",
  destroyAll: "index",
};

export function makeStore(name: StoreName, gate: Gate, world: World): Shape {
  if (name === "atomic" || name === "sliding") return native(name, gate, world);
  if (name === "expressSession") return realStore(gate);
  return callbacks(name, gate);
}

function native(name: "atomic" | "sliding", gate: Gate, world: World): Shape {
  const memory = memoryStore({ sweepInterval: 0, now: () => world.now });
  // As a store on another machine: it cannot tell without waiting that a record is gone.
  const missing: ReadonlySet<unknown> = new Set(
    name === "atomic" ? ["isGone", "readAndTouch"] : ["isGone"],
  );
  const store = new Proxy(memory, {
    has: (target, key) => !missing.has(key) && key in target,
    get(target, key) {
      if (missing.has(key)) return undefined;
      const value = Reflect.get(target, key, target) as Any;
      const deed = NATIVE[key as string];
      if (deed === undefined || typeof value !== "function") return value;
      return (...args: Any[]) => {
        const ids = key === "rotate" ? [args[0], args[1]] : deed === "index" ? [] : [args[0]];
        // What it is handed it writes down at once, before it sends it anywhere.
        const sent = args.map((arg) => {
          if (typeof arg?.json !== "string") return arg;
          return { json: arg.json, expires: arg.expires, subject: arg.subject };
        });
        const effects = [() => value.apply(target, sent)];
        return gate.pass({ deed, verb: key as string, ids, effects });
      };
    },
  });
  return {
    express: toExpressStore(store),
    web: store,
    records: () =>
      new Map(
        memory.ids().flatMap((id) => {
          const stored = memory.peek(id);
          return stored === undefined ? [] : [[id, kept(stored.json, stored.expires)]];
        }),
      ),
  };
}

/** A store as people wrote them for express-session: it keeps texts, and never looks at an end. */
function callbacks(name: StoreName, gate: Gate): Shape {
  const texts = new Map<string, string>();
  const get = (id: string) => () => texts.has(id) ? JSON.parse(texts.get(id)!) : undefined;
  const verbs: Record<string, (id: string, text: string) => (() => unknown)[]> = {
    get: (id) => [get(id)],
    set: (id, text) => [() => void texts.set(id, text)],
    destroy: (id) => [() => void texts.delete(id)],
    touch: (id, text) => {
      let found: Any;
      const read = () => void (found = get(id)());
      const write = () => {
        if (found !== undefined) found.cookie = JSON.parse(text).cookie;
        if (found !== undefined) texts.set(id, JSON.stringify(found));
      };
      return name === "slowTouch" ? [read, write] : [() => (read(), write())];
    },
  };
  const deeds: Record<string, Deed> = { get: "read", set: "write" };
  const store: Any = new Store();
  for (const [verb, effectsOf] of Object.entries(verbs)) {
    if (verb === "touch" && name === "noTouch") continue;
    store[verb] = (id: string, ...rest: Any[]) => {
      const callback = rest.at(-1);
      // It writes down what it was handed when it was handed it.
      const text = typeof rest[0] === "function" ? "" : JSON.stringify(rest[0]);
      const isMute = verb === "touch" && name === "muteTouch";
      const deed = deeds[verb] ?? verb as Deed;
      gate.pass({ deed, verb, ids: [id], effects: effectsOf(id, text), isMute })
        .then((value) => callback?.(null, value), (error) => callback?.(error));
    };
  }
  return {
    express: store,
    web: fromExpressStore(store),
    records: () => new Map(Array.from(texts, ([id, text]) => [id, kept(text)])),
  };
}

/** The store express-session brings along: its own class, with its own sessions and cookies. */
function realStore(gate: Gate): Shape {
  const store: Any = new expressSession.MemoryStore();
  const deeds: Record<string, Deed> = { get: "read", set: "write" };
  for (const verb of ["get", "set", "destroy", "touch"]) {
    const real = store[verb];
    store[verb] = (id: string, ...rest: Any[]) => {
      const callback = rest.at(-1);
      const hasSession = typeof rest[0] === "object" && rest[0] !== null;
      const session = hasSession && JSON.parse(JSON.stringify(rest[0]));
      const effect = () => {
        let value: unknown;
        if (verb === "get") {
          const text = store.sessions[id];
          const found = text && JSON.parse(text);
          const ends = found?.cookie.expires;
          value = found && (!ends || Date.parse(ends) > Date.now()) ? found : undefined;
        } else if (hasSession) real.call(store, id, session, () => {});
        else real.call(store, id, () => {});
        return value;
      };
      const deed = deeds[verb] ?? verb as Deed;
      gate.pass({ deed, verb, ids: [id], effects: [effect] })
        .then((value) => callback?.(null, value), (error) => callback?.(error));
    };
  }
  const texts = () => Object.entries(store.sessions as Record<string, string>);
  return {
    express: store,
    web: fromExpressStore(store),
    records: () => new Map(texts().map(([id, text]) => [id, kept(text)])),
  };
}

function kept(text: string, expires?: number | null): Kept {
  const data = JSON.parse(text);
  const end = data.cookie?.expires;
  return { data, text, expires: expires !== undefined ? expires : end ? Date.parse(end) : null };
}
