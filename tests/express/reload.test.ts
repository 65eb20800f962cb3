/** Calls beside a reload(): each goes by the object the session is by then, and none loses what others stored. */
import { describe, expect, test } from "vitest";
import { lock } from "../../src/express/lock.ts";
import {
  elevate,
  flash,
  login,
  logout,
  subjectOf,
  take,
  update,
} from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { gateStore } from "../../src/testing/mod.ts";
import { gate } from "../web/support.ts";
import { makeApp, tell, told, useDriver } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const increment = (req: Any) => update(req, (data: Any) => data.n = (data.n ?? 0) + 1);

/** What another request finds in the session. */
async function found(app: Any, cookie: string | undefined): Promise<Any> {
  const { cookie: _, ...data } = JSON.parse((await app.play(tell, cookie)).body);
  return data;
}

describe.each(["async", "sync", "memory"] as const)(
  "a session that is loaded again (%s)",
  (kind) => {
    async function start() {
      const app = makeApp({ library: ours, kind });
      const { cookie } = await app.play((req, res) => {
        req.session.coupon = "c";
        res.end();
      });
      /** Another request stores `others` while this one is under way. */
      const others = () =>
        app.play((req, res) => {
          req.session.others = 1;
          res.end();
        }, cookie);
      return { app, cookie, others };
    }

    test("within a lock: what others have stored stays", async () => {
      const { app, cookie, others } = await start();
      const { body } = await app.play(async (req, res) => {
        await lock(req, async () => {
          await others();
          await req.session.reload();
          req.session.seen = req.session.others;
        });
        res.end("locked");
      }, cookie);
      expect(body).toBe("locked");
      expect(await found(app, cookie)).toEqual({ coupon: "c", others: 1, seen: 1 });
    });

    test("and the object before it is saved: what others have stored stays", async () => {
      const { app, cookie, others } = await start();
      await app.play(async (req, res) => {
        const { session } = req;
        await others();
        await session.reload();
        session.mine = 1;
        await session.save();
        delete session.mine;
        session.more = 2;
        await session.save();
        res.end();
      }, cookie);
      expect(await found(app, cookie)).toEqual({ coupon: "c", others: 1, more: 2 });
    });

    test("beside update()s, nobody awaiting it: all are counted, and others' changes stay", async () => {
      const { app, cookie, others } = await start();
      await app.play(async (req, res) => {
        await others();
        const reloaded = req.session.reload();
        await Promise.all([increment(req), increment(req), increment(req)]);
        await reloaded;
        res.end();
      }, cookie);
      expect(await found(app, cookie)).toEqual({ coupon: "c", others: 1, n: 3 });
    });

    test("beside two take()s: one of them has it", async () => {
      const { app, cookie } = await start();
      const { body } = await app.play(async (req, res) => {
        req.session.reload();
        res.end(JSON.stringify(await Promise.all([take(req, "coupon"), take(req, "coupon")])));
      }, cookie);
      expect(JSON.parse(body)).toEqual(["c", null]);
      expect(await found(app, cookie)).toEqual({});
    });

    test("beside a login(): both happen, and the browser has the session", async () => {
      const { app, cookie, others } = await start();
      const { cookie: after } = await app.play(async (req, res) => {
        await others();
        const reloaded = req.session.reload();
        await login(req, "ada", { keep: true });
        await reloaded;
        res.end();
      }, cookie);
      expect(after).not.toBe(cookie);
      const { body } = await app.play((req, res) => {
        res.end(JSON.stringify([subjectOf(req), req.session.coupon, req.session.others]));
      }, after);
      expect(JSON.parse(body)).toEqual(["ada", "c", 1]);
    });

    test("beside a regenerate() that takes its place: nothing of it is in the new one", async () => {
      const { app, cookie } = await start();
      const { cookie: after } = await app.play(async (req, res) => {
        req.session.reload().catch(() => {});
        await req.session.regenerate();
        req.session.user = "bob";
        res.end();
      }, cookie);
      expect(await found(app, after)).toEqual({ user: "bob" });
    });

    test("and the object before it is the request's again: a login() moves that", async () => {
      const { app, cookie, others } = await start();
      const { cookie: after } = await app.play(async (req, res) => {
        const { session } = req;
        await others();
        await session.reload();
        req.session = session;
        session.mine = 1;
        await login(req, "ada", { keep: true });
        session.more = 2;
        res.end();
      }, cookie);
      expect(after).not.toBe(cookie);
      const { body } = await app.play((req, res) => {
        const { coupon, others, mine, more } = req.session;
        res.end(JSON.stringify([subjectOf(req), coupon, others, mine, more]));
      }, after);
      expect(JSON.parse(body)).toEqual(["ada", "c", 1, 1, 2]);
    });

    test("and moved: the object before it is saved, and loaded again, under the new id", async () => {
      const { app, cookie } = await start();
      const { cookie: after, body } = await app.play(async (req, res) => {
        const { session } = req;
        await login(req, "ada", { keep: true });
        await session.reload();
        await elevate(req);
        session.mine = 1;
        await session.save();
        await session.reload();
        res.end(String(session.id === req.session.id));
      }, cookie);
      expect(body).toBe("true");
      const { $websession: _, ...data } = await found(app, after);
      expect(data).toEqual({ coupon: "c", mine: 1 });
    });

    test("and a message after it: that is read by the next request", async () => {
      const { app, cookie } = await start();
      await app.play((req, res) => {
        req.session.reload();
        flash(req, "info", "hello");
        res.end();
      }, cookie);
      const { body } = await app.play((req, res) => {
        res.end(JSON.stringify(flash(req, "info")));
      }, cookie);
      expect(JSON.parse(body)).toEqual(["hello"]);
    });

    test("beside a logout(): the browser's cookie goes too", async () => {
      const { app, cookie } = await start();
      const answer = await app.play(async (req, res) => {
        req.session.reload().catch(() => {});
        await logout(req);
        res.end();
      }, cookie);
      expect(headerOf(answer, "set-cookie")[0]).toMatch(/^connect\.sid=;/);
    });

    test("while an update() is under way, which somebody else's login() then ends as ever", async () => {
      const { app, cookie } = await start();
      let outcome: Promise<unknown> | undefined;
      const { cookie: after } = await app.play(async (req, res) => {
        await login(req, "ada", { keep: true });
        const [turns, runs] = [[gate(), gate()], [gate(), gate()]];
        let run = 0;
        outcome = (update(req, async (data: Any) => {
          const mine = run++;
          runs[mine]?.open();
          await turns[mine]?.wait;
          data.secret = "of ada";
        }) as Promise<unknown>).then(() => "stored", (error: Any) => error.code);
        await runs[0]!.wait;
        await req.session.reload();
        // Others have written: it runs once more, on the object the session is by now.
        req.session.written = 1;
        await req.session.save();
        turns[0]!.open();
        await runs[1]!.wait;
        await login(req, "bob");
        turns[1]!.open();
        res.end();
      }, cookie);
      expect(await outcome).toBe("SESSION_GONE");
      const { $websession: _, ...data } = await found(app, after);
      expect(data).toEqual({});
    });

    test("by a function of update(): it comes back, and what it has read is there", async () => {
      const { app, cookie, others } = await start();
      const { body } = await app.play(async (req, res) => {
        await update(req, async (data: Any) => {
          await others();
          await req.session.reload();
          data.mine = req.session.others;
        });
        res.end(String(req.session.mine));
      }, cookie);
      expect(body).toBe("1");
      expect(await found(app, cookie)).toEqual({ coupon: "c", others: 1, mine: 1 });
    });
  },
);

/** A session of an application on a store with a gate, and a request that lives on. */
async function keptRequest() {
  const memory = memoryStore();
  const gated = gateStore(memory);
  const app = makeApp({ library: ours, options: { store: gated.store } });
  const { cookie } = await app.play((req, res) => {
    req.session.a = 1;
    res.end();
  });
  let kept: Any;
  await app.play((req, res) => {
    kept = req;
    res.end(String(req.session.a));
  }, cookie);
  return { memory, gated, app, cookie, kept };
}

test("of three that overlap, as messages of one connection do, nothing is lost", async () => {
  const { memory, gated, app, cookie, kept } = await keptRequest();
  const message = async (key: string) => {
    await told((done) => kept.session.reload(done));
    kept.session[key] = 1;
    return { saved: told((done) => kept.session.save(done)) };
  };
  const held = gated.hold("commit");
  const first = await message("first");
  await held.arrived;
  const second = await message("second");
  // Another process.
  const [id = ""] = memory.ids();
  const { json, version, expires } = memory.read(id)!;
  memory.commit(id, { json: json.replace('"a":1', '"a":1,"others":1'), expires }, version);
  const third = await message("third");
  held.release();
  await Promise.all([first, second, third].map(({ saved }) => saved));
  expect(await found(app, cookie)).toEqual({ a: 1, first: 1, second: 1, third: 1, others: 1 });
});
