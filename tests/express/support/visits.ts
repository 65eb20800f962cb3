/** An application whose visitors need no port. */
import { memoryStore } from "../../../src/stores/memory.ts";
import { type Ask, exchange, type Reply, valuesOf } from "./exchange.ts";
import { type Any, ours } from "./libraries.ts";
import { makeStore, type StoreKind } from "./stores.ts";

type Handler = (req: Any, res: Any, sent: () => string) => unknown;

export interface VisitsOptions {
  /** A callback store of that temper; left out: a native one. */
  readonly kind?: StoreKind;
  /** Makes the middleware; left out: ours. */
  readonly session?: (options: Any) => Any;
  /** Answers where there is an error. */
  readonly page?: (error: Error, req: Any, res: Any) => unknown;
  // What session() takes.
  readonly [option: string]: Any;
}

export interface Visit extends Reply {
  /** The value of the session's cookie, still encoded; `undefined`: there was none. */
  readonly cookie: string | undefined;
  /** All of each. */
  readonly cookies: readonly string[];
}

function sayError(error: Error, _req: Any, res: Any): void {
  if (res.headersSent) return;
  res.statusCode = 500;
  res.end(error.message);
}

/** Makes it; what a handler throws is thrown by the visit. */
export function makeVisits(
  { kind, page = sayError, session = ours.session, ...options }: VisitsOptions = {},
) {
  const watched = kind === undefined ? undefined : makeStore(kind, ours);
  const store = options["store"] ?? watched?.store ?? memoryStore({ sweepInterval: 0 });
  const sessions = session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    warn: false,
    ...options,
    store,
  });
  const name = options["name"] ?? "connect.sid";
  const errors: Any[] = [];
  const visit = async (handler: Handler, cookie?: string, ask: Ask = {}): Promise<Visit> => {
    const headers = {
      ...ask.headers,
      ...cookie === undefined ? {} : { Cookie: `${name}=${cookie}` },
    };
    const reply = await exchange((req, res, sent) =>
      new Promise<unknown>((resolve, reject) => {
        sessions(req, res, (error?: Error) => {
          const answer = async () =>
            await (error ? page(error, req, res) : handler(req, res, sent));
          if (error) errors.push(error);
          answer().then(resolve, reject);
        });
      }), { ...ask, headers });
    // What is told on a later turn has been told.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    const cookies = valuesOf(reply, "set-cookie");
    const own = cookies.findLast((text) => text.startsWith(`${name}=`));
    return { ...reply, cookies, cookie: own && /=([^;]*)/.exec(own)![1] };
  };
  let seen = 0;
  return {
    sessions,
    store,
    errors,
    visit,
    /** The ids and texts a callback store has. */
    content: () => watched!.content(),
    /** What was asked of a callback store since the last look. */
    verbs() {
      const verbs = watched!.log.slice(seen).map(({ verb }) => verb);
      seen = watched!.log.length;
      return verbs;
    },
    /** Each event of a name from here on. */
    heard(event: string): Any[] {
      const events: Any[] = [];
      sessions.on(event, (one: Any) => void events.push(one));
      return events;
    },
  };
}

/** A handler that begins a session. */
export const begin: Handler = (req, res) => {
  req.session.n = 1;
  res.end();
};
/** A handler that looks at it, and does no more. */
export const look: Handler = (req, res) => void res.end(JSON.stringify(req.session ?? null));
/** What a session holds, without its cookie. */
export function dataIn({ body }: Reply): Any {
  const { cookie: _, ...data } = JSON.parse(body);
  return data;
}
