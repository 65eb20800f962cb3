/** `req.session` waits to be asked for, and nobody can tell. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import session, { type SessionOptions } from "../../src/express/mod.ts";
import type { Any } from "./support/libraries.ts";
import { sessionsWith, visit as visitBy } from "./support/visit.ts";

type Req = IncomingMessage & { session: Record<string, unknown> | null; sessionID: string };
let server: Server | undefined;
afterEach(() =>
  new Promise((resolve) => server === undefined ? resolve(0) : server.close(resolve))
);

async function visit(
  handler: (req: Req, res: ServerResponse) => void,
  options: SessionOptions = {},
): Promise<{ body: string; cookie: string | null }> {
  const middleware = session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    ...options,
  });
  const created = server = createServer((req, res) => {
    middleware(req, res, (error) => error ? res.end(String(error)) : handler(req as Req, res));
  });
  await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(created.address() as AddressInfo).port}/`;
  const response = await fetch(url, { headers: { connection: "close" } });
  return { body: await response.text(), cookie: response.headers.get("set-cookie") };
}

describe("without a network", () => {
  test.each<[string, (req: Any) => unknown]>([
    ["reading it", (req) => req.session.id],
    ["reading its id", (req) => req.sessionID],
    ["writing to it", (req) => (req.session.n = 1, req.session.id)],
  ])("it is there, with its id, by %s", async (_how, act) => {
    const { result } = await visitBy(sessionsWith(), (req) => {
      const found = act(req);
      return [found, req.sessionID, req.session.id];
    });
    expect(result[0]).toMatch(/^[\w-]{32}$/);
    expect(new Set(result).size).toBe(1);
  });

  test("each of the two can be given a value of its own", async () => {
    const { result } = await visitBy(sessionsWith(), (req) => {
      req.sessionID = "mine";
      const first = [req.sessionID, typeof req.session];
      req.session = null;
      return [...first, req.session, req.sessionID];
    });
    expect(result).toEqual(["mine", "object", null, "mine"]);
  });

  test("middlewares whose sessions nobody has asked for can follow one another", async () => {
    const [a, b] = ["a", "b"].map((name) => sessionsWith({ name }));
    const all = (req: Any, res: Any, next: Any) => {
      a(req, res, () => {
        req.session = undefined;
        b(req, res, () => {
          delete req.session;
          a(req, res, next);
        });
      });
    };
    const { nexts, result, setCookies } = await visitBy(all, (req) => {
      req.session.n = 1;
      return req.sessionID === req.session.id;
    });
    expect([nexts, result]).toEqual([[[]], true]);
    expect(setCookies.map((text) => text.slice(0, 2))).toEqual(["a="]);
  });
});

describe("a session nobody asked for", () => {
  test("draws no random byte", async () => {
    const drawn: number[] = [];
    const { getRandomValues } = crypto;
    // A whole pool is drawn at once: drain it, so that any id would need a new one.
    const { generateSessionId } = await import("../../src/core/session_id.ts");
    crypto.getRandomValues = function (array) {
      drawn.push(array!.byteLength);
      return getRandomValues.call(this, array as never) as never;
    };
    try {
      while (drawn.length === 0) generateSessionId();
      for (let left = 1; left < 64; left++) generateSessionId();
      drawn.length = 0;
      await visit((_req, res) => void res.end("nothing"));
      expect(drawn).toEqual([]);
      generateSessionId();
      expect(drawn).toHaveLength(1);
    } finally {
      crypto.getRandomValues = getRandomValues;
    }
  });

  test("is there as soon as it is asked for, under the id that was read first", async () => {
    const { body, cookie } = await visit((req, res) => {
      const id = req.sessionID;
      req.session!["views"] = 1;
      res.end(JSON.stringify([id.length, req.session!["id"] === id, req.sessionID === id]));
    });
    expect(body).toBe("[32,true,true]");
    expect(cookie).toMatch(/^connect\.sid=s%3A/);
  });

  test("is an own enumerable property that can be deleted, replaced and found", async () => {
    const { body } = await visit((req, res) => {
      const own = [
        Object.hasOwn(req, "session"),
        "sessionID" in req,
        Object.keys(req).includes("session"),
      ];
      delete (req as Partial<Req>).session;
      own.push("session" in req);
      req.session = { replaced: true };
      own.push(req.session["replaced"] === true);
      req.session = null;
      own.push(req.session === null);
      res.end(JSON.stringify(own));
    });
    expect(body).toBe("[true,true,true,false,true,true]");
  });

  test("leaves a second middleware inert", async () => {
    const second = session({ secret: "other", resave: false, saveUninitialized: false });
    const { cookie } = await visit((req, res) => {
      second(req, res, () => {
        req.session!["views"] = 1;
        res.end();
      });
    });
    expect(cookie?.match(/connect\.sid/g)).toHaveLength(1);
  });

  test("is made at once where the application would notice: its genid, its cookie function, its options", async () => {
    let drawn = 0;
    const genid = () => `id-${++drawn}`;
    await visit((_req, res) => void res.end(), { genid });
    expect(drawn).toBe(1);
    await new Promise((resolve) => server!.close(resolve));
    let asked = 0;
    await visit((_req, res) => void res.end(), { cookie: () => (asked++, {}) });
    expect(asked).toBe(2);
    await new Promise((resolve) => server!.close(resolve));
    const { cookie } = await visit((_req, res) => void res.end(), { saveUninitialized: true });
    expect(cookie).toMatch(/^connect\.sid=s%3A/);
    await new Promise((resolve) => server!.close(resolve));
    const { body } = await visit((_req, res) => void res.end(), {
      cookie: { maxAge: "1" as never },
    });
    expect(body).toBe("TypeError: maxAge must be a number or Date");
  });
});
