/** Calls that go past the middleware: `store.destroy(id)` or `store.set(id, …)`, by the application. */
import { goneError } from "../../errors.ts";
import { sharedByBuilds } from "../../shared_by_builds.ts";
import { isPromise } from "../../maybe_promise.ts";
import { call } from "./call.ts";
import { type CallbackStore, wrapperOf } from "./callback_store.ts";
import type { DirectCalls } from "./direct_calls.ts";
import type { Deed } from "./sent.ts";
import type { ExpressStoreLike } from "./express_store_like.ts";
import { hasEnded, noteTaken, takenFrom } from "./taken.ts";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Callback = (...args: unknown[]) => void;

const DEEDS = { set: "write", touch: "touch", destroy: "destroy" } as const;

const watched = sharedByBuilds("watched", () => new WeakSet<ExpressStoreLike>());

/**
 * From now on what the application asks of the store is known to requests in
 * flight: what it ends is gone for them, what it stores they do not overwrite.
 */
export function watchCalls(store: ExpressStoreLike): void {
  if (watched.has(store)) return;
  watched.add(store);
  const wrapper = wrapperOf(store);
  const { direct } = wrapper;
  replace(store, "get", (method) => watchedGet(wrapper, method));
  replace(store, "createSession", watchedCreation);
  replace(store, "clear", (method) => watchedClear(direct, method));
  for (const [name, deed] of Object.entries(DEEDS)) {
    replace(store, name, (method) => watchedMethod(direct, deed, method));
  }
}

function replace(store: object, name: string, watching: (method: Method) => Method): void {
  const method = (store as Record<string, unknown>)[name];
  if (typeof method !== "function") return;
  Object.defineProperty(store, name, {
    configurable: true,
    writable: true,
    enumerable: Object.getOwnPropertyDescriptor(store, name)?.enumerable ?? false,
    value: watching(method as Method),
  });
}

/** Nothing that has ended is found, and nothing acknowledged is missing. */
function watchedGet(wrapper: CallbackStore, method: Method): Method {
  const { direct } = wrapper;
  return function (...args) {
    const [id] = args;
    const callback = args.at(-1);
    if (typeof id !== "string" || typeof callback !== "function" || direct.isOwnGet(id)) {
      return method.apply(this, args);
    }
    const version = direct.versionOf(id);
    const answerTo = direct.look(id);
    return method.call(this, ...args.slice(0, -1), (...answer: unknown[]) => {
      const [error, session, ...others] = answer;
      if (error) return callback(...answer);
      const seen = answerTo(session);
      if (typeof seen === "object" && seen !== null) {
        noteTaken(seen, { store: wrapper, id, json: JSON.stringify(seen), version });
      }
      return seen === session ? callback(...answer) : callback(error, seen, ...others);
    });
  };
}

/** What was taken as data is known when it has become a session. */
function watchedCreation(method: Method): Method {
  return function (...args) {
    const data = args[1];
    const taken = typeof data === "object" && data !== null ? takenFrom(data) : undefined;
    return noteTaken(method.apply(this, args), taken);
  };
}

function watchedMethod(direct: DirectCalls, deed: Deed, method: Method): Method {
  return function (...args) {
    const [id, given] = args;
    const session = typeof given === "object" && given !== null ? given : undefined;
    if (typeof id !== "string" || direct.isOwn(deed, id, session)) {
      return method.apply(this, args);
    }
    const callback = args.at(-1);
    // A session of ours that has ended: whoever stores it would bring it back.
    if (deed !== "destroy" && hasEnded(session, id)) {
      const error = deed === "write" ? [goneError()] : [];
      if (typeof callback === "function") queueMicrotask(() => callback(...error));
      return undefined;
    }
    const run = (act: () => unknown) => direct.run(deed, id, session, act);
    return asked(this, method, args, run);
  };
}

/** Requests in flight bring nothing back. */
function watchedClear(direct: DirectCalls, method: Method): Method {
  return function (...args) {
    return asked(this, method, args, (act) => direct.clear(act));
  };
}

function asked(store: unknown, method: Method, args: unknown[], run: Run): unknown {
  const callback = args.at(-1);
  return typeof callback === "function"
    ? withCallback(callback as Callback, run, (done) => {
      return method.call(store, ...args.slice(0, -1), done);
    })
    : withoutCallback(run, () => method.apply(store, args));
}

type Run = (act: () => unknown) => unknown;

/** The caller is told what the store said, or that the session has ended meanwhile. */
function withCallback(callback: Callback, run: Run, ask: (done: Callback) => unknown): unknown {
  let said: unknown[] | undefined;
  let returned: unknown;
  const hear = (done: (error?: unknown) => void) => (...args: unknown[]) => {
    said ??= args;
    done(args[0]);
  };
  const answered = () => callback(...said!);
  const failed = (error: unknown) => callback(...(said?.[0] ? said : [error]));
  let outcome: unknown;
  try {
    outcome = run(() => call((done) => returned = ask(hear(done))));
  } catch (error) {
    // The store threw, and nobody has called back.
    if (said === undefined) throw error;
    failed(error);
    return returned;
  }
  if (!isPromise(outcome)) {
    answered();
    return returned;
  }
  outcome.then(answered, failed).catch((error) => {
    // What a callback throws is no rejection.
    queueMicrotask(() => {
      throw error;
    });
  });
  return returned;
}

/** Where the store neither calls back nor promises anything, it is taken to be done. */
function withoutCallback(run: Run, ask: () => unknown): unknown {
  let returned: unknown;
  const outcome = run(() => returned = ask());
  if (!isPromise(returned)) return returned;
  return (outcome as Promise<unknown>).then(() => returned);
}
