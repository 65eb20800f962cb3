/** What the requests of one `createSessions()` share: its listeners, handles and the sessions' say. */
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createSessions,
  type SealedSessionOptions,
  type SessionEvent,
  type SessionOptions,
} from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { adapterOf, lazyAdapterOf } from "../../src/web/web_adapter.ts";
import { type Any, makeSessions, SECRET, visit } from "./support.ts";

let logged: ReturnType<typeof vi.spyOn> | undefined;
afterEach(() => logged?.mockRestore());

const write = (session: Any) => void (session.n = 1);

test("a listener that fails ends no request: it is said once, with whose it was", async () => {
  const said: unknown[][] = [];
  logged = vi.spyOn(console, "error").mockImplementation((...args) => void said.push(args));
  const { sessions } = makeSessions();
  const planned = new Error("planned");
  sessions.on("created", () => {
    throw planned;
  });
  for (let visitor = 0; visitor < 2; visitor++) {
    expect((await visit(sessions, undefined, write)).cookie).toBeDefined();
  }
  expect(said).toEqual([["websession: a listener failed:", planned]]);
});

describe("a session is named to listeners by a handle that is no id", () => {
  const handles = async (options: SessionOptions | SealedSessionOptions) => {
    const sessions = createSessions<Any>(options);
    const heard: SessionEvent[] = [];
    sessions.on("created", (event) => void heard.push(event));
    const { cookie, result: id } = await visit(sessions, undefined, (session) => {
      write(session);
      return session.id;
    });
    sessions.on("destroyed", (event) => void heard.push(event));
    await visit(sessions, cookie, (session) => session.destroy());
    const named = await Promise.all(heard.map((event) => event.session()));
    expect(named).toHaveLength(2);
    for (const each of named) expect(each).toMatch(/^[\w-]{16}$/);
    expect(named).not.toContain((id as string).slice(0, 16));
    return named;
  };

  test("the same in all its events", async () => {
    const [first, second] = await handles({ secret: SECRET, store: memoryStore() });
    expect(second).toBe(first);
  });

  test("also where it is sealed", async () => {
    const [first, second] = await handles({ store: cookieStore({ secret: SECRET }) });
    expect(second).toBe(first);
  });
});

describe("beforeCreate", () => {
  test("is asked with the request, and a refusal stores nothing", async () => {
    const asked: string[] = [];
    const { sessions, store } = makeSessions({
      beforeCreate: ({ url }) => asked.push(url) > 1,
    });
    await expect(visit(sessions, undefined, write)).rejects.toMatchObject({
      code: "SESSION_REFUSED",
    });
    expect(store.length()).toBe(0);
    expect((await visit(sessions, undefined, write)).cookie).toBeDefined();
    expect([asked, store.length()]).toEqual([Array(2).fill("https://app.test/"), 1]);
  });
});

test("an id that exists is drawn anew, and the browser is sent the one that was used", async () => {
  const drawn = ["taken", "taken", "fresh"];
  const { sessions, store } = makeSessions({ genid: () => drawn.shift()! });
  await visit(sessions, undefined, write);
  const { cookie, result } = await visit(sessions, undefined, async (session) => {
    session.n = 2;
    await session.save();
    return session.id;
  });
  expect([result, store.ids().sort()]).toEqual(["fresh", ["fresh", "taken"]]);
  expect(cookie).toContain("=s%3Afresh.");
  expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(2);
});

describe("the option sessions", () => {
  test.each([
    [{}, "a value of type object"],
    [undefined, "undefined"],
    [null, "null"],
    [memoryStore(), "a value of type object"],
  ])("takes what createSessions() returned, and nothing else: %#", (sessions, kind) => {
    const refused = new TypeError(
      `Option "sessions" must be what createSessions() returned, not ${kind}`,
    );
    expect(() => adapterOf(sessions as never)).toThrow(refused);
    expect(() => lazyAdapterOf(sessions as never)).toThrow(refused);
    expect(() => honoSession({ sessions } as never)).toThrow(refused);
  });
});
