/** Calls that come when the response has ended: what no browser learns of is told. */
import { describe, expect, test } from "vitest";
import { makeApp, useDriver, write } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const { session: library } = ours as Any;
type Act = (req: Any) => unknown;

/** What `blocked` tells of a call that is made once `end()` was called. */
async function told(
  act: Act,
  isKnown: boolean,
  isLater: boolean,
  before?: Act,
  { kind, options = {} }: { kind?: "memory" | "async"; options?: Record<string, Any> } = {},
) {
  const app = makeApp({ library: ours, kind: kind ?? "async", options });
  const { cookie } = await app.play(async (req: Any, res) => {
    await library.login(req, "ada");
    res.end();
  });
  const heard: string[] = [];
  app.middleware.on("blocked", ({ reason }: Any) => heard.push(reason));
  let done: Promise<unknown> | undefined;
  const handler = (req: Any, res: Any) => {
    before?.(req);
    const closed = new Promise((resolve) => res.once("close", resolve));
    res.end();
    done = isLater ? closed.then(() => act(req)) : Promise.resolve(act(req));
  };
  await app.play(handler, isKnown ? cookie : undefined);
  await done;
  return heard;
}

const MOVES: Record<string, Act> = {
  "login()": (req) => library.login(req, "ada"),
  "elevate()": (req) => library.elevate(req),
  "regenerate({ keep })": (req) => req.session.regenerate({ keep: true }),
  "regenerate(), and a save()": async (req) => {
    await req.session.regenerate();
    req.session.m = 1;
    await req.session.save();
  },
};
const WRITES: Record<string, Act> = {
  "save()": (req) => {
    req.session.m = 1;
    return req.session.save();
  },
  "update()": (req) => library.update(req, (data: Any) => void (data.m = 1)),
};
const written: Act = (req) => req.session.n = 2;

describe.each([["at once", false], ["later", true]])("%s", (_when, isLater) => {
  test.each(Object.entries(MOVES))("%s: the browser's id leads nowhere", async (_name, act) => {
    expect(await told(act, true, isLater)).toEqual(["headers-sent"]);
    expect(await told(act, true, isLater, written)).toEqual(["headers-sent"]);
  });

  test.each(Object.entries(WRITES))(
    "%s of a new session: no browser has its id",
    async (_, act) => {
      expect(await told(act, false, isLater)).toEqual(["headers-sent"]);
    },
  );

  test("a login of a new visitor", async () => {
    expect(await told(MOVES["login()"]!, false, isLater)).toEqual(["headers-sent"]);
    expect(await told(MOVES["login()"]!, false, isLater, written)).toEqual(["headers-sent"]);
  });

  test.each(Object.entries(WRITES))(
    "%s of a session that is known loses nothing",
    async (_, act) => {
      expect(await told(act, true, isLater)).toEqual([]);
      expect(await told(act, true, isLater, written)).toEqual([]);
      // Its cookie has left with the response.
      expect(await told(act, false, isLater, written)).toEqual([]);
    },
  );

  test("what ends a session leaves nothing to be told", async () => {
    expect(await told((req) => req.session.destroy(), true, isLater)).toEqual([]);
    expect(await told((req) => library.logout(req), true, isLater)).toEqual([]);
  });
});

test("a call that was made before the end, and is waited for, is told by its cookie alone", async () => {
  const login: Act = (req) => void library.login(req, "ada");
  expect(await told(() => {}, true, false, login)).toEqual([]);
  expect(await told(WRITES["save()"]!, true, true, login)).toEqual([]);
});

test("with the store in memory all the same, where the response has ended at once", async () => {
  const kind = "memory";
  for (const before of [undefined, written]) {
    expect(await told(MOVES["login()"]!, true, false, before, { kind })).toEqual(["headers-sent"]);
    expect(await told(WRITES["save()"]!, true, false, before, { kind })).toEqual([]);
  }
  expect(await told(WRITES["save()"]!, false, false, undefined, { kind })).toEqual([
    "headers-sent",
  ]);
});

test("an id is told of once, however often it is stored", async () => {
  const twice: Act = async (req) => {
    await WRITES["save()"]!(req);
    await WRITES["update()"]!(req);
  };
  expect(await told(twice, false, true)).toEqual(["headers-sent"]);
});
