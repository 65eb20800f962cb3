/** One session, one Redis: an Express app on Node and Hono apps on Deno and Bun. */
import { deepStrictEqual as equal } from "node:assert/strict";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { COOKIE } from "../conformance/apps/options.ts";
import { Visitor } from "../conformance/browser.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { type AppServer, type Runtime, startApp } from "./servers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let redis: RedisServer;
let express: AppServer;
beforeAll(async () => {
  if (skipRedis) return;
  redis = await startRedis();
  express = await startApp("node24", "express5", storeEnv());
});
afterAll(async () => {
  await express?.stop();
  await redis?.stop();
});
const storeEnv = () => ({ STORE: `redis://127.0.0.1:${redis.port}` });

for (const runtime of ["deno", "bun"] satisfies Runtime[]) {
  describe.skipIf(skipRedis)(`Express on Node and Hono on ${runtime}`, () => {
    let hono: AppServer;
    beforeAll(async () => {
      hono = await startApp(runtime, "hono", storeEnv());
    });
    afterAll(() => hono?.stop());

    /** The same browser at the other app, as a proxy or a common domain makes it. */
    async function withCookieOf(visitor: Visitor): Promise<RequestInit> {
      return { headers: { cookie: `${COOKIE}=${await visitor.cookie(COOKIE)}` } };
    }

    test("each continues what the other began", async () => {
      const [atExpress, atHono] = [new Visitor(express.base), new Visitor(hono.base)];
      await atExpress.get("/set?set.a=express");
      const cookie = await withCookieOf(atExpress);
      await atHono.get("/set?set.b=hono", cookie);
      equal(await atExpress.json("/data"), { a: "express", b: "hono" });

      await atHono.get("/set?set.a=hono");
      const back = await withCookieOf(atHono);
      await atExpress.get("/set?set.b=express", back);
      equal(await atHono.json("/data"), { a: "hono", b: "express" });
    });

    test("S67 increments at both doors at once are all counted", async () => {
      const visitor = new Visitor(express.base);
      await visitor.get("/set?set.a=1");
      const cookie = await withCookieOf(visitor);
      const doors = [new Visitor(express.base), new Visitor(hono.base)];
      for (let round = 0; round < 10; round++) {
        await Promise.all(doors.flatMap((door) => [
          ...[door.get("/increment", cookie), door.get("/increment", cookie)],
        ]));
      }
      equal((await visitor.json("/data")).n, 40);
    });

    test("S40 S42 S43 a login and a logout at one door hold at the other, races included", async () => {
      const [atExpress, atHono] = [new Visitor(express.base), new Visitor(hono.base)];
      await atExpress.get("/set?set.a=1");
      const before = await withCookieOf(atExpress);
      const name = crypto.randomUUID();
      const slow = atHono.get(`/slow?name=${name}&set.late=1`, before);
      await new Visitor(hono.base).arrived(name);
      await atExpress.get("/login?user=ada");
      await new Visitor(hono.base).releases(name);
      equal((await slow).headers.getSetCookie(), []);
      equal(await atHono.json("/data", before), {});
      const after = await withCookieOf(atExpress);
      equal(await atHono.json("/data", after), { a: "1", user: "ada" });
      await atHono.get("/logout", after);
      equal(await atExpress.json("/data", after), {});
      equal(await atHono.json("/data", after), {});
    });
  });
}
