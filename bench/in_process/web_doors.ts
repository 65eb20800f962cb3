/** The Web entries against the session middleware of Hono and iron-session: runs on Node, Deno and Bun. */
import { useSession, useSessionStorage } from "@hono/session";
import { Hono } from "hono";
import { MemoryStore, sessionMiddleware } from "hono-sessions";
import { getIronSession, webCookies } from "iron-session";
import { createSessions } from "../../mod.ts";
import { session as honoDoor } from "../../src/web/hono.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { dataOf } from "../lib/payload.ts";
import type { Contestant } from "../lib/rounds.ts";
import type { Scenario } from "../scenarios.ts";

const SECRET = "bench-secret-bench-secret-bench-secret";
const DAY = 24 * 60 * 60;
const ORIGIN = "https://bench.test/";

// deno-lint-ignore no-explicit-any
type Loose = any;
type Fetch = (request: Request) => Response | Promise<Response>;
type Act = Scenario["act"] | "seed";
/** Something that can do every act; `reset` empties its store. */
interface Subject {
  readonly name: string;
  readonly floor?: string;
  fetchFor(act: Act): Fetch;
  reset(): void;
  /** The most bytes of data its sessions hold. */
  readonly most: number;
}

const USER = { id: "u-1", name: "Ada Lovelace", roles: ["reader"] };

/** What the seeding handler stores next. */
let seeding: Record<string, unknown> = {};

function need(user: unknown): void {
  if (user === undefined || user === null) {
    throw new Error("The session was not found");
  }
}

function needNobody(user: unknown): void {
  if (user !== undefined && user !== null) {
    throw new Error("Nobody should be there");
  }
}

type Acts = Record<Act, (c: Loose) => unknown>;

function honoApp(act: Act, middleware: readonly Loose[], acts: Acts): Fetch {
  const app = new Hono();
  for (const each of middleware) app.use(each);
  const run = acts[act];
  app.all("/", async (c: Loose) => {
    await run(c);
    return c.text("ok");
  });
  app.onError((error) => {
    throw error;
  });
  return app.fetch as Fetch;
}

const nothing = async () => {};

const honoFloor = honoApp("nothing", [], { nothing } as unknown as Acts);
// The same shape of handler: an async function that answers.
// deno-lint-ignore require-await
const fetchFloor: Fetch = async () => new Response("ok");

/** The same acts for both doors of ours: `session` is the same object there. */
const OUR_ACTS: Record<Act, (session: Loose) => unknown> = {
  nothing: () => {},
  ask: (session) => needNobody(session.user),
  read: (session) => need(session.user),
  write: (session) => {
    session.views = (session.views ?? 0) + 1;
  },
  login: async (session) => {
    await session.login("u-1");
    session.user = USER;
  },
  logout: (session) => session.destroy(),
  seed: (session) => Object.assign(session, seeding),
};

function oursOnFetch(): Subject {
  const store = memoryStore();
  const sessions = createSessions({
    secret: SECRET,
    store,
    cookie: { maxAge: DAY * 1000 },
  });
  return {
    name: "websession (fetch)",
    floor: "fetch floor",
    most: Infinity,
    reset: () => store.clear(),
    fetchFor: (act) => {
      const run = OUR_ACTS[act];
      return sessions.wrap(async (_request, session) => {
        const pending = run(session);
        if (pending !== undefined) await pending;
        return new Response("ok");
      });
    },
  };
}

function oursOnHono(): Subject {
  const store = memoryStore();
  const options = { secret: SECRET, store, cookie: { maxAge: DAY * 1000 } };
  const middleware = honoDoor(options);
  const acts = Object.fromEntries(
    Object.entries(OUR_ACTS).map((
      [act, run],
    ) => [
      act,
      act === "nothing" ? nothing : (c: Loose) => run(c.get("session")),
    ]),
  ) as Acts;
  return {
    name: "websession (Hono)",
    most: Infinity,
    reset: () => store.clear(),
    fetchFor: (act) => honoApp(act, [middleware], acts),
  };
}

function honoSession(): Subject {
  // Texts, as every store must keep them that is not to share live objects between requests.
  const texts = new Map<string, string>();
  const storage = {
    get: (id: string) => {
      const text = texts.get(id);
      return text === undefined ? null : JSON.parse(text);
    },
    set: (id: string, data: unknown) => void texts.set(id, JSON.stringify(data)),
    delete: (id: string) => void texts.delete(id),
  };
  const middleware = [
    useSessionStorage(storage as Loose),
    useSession({ secret: SECRET, duration: { absolute: DAY } }),
  ];
  return {
    name: "@hono/session",
    most: Infinity,
    reset: () => texts.clear(),
    fetchFor: (act) =>
      honoApp(act, middleware, {
        nothing,
        ask: async (c) => needNobody((await c.get("session").get())?.user),
        read: async (c) => need((await c.get("session").get()).user),
        write: (c) =>
          c.get("session").update((data: Loose) => ({
            ...data,
            views: data.views + 1,
          })),
        login: (c) => c.get("session").update({ user: USER }),
        logout: async (c) => {
          await c.get("session").get();
          c.get("session").delete();
        },
        seed: (c) => c.get("session").update(seeding),
      }),
  };
}

function honoSessions(): Subject {
  const store = new MemoryStore();
  const middleware = sessionMiddleware({
    store,
    encryptionKey: SECRET,
    expireAfterSeconds: DAY,
    cookieOptions: { sameSite: "Lax", path: "/", httpOnly: true, secure: true },
  });
  return {
    name: "hono-sessions",
    most: Infinity,
    reset: () => store.data.clear(),
    fetchFor: (act) =>
      honoApp(act, [middleware], {
        nothing,
        ask: (c) => needNobody(c.get("session").get("user")),
        read: (c) => need(c.get("session").get("user")),
        write: (c) => {
          const session = c.get("session");
          session.set("views", (session.get("views") ?? 0) + 1);
        },
        login: (c) => {
          c.set("session_key_rotation", true);
          c.get("session").set("user", USER);
        },
        logout: (c) => c.get("session").deleteSession(),
        seed: (c) => {
          for (const [key, value] of Object.entries(seeding)) {
            c.get("session").set(key, value);
          }
        },
      }),
  };
}

function ironSession(): Subject {
  const options = { cookieName: "iron", password: SECRET, ttl: DAY };
  const acts: Record<Act, (session: Loose) => unknown> = {
    nothing: () => {},
    ask: (session) => needNobody(session.user),
    read: (session) => need(session.user),
    write: (session) => {
      session.views = (session.views ?? 0) + 1;
      return session.save();
    },
    login: (session) => {
      session.user = USER;
      return session.save();
    },
    logout: (session) => session.destroy(),
    seed: (session) => Object.assign(session, seeding).save(),
  };
  return {
    name: "iron-session",
    // Browsers drop cookies above 4096 bytes.
    most: 2000,
    reset: () => {},
    fetchFor: (act) => {
      const run = acts[act];
      const app = new Hono();
      app.all("/", async (c: Loose) => {
        const headers = new Headers();
        const session = await getIronSession(
          webCookies(c.req.raw, headers),
          options,
        );
        await run(session);
        for (const cookie of headers.getSetCookie()) {
          c.header("set-cookie", cookie, { append: true });
        }
        return c.text("ok");
      });
      return app.fetch as Fetch;
    },
  };
}

function requestOf(method: string, cookie: string | undefined): Request {
  return new Request(ORIGIN, {
    method,
    headers: cookie === undefined ? BARE : { ...BARE, cookie },
  });
}

const BARE: Record<string, string> = {
  accept: "text/html",
  "accept-language": "en-GB,en;q=0.7",
};

/** What a browser sends back: of two cookies of one name the last. */
function pairsOf(response: Response): string {
  const pairs = response.headers.getSetCookie().map((each) => each.slice(0, each.indexOf(";")));
  const byName = new Map(
    pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair]),
  );
  return [...byName.values()].join("; ");
}

function contestant(subject: Subject, scenario: Scenario): Contestant {
  const fetch = subject.fetchFor(scenario.act);
  const seed = subject.fetchFor("seed");
  const { method, bytes, visitors, act } = scenario;
  let cookies: (string | undefined)[] = [undefined];
  let seeded = false;
  return {
    name: subject.name,
    ...(subject.floor === undefined ? {} : { floor: subject.floor }),
    async prepare(count) {
      if (seeded && act !== "login" && act !== "logout" && bytes > 0) {
        return;
      }
      seeded = true;
      subject.reset();
      if (bytes === 0) return;
      cookies = [];
      for (let index = 0; index < (visitors || count); index++) {
        seeding = dataOf(bytes, index);
        cookies.push(pairsOf(await seed(requestOf("POST", undefined))));
      }
    },
    request: (index) =>
      fetch(requestOf(method, cookies[index % cookies.length])) as Promise<
        Response
      >,
  };
}

/** Not a peer: what Hono takes to run any middleware that sets a variable. */
const emptyMiddleware = honoApp(
  "nothing",
  [async (c: Loose, next: () => Promise<void>) => {
    c.set("session", USER);
    await next();
  }],
  { nothing } as unknown as Acts,
);

const SUBJECTS: readonly (() => Subject)[] = [
  oursOnFetch,
  oursOnHono,
  honoSession,
  honoSessions,
  ironSession,
];

/** Two floors, Hono's first, then ours and the peers that can do this work. */
export function webDoors(scenario: Scenario): Contestant[] {
  const cookie = scenario.bytes === 0 ? undefined : "__Host-session=" + "x".repeat(80);
  const floor = (name: string, fetch: Fetch): Contestant => ({
    name,
    request: () => fetch(requestOf(scenario.method, cookie)) as Promise<Response>,
  });
  const subjects = SUBJECTS.map((make) => make()).filter(({ most }) => scenario.bytes <= most);
  return [
    floor("Hono floor", honoFloor),
    floor("fetch floor", fetchFloor),
    floor("empty middleware", emptyMiddleware),
    ...subjects.map((subject) => contestant(subject, scenario)),
  ];
}

/** Runs each act once and checks what it must have done; a contestant that does less is out. */
export async function checkWebDoors(): Promise<void> {
  for (const make of SUBJECTS) {
    const subject = make();
    const must = (holds: boolean, what: string): void => {
      if (!holds) throw new Error(`${subject.name}: ${what}`);
    };
    seeding = dataOf(200, 1);
    const run = async (act: Act, cookie?: string) =>
      await subject.fetchFor(act)(requestOf("POST", cookie));
    const login = await run("login");
    must(login.status === 200 && pairsOf(login) !== "", "login sets a cookie");
    must(
      (await run("read", pairsOf(login))).status === 200,
      "read finds the session of a login",
    );
    const seeded = pairsOf(await run("seed"));
    must((await run("read", seeded)).status === 200, "read finds the session");
    const written = pairsOf(await run("write", seeded)) || seeded;
    must(
      (await run("read", written)).status === 200,
      "read finds the session after a write",
    );
    must((await run("logout", written)).status === 200, "logout answers");
  }
}
