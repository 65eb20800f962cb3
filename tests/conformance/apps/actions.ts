/** What the conformance app does, told once: each door only gives it the request's session. */

/** A session of any door, as the actions use it. */
// deno-lint-ignore no-explicit-any
export type AnySession = Record<string, any>;

/** What an action answers; each door makes its own kind of response of it. */
export interface Answer {
  status?: number;
  headers?: [string, string][];
  body?: string;
  /** Chunks written one after another; `after` runs before the last one. */
  chunks?: { first: string; last: string; after(): unknown };
}

export interface Asked {
  path: string;
  query: URLSearchParams;
}

const json = (value: unknown): Answer => ({
  headers: [["content-type", "application/json"]],
  body: JSON.stringify(value),
});

/** Requests that wait until the test lets them go: a race without sleeping. */
const held = new Set<string>();
const released = new Set<string>();

async function hold(name: string): Promise<void> {
  held.add(name);
  // Asked again and again: some runtimes let no request wake another one up.
  for (let tries = 0; !released.has(name) && tries < 3000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  held.delete(name);
  released.delete(name);
}

function dataOf(session: AnySession): Record<string, unknown> {
  const { cookie: _cookie, $websession: _notes, ...data } = session;
  return data;
}

/** Changes the session as the query says: `set.<key>=<value>`, `drop=<key>`. */
function change(session: AnySession, query: URLSearchParams): void {
  for (const [name, value] of query) {
    if (name.startsWith("set.")) session[name.slice(4)] = value;
    if (name === "drop") delete session[value];
  }
}

/** What the Web entries have as a session's methods, and Express as functions of the request. */
export interface Methods {
  login(subject: string, options: { keep?: string[] }): Promise<void>;
  logout(): Promise<void>;
  update(change: (data: AnySession) => unknown): Promise<unknown>;
  take(key: string): Promise<unknown>;
}

type Action = (
  session: () => AnySession,
  query: URLSearchParams,
  methods: Methods,
) => Answer | Promise<Answer>;

/**
 * The actions by path. `session()` is called anew after each step that may
 * replace the object, as Express does.
 */
export const actions: Record<string, Action> = {
  "/": () => ({ body: "hello" }),
  "/data": (session) => json(dataOf(session())),
  "/set": (session, query) => {
    change(session(), query);
    return json(dataOf(session()));
  },
  "/views": (session) => {
    session()["views"] = (session()["views"] ?? 0) + 1;
    return json(session()["views"]);
  },
  "/save": async (session, query) => {
    change(session(), query);
    await session()["save"]();
    return json("saved");
  },
  "/held": (_session, query) => json(held.has(query.get("name")!)),
  "/release": (_session, query) => {
    released.add(query.get("name")!);
    return json("released");
  },
  "/slow": async (session, query) => {
    // Express keeps the object it had: what replaces it belongs to another request.
    const mine = session();
    await hold(query.get("name")!);
    change(mine, query);
    let error = "none";
    if (query.has("save")) {
      await mine["save"]().catch((caught: AnySession) => error = caught["code"]);
    }
    return json(error);
  },
  "/login": async (session, query, { login }) => {
    const { keep } = Object.fromEntries(query);
    await login(query.get("user")!, keep === undefined ? {} : { keep: keep.split(",") });
    session()["user"] = query.get("user");
    return { status: 303, headers: [["location", "/data"]] };
  },
  "/regenerate": async (session, query) => {
    await session()["regenerate"](query.has("keep") ? { keep: true } : {});
    change(session(), query);
    return json("regenerated");
  },
  "/logout": async (_session, _query, { logout }) => {
    await logout();
    return json("out");
  },
  "/increment": async (_session, _query, { update }) => {
    return json(await update((data) => data["n"] = (data["n"] ?? 0) + 1));
  },
  "/take": async (_session, query, { take }) => json(await take(query.get("key")!) ?? null),
  "/redirect": (session, query) => {
    change(session(), query);
    return { status: 302, headers: [["location", "/data"]] };
  },
  "/empty": (session, query) => {
    change(session(), query);
    return { status: 204 };
  },
  "/not-modified": (session, query) => {
    change(session(), query);
    return { status: 304, headers: [["etag", '"1"']] };
  },
  "/cookies": (session, query) => {
    change(session(), query);
    return {
      headers: [["set-cookie", "one=1; Path=/"], ["set-cookie", "two=2; Path=/"]],
      body: "ok",
    };
  },
  "/stream": (session, query) => {
    change(session(), query);
    const mine = session();
    return {
      chunks: {
        first: "first ",
        last: "last",
        async after() {
          await hold(query.get("name")!);
          mine["streamed"] = "yes";
          await mine["save"]();
        },
      },
    };
  },
  "/boom": (session, query) => {
    change(session(), query);
    throw new Error("boom");
  },
  "/failing": (session, query) => {
    change(session(), query);
    return { status: 503, body: "sorry" };
  },
};

/** Runs the action of a path; unknown paths are a 404. */
export async function act(
  asked: Asked,
  session: () => AnySession,
  methods: Methods = ofSession(session()),
): Promise<Answer> {
  const action = actions[asked.path];
  if (action === undefined) return { status: 404, body: "none" };
  return await action(session, asked.query, methods);
}

function ofSession(session: AnySession): Methods {
  return {
    login: (subject, options) => session["login"](subject, options),
    logout: () => session["logout"](),
    update: (change) => session["update"](change),
    take: (key) => session["take"](key),
  };
}

/** An answer as a `Response`, for the Web entries. */
export function toResponse({ status = 200, headers = [], body, chunks }: Answer): Response {
  if (chunks === undefined) return new Response(body ?? null, { status, headers });
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(encoder.encode(chunks.first));
      await chunks.after();
      controller.enqueue(encoder.encode(chunks.last));
      controller.close();
    },
  });
  return new Response(stream, { status, headers: [["content-type", "text/plain"], ...headers] });
}
