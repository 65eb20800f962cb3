/** `lock()` between processes, on a real Redis: what happens outside of the session happens one at a time. */
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions, lock } from "../../mod.ts";
import session, { lock as lockOf } from "../../src/express/mod.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { request, SECRET, visit } from "../web/support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipRedis)("lock() on Redis", () => {
  let server: RedisServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => void (server = await startRedis()));
  afterAll(async () => {
    for (const close of closing) await close();
    await server?.stop();
  });

  /** As another process has it: a client, a store and sessions of its own. */
  const process = async (prefix: string, around = (store: Any) => store) => {
    const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await client.connect();
    closing.push(() => client.destroy());
    const store = around(redisStore({ client: client as never, prefix }));
    return { client, sessions: createSessions<Any>({ secret: SECRET, store }), store };
  };

  const kinds: Record<string, (store: Any) => Any> = {
    "plain": (store) => store,
    "hashed and encrypted": (store) =>
      hashIds(encrypt(store, { keys: [{ id: "a", key: new Uint8Array(32) }] } as never)),
  };
  for (const [kind, around] of Object.entries(kinds)) {
    test(`two processes, ${kind}: an external count that is read and written loses nothing`, async () => {
      const both = [await process(`${kind}:`, around), await process(`${kind}:`, around)];
      const [{ client, sessions }] = both as [Any, Any];
      const { cookie } = await visit(sessions, undefined, (session) => void (session.seen = 0));
      let inside = 0;
      let most = 0;
      const work = Array.from(
        { length: 24 },
        (_, turn) =>
          visit(both[turn % 2]!.sessions, cookie, (session) =>
            lock(session as never, async () => {
              most = Math.max(most, ++inside);
              const count = Number(await client.get("count:" + kind));
              await client.set("count:" + kind, String(count + 1));
              session.seen++;
              inside--;
            }, { wait: 120_000 })),
      );
      await Promise.all(work);
      expect(most).toBe(1);
      expect(await client.get("count:" + kind)).toBe("24");
      const { result } = await visit(sessions, cookie, ({ seen }) => seen);
      expect(result, "each has seen what the one before has left").toBe(24);
    });

    test(`two processes, ${kind}: a lock is free where a login has moved its session, when its holder is done`, async () => {
      const [one, other] = [await process(`m${kind}:`, around), await process(`m${kind}:`, around)];
      const { cookie } = await visit(one.sessions, undefined, (session) => void (session.a = 1));
      let moved: string | undefined;
      const ask = () =>
        visit(other.sessions, moved, (session) => {
          const act = () => "mine";
          return lock(session as never, act, { wait: 0 }).catch((error: Any) => error.code);
        });
      const held = await visit(one.sessions, cookie, (session) => {
        return lock(session as never, async () => {
          ({ cookie: moved } = await visit(other.sessions, cookie, (same) => same.login("ada")));
          expect((await ask()).result).toBe("LOCK_TIMEOUT");
        }).catch((error: Any) => error.code);
      });
      expect(held.result).toBe("SESSION_GONE");
      expect((await ask()).result).toBe("mine");
    });
  }

  test("a process that dies leaves a lock that ends by itself, and keeps nobody else's", async () => {
    const [dead, other] = [await process("dead:"), await process("dead:")];
    const { cookie } = await visit(dead.sessions, undefined, (session) => void (session.a = 1));
    const entered = new Promise<void>((resolve) => {
      void visit(
        dead.sessions,
        cookie,
        (session) =>
          lock(session as never, () => new Promise<never>(() => resolve()), { lease: 300 }),
      );
    });
    await entered;
    dead.client.destroy();
    const { result } = await visit(other.sessions, cookie, (session) => {
      return lock(session as never, () => "in", { wait: 120_000 });
    });
    expect(result).toBe("in");
  });

  test("Express and the Web on one store have one lock", async () => {
    const { sessions, store } = await process("both:");
    const name = "connect.sid";
    const options = { secret: SECRET, name, cookie: { secure: false } };
    const web = createSessions<Any>({ ...options, store });
    const middleware = session({
      ...options,
      resave: false,
      saveUninitialized: false,
      store,
    }) as Any;
    void sessions;
    const response = await web.wrap((_request, each) => {
      each["a"] = 1;
      return new Response();
    })(request());
    const cookie = response.headers.getSetCookie()[0]!.split(";")[0]!;
    const { createServer } = await import("node:http");
    const inside = createServer((req, res) =>
      middleware(req, res, async () => {
        const answer = await lockOf(req, () => "in", { wait: 0 }).catch(({ code }: Any) => code);
        res.end(answer);
      })
    ).listen(0, "127.0.0.1");
    closing.push(() => void inside.close());
    await new Promise((resolve) => inside.once("listening", resolve));
    const ask = async () => {
      const { port } = inside.address() as { port: number };
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } });
      return await answer.text();
    };
    const seen: string[] = [];
    await web.wrap(async (_request, each) => {
      await lock(each, async () => void seen.push(await ask()));
      seen.push(await ask());
      return new Response();
    })(request(cookie));
    expect(seen).toEqual(["LOCK_TIMEOUT", "in"]);
  });
});
