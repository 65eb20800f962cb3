/** A session that an application takes out of a native store is stored by comparing, and loses nobody's changes. */
import { describe, expect, test } from "vitest";
import { flash, login, subjectOf } from "../../src/express/mod.ts";
import { recordOf, savingTaken } from "../../src/express/taken_session.ts";
import type { CommitResult } from "../../src/store.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";
import { told } from "./support/app.ts";
import type { Any } from "./support/libraries.ts";
import { dataBehind, sessionsWith, visit } from "./support/visit.ts";

/** A store whose commits do not tell the new mark: it would have to ask for it. */
function silent(memory: MemorySessionStore): Any {
  const verbs = Object.fromEntries(
    ["create", "read", "touch", "rotate", "destroy"].map((verb) => {
      return [verb, (...args: unknown[]) => (memory as Any)[verb](...args)];
    }),
  );
  const commit: MemorySessionStore["commit"] = (id, record, version): CommitResult => {
    const result = memory.commit(id, record, version);
    return result.status === "committed" ? { status: "committed" } : result;
  };
  return { ...verbs, atomic: true, commit };
}

const STORES: Record<string, (memory: MemorySessionStore) => Any> = {
  "a store that tells its marks": (memory) => memory,
  "a store that does not": silent,
};

describe.each(Object.keys(STORES))("on %s", (name) => {
  const start = async () => {
    const memory = memoryStore();
    const sessions = sessionsWith({ store: STORES[name]!(memory) });
    const { cookie, result } = await visit(sessions, async (req) => {
      req.session.n = 1;
      await login(req, "ada");
      return req;
    });
    const { sessionID: id, sessionStore: store } = result;
    const live: Any = await told((done) => store.load(id, done));
    const during = (act: (req: Any) => unknown) => visit(sessions, act, { cookie });
    const data = () => dataBehind(sessions, cookie);
    return { cookie, data, during, id, live, memory };
  };

  test("each save() lays what has changed since the last over what others stored", async () => {
    const { data, during, live } = await start();
    live.mine = 1;
    await live.save();
    await during((req) => void (req.session.theirs = 2));
    live.more = 3;
    await live.save();
    expect(await data()).toEqual({ n: 1, mine: 1, theirs: 2, more: 3 });
    expect(live.theirs).toBe(2);
    await during((req) => void delete req.session.mine);
    await live.save();
    expect([await data(), "mine" in live]).toEqual([{ n: 1, theirs: 2, more: 3 }, false]);
    const { result } = await during(subjectOf);
    expect(result).toBe("ada");
  });

  test("what ended between two save()s is not made again", async () => {
    const { id, live, memory } = await start();
    await live.save();
    memory.destroy(id);
    await expect(live.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(memory.ids()).toEqual([]);
  });

  test("a message that others left is read by the next request, whoever saves in between", async () => {
    const { during, live } = await start();
    await during((req) => flash(req, "info", "hello"));
    live.mine = 1;
    await live.save();
    live.more = 1;
    await live.save();
    const { result } = await during((req) => flash(req, "info"));
    expect(result).toEqual(["hello"]);
  });

  test("a message that others have read is not read again", async () => {
    const { cookie, during, live } = await start();
    await during((req) => flash(req, "info", "hello"));
    live.mine = 1;
    await live.save();
    expect((await during((req) => flash(req, "info"))).result).toEqual(["hello"]);
    live.more = 1;
    await live.save();
    live.last = 1;
    await live.save();
    expect((await during((req) => flash(req, "info"))).result).toEqual([]);
    expect(cookie).toBeDefined();
  });

  test("its owner stays its owner", async () => {
    const { id, live, memory } = await start();
    live.mine = 1;
    await live.save();
    expect(memory.list("ada")).toEqual([id]);
  });
});

describe("of somebody who has not logged in", () => {
  const start = async () => {
    const memory = memoryStore();
    const sessions = sessionsWith({ store: memory });
    const { cookie, result: { sessionID: id, sessionStore: store } } = await visit(
      sessions,
      (req) => {
        req.session.n = 1;
        return req;
      },
    );
    const live: Any = await told((done) => store.load(id, done));
    return { cookie, id, live, memory, sessions };
  };

  test("a session gains no key that nobody has set", async () => {
    const { cookie, live, sessions } = await start();
    await visit(sessions, (req) => void (req.session.theirs = 2), { cookie });
    await live.save();
    expect(Object.keys(live).sort()).toEqual(["cookie", "n", "theirs"]);
  });

  test("a message that is read between two save()s is gone for both", async () => {
    const { cookie, live, sessions } = await start();
    const during = (act: (req: Any) => unknown) => visit(sessions, act, { cookie });
    await during((req) => flash(req, "info", "hello"));
    await live.save();
    expect((await during((req) => flash(req, "info"))).result).toEqual(["hello"]);
    await live.save();
    await live.save();
    expect((await during((req) => flash(req, "info"))).result).toEqual([]);
    expect(Object.keys(live).sort()).toEqual(["cookie", "n"]);
  });
});

test("a record names its subject, and none where nobody has logged in", () => {
  const cookie = { expires: "2040-01-01T00:00:00.000Z" };
  const expires = Date.UTC(2040, 0, 1);
  expect(recordOf({ cookie, n: 1 } as Any)).toStrictEqual({
    ...{ json: JSON.stringify({ cookie, n: 1 }), expires },
  });
  const session: Any = { cookie: {}, $websession: { subject: "ada" } };
  expect(recordOf(session, "{}")).toStrictEqual({ json: "{}", expires: null, subject: "ada" });
});

test("what was taken from no store is stored by nobody's comparing", () => {
  expect(savingTaken({ cookie: {} })).toBeUndefined();
});
