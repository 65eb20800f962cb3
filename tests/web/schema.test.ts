/** Data that have a schema: checked as they come and as they go, and brought up to their version. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createSessions, type SessionOptions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, makeSessions, SECRET, visit, withVerb } from "./support.ts";

const cart = z.object({ items: z.array(z.string()).default([]), note: z.string().optional() });
const made = (options: Partial<SessionOptions> = {}) => makeSessions({ schema: cart, ...options });
const put = (data: object) => (session: Any) => void Object.assign(session, data);
const tell = ({ cookie: _, ...data }: Any) => data;

/** A session somebody has stored without a schema. */
async function stored(data: object, options: Partial<SessionOptions> = {}) {
  const store = memoryStore();
  const { cookie } = await visit(makeSessions({ store }).sessions, undefined, put(data));
  return { ...made({ store, ...options }), store, cookie };
}

describe("data that are found", () => {
  test("are what the schema makes of them, and stored so with the next change", async () => {
    const { sessions, store, cookie } = await stored({ note: "hello" });
    const seen = await visit(sessions, cookie, (session) => (session.note = "bye", tell(session)));
    expect(seen.result).toEqual({ items: [], note: "bye" });
    const plain = makeSessions({ store }).sessions;
    expect((await visit(plain, cookie, tell)).result).toEqual({ items: [], note: "bye" });
  });

  test("are nobody's session where they do not fit: reported, and left as they are", async () => {
    const { sessions, store, cookie } = await stored({ items: "none" });
    const reasons: string[] = [];
    sessions.on("rejected", ({ reason }) => reasons.push(reason));
    for (let time = 0; time < 2; time++) {
      const { result, response } = await visit(sessions, cookie, tell);
      expect([response.status, result]).toEqual([200, {}]);
    }
    expect(reasons).toEqual(["schema", "schema"]);
    const plain = makeSessions({ store }).sessions;
    expect((await visit(plain, cookie, tell)).result).toEqual({ items: "none" });
  });

  test("bring our notes along, which no schema sees", async () => {
    const seen: unknown[] = [];
    const schema = z.looseObject({}).refine((data) => (seen.push(data), true));
    const { sessions } = made({ schema });
    const { cookie } = await visit(sessions, undefined, async (session) => {
      session.a = 1;
      await session.login("ada");
    });
    const { result } = await visit(sessions, cookie, (session) => [session.subject, tell(session)]);
    expect(result).toEqual(["ada", { a: 1 }]);
    expect(JSON.stringify(seen)).not.toContain("ada");
  });
});

describe("data that are to be stored and do not fit", () => {
  const calls: Record<string, (session: Any) => unknown> = {
    "save()": (session) => (session.items = 7, session.save()),
    "update()": (session) => session.update((data: Any) => data.items = 7),
    "login()": (session) => (session.items = 7, session.login("ada")),
    "regenerate({ keep })": (session) => (session.items = 7, session.regenerate({ keep: true })),
  };

  test.each(Object.entries(calls))(
    "are refused by %s, by the name of their key",
    async (_, act) => {
      for (const isNew of [true, false]) {
        const { sessions, store } = made();
        const cookie = isNew
          ? undefined
          : (await visit(sessions, undefined, put({ items: [] }))).cookie;
        let error: Any | undefined;
        const answered = visit(sessions, cookie, async (session) => {
          await Promise.resolve(act(session)).catch((thrown: Any) => error = thrown);
          if (isNew && error === undefined) {
            await session.save().catch((thrown: Any) => error = thrown);
          }
          session.items = [];
        });
        expect((await answered).response.status).toBe(200);
        expect(error).toMatchObject({
          code: "SESSION_INVALID",
          message: 'Session key "items" does not fit the schema',
        });
        for await (const [, { json }] of store.all()) expect(JSON.parse(json).items).toEqual([]);
      }
    },
  );

  test("are refused with the response, and nothing is stored", async () => {
    const { sessions, store } = made();
    const { cookie } = await visit(sessions, undefined, put({ items: ["a"] }));
    await expect(visit(sessions, cookie, put({ items: 7 }))).rejects.toMatchObject({
      code: "SESSION_INVALID",
    });
    await expect(visit(sessions, undefined, put({ note: 7 }))).rejects.toMatchObject({
      code: "SESSION_INVALID",
    });
    expect((await visit(sessions, cookie, tell)).result).toEqual({ items: ["a"] });
    expect(store.length()).toBe(1);
  });

  test("fail alone where many are stored together", async () => {
    const turn = () => new Promise<void>((done) => setImmediate(done));
    const { sessions } = made({ store: withVerb(memoryStore(), "commit", turn) });
    const { cookie } = await visit(sessions, undefined, put({ items: [] }));
    const notes = ["a", 7, "b", 8];
    const results = await Promise.allSettled(
      notes.map((note) => visit(sessions, cookie, put({ note }))),
    );
    const isStored = results.map(({ status }) => status === "fulfilled");
    expect(isStored).toEqual([true, false, true, false]);
    expect((await visit(sessions, cookie, (session) => session.note)).result).toBe("b");
  });
});

describe("versions", () => {
  const migrate = (data: Any, version: number) => {
    if (version < 2) data = { items: (data.list ?? "").split(",").filter(Boolean) };
    return data;
  };
  const second: Partial<SessionOptions> = { schemaVersion: 2, migrate };

  test("data of an older one are brought up once, and stored as the newest", async () => {
    let times = 0;
    const counted = (data: Any, version: number) => (times++, migrate(data, version));
    const { sessions, cookie } = await stored({ list: "a,b" }, { ...second, migrate: counted });
    for (let time = 0; time < 3; time++) {
      expect((await visit(sessions, cookie, tell)).result).toEqual({ items: ["a", "b"] });
    }
    expect(times).toBe(1);
  });

  test("new data are of the newest from the beginning", async () => {
    const { sessions } = made({ ...second, migrate: () => expect.unreachable() });
    for (const act of [put({ items: ["new"] }), (session: Any) => session.login("ada")]) {
      const { cookie } = await visit(sessions, undefined, act);
      const { result } = await visit(sessions, cookie, (session) => session.items);
      expect(["new", undefined]).toContain((result as string[])[0]);
    }
  });

  test("a way up that throws is told, and the session is nobody's", async () => {
    const broken = () => {
      throw new Error("planned");
    };
    const { sessions, cookie } = await stored({ list: "a" }, { ...second, migrate: broken });
    const heard: unknown[] = [];
    sessions.on("error", ({ error, during }) => heard.push((error as Error).message, during));
    sessions.on("rejected", ({ reason }) => heard.push(reason));
    const { response, result } = await visit(sessions, cookie, tell);
    expect([response.status, result, heard]).toEqual([200, {}, ["planned", "load", "schema"]]);
  });

  test("parallel requests that bring the same session up lose nothing", async () => {
    const { sessions, cookie } = await stored({ list: "a" }, {
      ...second,
      schema: z.looseObject({ items: z.array(z.string()) }),
    });
    await Promise.all([1, 2, 3].map((n) => visit(sessions, cookie, put({ [`k${n}`]: n }))));
    const { result } = await visit(sessions, cookie, tell);
    expect(result).toEqual({ items: ["a"], k1: 1, k2: 2, k3: 3 });
  });
});

test("sealed sessions have schemas as well", async () => {
  const store = cookieStore({ secret: SECRET });
  const sessions = createSessions<Any>({ store, schema: cart });
  const { cookie } = await visit(sessions, undefined, put({ note: "hello" }));
  expect((await visit(sessions, cookie, tell)).result).toEqual({ items: [], note: "hello" });
  await expect(visit(sessions, cookie, put({ note: 7 }))).rejects.toMatchObject({
    code: "SESSION_INVALID",
  });
});

test("what is no schema, or cannot be one, is said", async () => {
  const make = (options: Any) => () => createSessions({ secret: SECRET, ...options });
  expect(make({ schema: {} })).toThrow('Option "schema" must be a Standard Schema');
  expect(make({ schemaVersion: 2 })).toThrow('Option "schemaVersion" needs the option "schema"');
  expect(make({ migrate() {} })).toThrow('Option "migrate" needs the option "schema"');
  expect(make({ schema: cart, schemaVersion: 1.5 })).toThrow(
    '"schemaVersion" must be a whole number',
  );
  expect(make({ schema: cart, migrate: 1 })).toThrow('Option "migrate" must be a function');
  const slow = z.object({}).refine(() => Promise.resolve(true));
  const { sessions } = made({ schema: slow });
  await expect(visit(sessions, undefined, put({ n: 1 }))).rejects.toThrow("must validate at once");
});
