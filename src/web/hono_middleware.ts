/** The Hono middleware, whichever store its options begin with. */
import type { Context, MiddlewareHandler } from "hono";
import { kindOf } from "../errors.ts";
import { after, isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import type {
  HonoSealedSessionOptions,
  HonoSessionOptions,
  HonoSharedSessions,
  OptionsOrFunction,
  SessionEnv,
} from "./hono_options.ts";
import { answerOf, openSession } from "./open_session.ts";
import type { RequestSession } from "./request_session.ts";
import { respond } from "./response.ts";
import type { SessionShape } from "./session.ts";
import { respondThrown, wasAborted } from "./thrown.ts";
import { type LazyAdapter, lazyAdapterOf, webAdapter } from "./web_adapter.ts";

type AnyOptions<Data extends SessionShape, Key extends string> =
  | HonoSessionOptions<Key>
  | HonoSealedSessionOptions<Key>
  | HonoSharedSessions<Data, Key>;

/** What one middleware does with requests, made from its options. */
interface Installed {
  readonly adapter: LazyAdapter;
  readonly key: string;
}

/** Where a context notes the middlewares that serve its request. */
const SERVING = Symbol("websession.serving");
type Marked = { [SERVING]?: Installed[] };

/** @param makeStore Makes the store of options that give none; left out, they must give one. */
export function makeMiddleware<Data extends SessionShape, Key extends string>(
  options: OptionsOrFunction<AnyOptions<Data, Key>>,
  makeStore?: () => SessionStore,
): MiddlewareHandler<SessionEnv<Data, Key>> {
  let installed = typeof options === "function" ? undefined : install(options, makeStore);

  return async function session(c, next): Promise<Response | void> {
    const { adapter, key } = installed ??= install(
      typeof options === "function" ? options(c) : options,
      makeStore,
    );
    if (serves(c as Marked, installed)) return next();
    let opened;
    try {
      const opening = openSession(adapter.get(), c.req?.raw);
      // Without cookies there is nothing to wait for.
      opened = isPromise(opening) ? await opening : opening;
    } catch (thrown) {
      return answerOf(thrown);
    }
    c.set(key as Key, opened.session as never);
    try {
      await next();
    } catch (thrown) {
      // Hono answers every Error itself; what arrives here was thrown as something else.
      throw await respondThrown(opened, thrown);
    }
    const isAborted = c.error && wasAborted(c.req.raw, c.error);
    const ended = isAborted ? respondThrown(opened, c.error) : conclude(c, opened);
    if (isPromise(ended)) await ended;
  };
}

function install<Data extends SessionShape>(
  options: AnyOptions<Data, string>,
  makeStore: (() => SessionStore) | undefined,
): Installed {
  const { key = "session" } = options ?? {};
  const adapter = options && "sessions" in options
    ? lazyAdapterOf(options.sessions)
    : webAdapter(options, makeStore, { key });
  if (typeof key !== "string" || key === "") {
    throw new TypeError(`Option "key" must be a non-empty string, not ${kindOf(key)}`);
  }
  return { adapter, key };
}

/** Whether this very middleware serves the request already; another of its kind is refused. */
function serves(c: Marked, installed: Installed): boolean {
  const serving = c[SERVING] ??= [];
  if (serving.includes(installed)) return true;
  const { key, adapter } = installed;
  for (const other of serving) {
    const { name } = adapter.get().options;
    if (other.adapter.get().options.name === name) refuse("name", name);
    if (other.key === key) refuse("key", key);
  }
  serving.push(installed);
  return false;
}

function refuse(option: string, value: string): never {
  throw new TypeError(
    `Option "${option}" must differ between session middlewares, not "${value}" twice`,
  );
}

function conclude(c: Context, opened: RequestSession): MaybePromise<void> {
  const response = c.res;
  return after(respond(opened, response, hasFailed(c)), (answer) => {
    if (answer === response) return;
    // Hono lays the headers of the response before over the new one: here they are in it.
    c.res = undefined;
    c.res = answer;
  });
}

function hasFailed(c: Context): boolean {
  if (c.res.status >= 500) return true;
  // An HTTPException is how Hono's handlers answer; any other error is none.
  return c.error !== undefined && !("getResponse" in c.error);
}
