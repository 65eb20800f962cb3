/** What a log shows of a request: no secret. */
import { inspect } from "node:util";
import express from "express";
import { expect, test } from "vitest";
import session, { bindDevices, login } from "../../src/express/mod.ts";
import { served } from "../dbsc/apps.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const SECRET = "the secret of the cookies, 32 bytes";

test("neither a request nor its response nor an error that has them shows a secret", async () => {
  const app = express();
  app.set("trust proxy", true);
  app.use(session({
    ...{ secret: SECRET, warn: false },
    ...{ resave: false, saveUninitialized: false, cookie: { secure: true } },
  }));
  app.use(bindDevices());
  const shown: string[] = [];
  const look = (req: object, res: object) => {
    const error = Object.assign(new Error("x"), { req });
    for (const value of [req, res, error]) {
      shown.push(inspect(value, { depth: Infinity }));
      shown.push(inspect(value, { depth: Infinity, showHidden: true, customInspect: false }));
    }
  };
  app.get(/.*/, async (req: Any, res) => {
    look(req, res);
    await login(req, "ada");
    look(req, res);
    res.end();
  });
  const { fetch, end } = served(app);
  const response = await fetch(new Request("https://app.test/"));
  const cookie = response.headers.getSetCookie()[0]!.split(";")[0]!;
  await fetch(new Request("https://app.test/", { headers: { cookie } }));
  end();
  expect(shown).toHaveLength(24);
  expect(shown.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(shown.every((text) => text.includes("app.test"))).toBe(true);
});

test("what is noted on a request is enumerable to nobody", async () => {
  const app = express();
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, warn: false }));
  let symbols: string[] = [];
  app.get("/", (req, res) => {
    symbols = Object.getOwnPropertySymbols(req)
      .filter((symbol) => Object.getOwnPropertyDescriptor(req, symbol)!.enumerable)
      .map(String);
    res.end();
  });
  const { fetch, end } = served(app);
  await fetch(new Request("https://app.test/"));
  end();
  expect(symbols.filter((name) => name.includes("websession"))).toEqual([]);
});
