/** The Web entries say why no cookie was sent, and what else keeps sessions from working: once. */
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createSessions, publishTo, type SessionOptions } from "../../mod.ts";
import { getSession, session as honoSession } from "../../src/web/hono.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { type Any, cookieOf, gate, request, SECRET, withVerb } from "./support.ts";
import { sentencesOf } from "../readme/promised.ts";
import { watchWarnings } from "./warned.ts";

const { said } = watchWarnings();

/** The events that sessions made by `make()` have a listener of. */
const listened = new Set<"blocked" | "discarded">();
const heard: string[] = [];
function make(options: Partial<SessionOptions>) {
  const sessions = createSessions<Any>({ secret: SECRET, ...options });
  for (const name of listened) sessions.on(name, ({ reason }) => heard.push(`${name} ${reason}`));
  return sessions;
}

/** One visit that writes; what else happens, the case says. */
async function write(
  options: Partial<SessionOptions>,
  asked: Request,
  act: (session: Any) => unknown = (session) => void (session.n = 1),
): Promise<Response | undefined> {
  const sessions = make(options);
  return await sessions.wrap(async (_request, session) => {
    const answer = await act(session);
    return answer instanceof Response ? answer : new Response("done");
  })(asked).catch(() => undefined);
}

const forwarded = () =>
  new Request("http://app.test/", { headers: { "x-forwarded-proto": "https, http" } });
const login = async (session: Any) => {
  await session.login("ada");
  throw new Error("after the login");
};
const later = async (options: Partial<SessionOptions>) => {
  const sessions = make(options);
  await said();
  const streamed = gate();
  let writing: Promise<void> | undefined;
  const handler = sessions.wrap((_request, session) => {
    writing ??= streamed.wait.then(() => void (session["late"] = true));
    return new Response("streams");
  });
  await handler(request());
  streamed.open();
  await writing;
  await handler(request());
};

type Case = (options: Partial<SessionOptions>) => Promise<unknown>;
const CASES: Record<string, [Case, heading: string]> = {
  "a Secure cookie over plain http": [
    (options) => write(options, request(undefined, "http://0.0.0.0:8000/")),
    "A Secure cookie over plain http",
  ],
  "a proxy that is not trusted": [
    (options) => write(options, forwarded()),
    "A proxy that is not trusted",
  ],
  "a page that cookie.path does not cover": [
    (options) =>
      write({ cookie: { path: "/app" }, ...options }, request(undefined, "https://app.test/login")),
    "A page that cookie.path does not cover",
  ],
  "a redirect that is thrown with a new session": [
    (options) =>
      write(options, request(), (session) => {
        session.n = 1;
        throw { status: 303, location: "/" };
      }),
    "Headers that had left",
  ],
  "a login, and an error after it": [
    (options) => write(options, request(), login),
    "A login before an error",
  ],
  "a call after the response": [
    async (options) => {
      let session: Any = {};
      await write(options, request(), (one) => void (session = one));
      await (session["login"]("ada") as Promise<void>).catch(() => {});
    },
    "A write after the response",
  ],
  "a write in a streaming body": [later, "A write after the response"],
  "a handler that returns nothing": [
    (options) => make(options).wrap(() => undefined)(request()),
    "A handler that returns nothing",
  ],
  "a timeout in seconds": [
    (options) => Promise.resolve(make({ idleTimeout: 1800, ...options })),
    "A time in seconds",
  ],
  "two timeouts in seconds": [
    (options) => Promise.resolve(make({ idleTimeout: 1800, absoluteTimeout: 604_800, ...options })),
    "A time in seconds",
  ],
  "a lifetime in seconds": [
    (options) => write({ cookie: { maxAge: 604_800 }, ...options }, request()),
    "A time in seconds",
  ],
};

const promised = sentencesOf("Web");
const printed = new Set<string>();

/** Where an event tells the same; of the others no listener hears. */
const EVENT_OF: Record<string, string> = {
  "a Secure cookie over plain http": "blocked insecure",
  "a proxy that is not trusted": "blocked insecure",
  "a redirect that is thrown with a new session": "blocked headers-sent",
  "a call after the response": "discarded committed",
  "a write in a streaming body": "discarded committed",
};
afterEach(() => {
  listened.clear();
  heard.length = 0;
});

describe.each(Object.entries(CASES))("%s", (what, [happens, heading]) => {
  test("is told as the page promises, once", async () => {
    await happens({});
    const [sentence = ""] = await said();
    expect(promised.get(heading)).toContain(sentence);
    printed.add(sentence);
    await happens({});
    expect(await said()).toHaveLength(1);
  });

  test("… and by nobody who said `warn: false`", async () => {
    await happens({ warn: false });
    expect(await said()).toEqual([]);
  });

  test("a listener is told in the console's place, where an event is emitted, and only there", async () => {
    listened.add("blocked").add("discarded");
    await happens({});
    const event = EVENT_OF[what];
    expect(await said()).toHaveLength(event === undefined ? 1 : 0);
    if (event !== undefined) expect(heard).toEqual([event]);
  });
});

test("the text ends with how it is silenced", async () => {
  await write({}, forwarded());
  await said();
  expect(vi.mocked(console.warn).mock.calls[0]![0]).toMatch(
    /^websession: .* \(said once; "warn: false" silences it\)$/,
  );
});

test("who listens to the event hears that, and nothing is told", async () => {
  const sessions = createSessions<Any>({ secret: SECRET });
  const heard: string[] = [];
  const leave = sessions.on("blocked", ({ reason }) => heard.push(reason));
  const handler = sessions.wrap((_request, session) => {
    session["n"] = 1;
    return new Response();
  });
  await handler(forwarded());
  expect([heard, await said()]).toEqual([["insecure"], []]);
  leave();
  await handler(forwarded());
  expect(await said()).toHaveLength(1);
});

test("a timeout in seconds does not hide a lifetime in seconds", async () => {
  await write({ idleTimeout: 1800, cookie: { maxAge: 604_800 } }, request());
  expect(await said()).toEqual([
    expect.stringMatching(/^idleTimeout: 1800 are/),
    expect.stringMatching(/^cookie.maxAge: 604800 are/),
  ]);
});

test("a channel that nobody has subscribed to hears nothing", async () => {
  const sessions = createSessions<Any>({ secret: SECRET });
  const channel = { hasSubscribers: true, publish: () => {} };
  publishTo(channel, sessions);
  const handler = sessions.wrap((_request, session) => {
    session["n"] = 1;
    return new Response();
  });
  await handler(forwarded());
  expect(await said()).toEqual([]);
  channel.hasSubscribers = false;
  await handler(forwarded());
  expect(await said()).toHaveLength(1);
});

test.each(["create", "commit"] as const)(
  "a write while the store has not answered is late: %s()",
  async (verb) => {
    const held = gate();
    const store = withVerb(memoryStore(), verb, () => held.wait);
    const sessions = make({ store });
    const told: unknown[] = [];
    sessions.on("discarded", ({ reason }) => told.push(reason));
    await said();
    let cookie = "";
    const visit = async (act: (session: Any) => unknown) => {
      const answer = await sessions.wrap((_request, session) => {
        act(session);
        return new Response("done");
      })(request(cookie));
      if (answer.headers.has("set-cookie")) cookie = cookieOf(answer);
    };
    if (verb === "commit") await visit((session) => session.n = 1);
    let written: Any = {};
    const asked = visit((session) => (session.n = 2, written = session));
    await said();
    expect(written.n).toBe(2);
    written["late"] = 1;
    held.open();
    await asked;
    await visit((session) => expect([session.n, session.late]).toEqual([2, undefined]));
    await visit(() => {});
    expect(told).toEqual(["committed"]);
  },
);

test("the handler around another may still write, whoever comes in between", async () => {
  const sessions = make({});
  const told: unknown[] = [];
  sessions.on("discarded", ({ reason }) => told.push(reason));
  await said();
  const inner = sessions.wrap(() => new Response("done"));
  const outer = sessions.wrap(async (asked, session) => {
    const answer = await inner(asked);
    session["n"] = 1;
    await inner(request());
    return answer;
  });
  await outer(request());
  await inner(request());
  expect(told).toEqual([]);
});

test("a session that a streaming body destroys was not written to too late", async () => {
  const sessions = make({});
  const told: unknown[] = [];
  sessions.on("discarded", ({ reason }) => told.push(reason));
  await said();
  let written: Any = {};
  const handler = sessions.wrap((_request, session) => {
    session["n"] = 1;
    written = session;
    return new Response("done");
  });
  await handler(request());
  await written["destroy"]();
  await handler(request());
  await handler(request());
  expect(told).toEqual([]);
});

test("what is as it should be is not talked about", async () => {
  const sessions = createSessions<Any>({ secret: SECRET, cookie: { maxAge: 60_000 } });
  let cookie = "";
  const visit = async (act: (session: Any) => unknown, url = "https://app.test/") => {
    const answer = await sessions.wrap(async (_request, session) => {
      await act(session);
      return new Response("done");
    })(new Request(url, { headers: { cookie } }));
    if (answer.headers.has("set-cookie")) cookie = cookieOf(answer);
  };
  let first: Any = {};
  await visit((session) => (first = session, session.n = 1));
  // Stored by a call of its own.
  first.late = 1;
  await first.save();
  await visit((session) => session.login("ada"), "http://localhost:3000/");
  await visit((session) => session.n++);
  await visit((session) => session.logout());
  await visit(() => {});
  await write({}, request(), () => Promise.reject(new Error("no login")));
  await write({ cookie: { path: "/app" } }, request(undefined, "https://app.test/app/1"));
  await write({ idleTimeout: Infinity, absoluteTimeout: 86_400_000 }, request());
  await createSessions({ secret: SECRET }).wrap(() => undefined)(
    new Request("https://app.test/", { headers: { upgrade: "websocket" } }),
  );
  expect(await said()).toEqual([]);
});

describe("the memory of the process, in production,", () => {
  test("is told, whether it was chosen or not", async () => {
    vi.stubEnv("NODE_ENV", "production");
    try {
      createSessions({ secret: SECRET });
      const [sentence = ""] = await said();
      expect(promised.get("Memory, in production")).toEqual([sentence]);
      printed.add(sentence);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each(["development", undefined])("and nowhere else: NODE_ENV is %s", async (value) => {
    vi.stubEnv("NODE_ENV", value);
    try {
      createSessions({ secret: SECRET });
      expect(await said()).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("nor of sessions that are sealed", async () => {
    vi.stubEnv("NODE_ENV", "production");
    try {
      createSessions({ store: cookieStore({ secret: SECRET }) });
      expect(await said()).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

test("in Hono, an error page that is a redirect does not hide that the login was dropped", async () => {
  const app = new Hono().use(honoSession({ secret: SECRET }));
  app.post("/login", async (c) => {
    await getSession(c).login("ada");
    throw new Error("after the login");
  });
  app.onError((_error, c) => c.redirect("/"));
  const answer = await app.request("https://app.test/login", { method: "POST" });
  expect(answer.status).toBe(302);
  expect(await said()).toEqual([expect.stringMatching(/^a login was dropped/)]);
});

test("everything that the page promises of the Web entries was printed here", () => {
  expect([...printed].sort()).toEqual([...promised.values()].flat().sort());
});
