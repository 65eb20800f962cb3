/** Several session middlewares on one request: what a function does, it does to the session that the request has. */
import { describe, expect, test } from "vitest";
import {
  elevate,
  flash,
  infoOf,
  login,
  logout,
  subjectOf,
  take,
  update,
} from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { told } from "./support/app.ts";
import type { Any } from "./support/libraries.ts";
import { dataBehind, sessionsWith, visit } from "./support/visit.ts";

/** Two middlewares, the first one's session set aside, and a visitor whom both know. */
async function start() {
  const [a, b] = ["a", "b"].map((name) => sessionsWith({ name, store: memoryStore() }));
  const known = async (sessions: Any, subject: string) => {
    const { cookie } = await visit(sessions, async (req) => {
      Object.assign(req.session, { n: subject, m: 1 });
      await login(req, subject);
      flash(req, "info", `hello ${subject}`);
    });
    return cookie!;
  };
  const cookies = [await known(a, "ada"), await known(b, "bob")];
  const held: Any = {};
  const both = (req: Any, res: Any, next: Any) => {
    a(req, res, (error: unknown) => {
      if (error) return next(error);
      held.a = req.session;
      req.session = undefined;
      b(req, res, (error: unknown) => {
        held.b = req.session;
        next(error);
      });
    });
  };
  const during = (act: (req: Any) => unknown) => visit(both, act, { cookie: cookies.join("; ") });
  return { a, b, cookies, during, held };
}

describe("a session that was set aside, and is the request's again", () => {
  const read = (act: (req: Any) => unknown) => async () => {
    const { during, held } = await start();
    const { result } = await during(async (req) => {
      const answers = [await act(req)];
      req.session = held.a;
      answers.push(await act(req));
      return answers;
    });
    return result;
  };

  test.each<[string, (req: Any) => unknown, unknown[]]>([
    ["subjectOf()", subjectOf, ["bob", "ada"]],
    ["infoOf()", (req) => infoOf(req).subject, ["bob", "ada"]],
    ["flash()", (req) => flash(req, "info"), [["hello bob"], ["hello ada"]]],
    ["take()", (req) => take(req, "n"), ["bob", "ada"]],
    ["update()", (req) => update(req, (data: Any) => data.n), ["bob", "ada"]],
  ])("is what %s asks", async (_name, act, answers) => {
    expect(await read(act)()).toEqual(answers);
  });

  test.each<[string, (req: Any) => Promise<void>]>([
    ["login()", (req) => login(req, "eve", { keep: true })],
    ["elevate()", (req) => elevate(req)],
    ["regenerate({ keep })", (req) => req.session.regenerate({ keep: true })],
  ])("is what %s moves, and the id is the other's still", async (_name, act) => {
    const { a, b, cookies, during, held } = await start();
    const { result, setCookies } = await during(async (req) => {
      const { sessionID } = req;
      const before = held.a.id;
      req.session = held.a;
      await act(req);
      return [req.sessionID === sessionID, held.b.id === sessionID, held.a.id === before];
    });
    expect(result).toEqual([true, true, false]);
    expect(setCookies.map((text) => text.slice(0, 2))).toEqual(["a="]);
    expect(await dataBehind(a, setCookies[0]!.split(";")[0])).toEqual({ n: "ada", m: 1 });
    expect(await dataBehind(a, cookies[0])).toEqual({});
    expect(await dataBehind(b, cookies[1])).toEqual({ n: "bob", m: 1 });
  });

  test("is what logout() ends", async () => {
    const { a, b, cookies, during, held } = await start();
    await during(async (req) => {
      req.session = held.a;
      await logout(req);
    });
    expect(await dataBehind(a, cookies[0])).toEqual({});
    expect(await dataBehind(b, cookies[1])).toEqual({ n: "bob", m: 1 });
  });
});

describe("a session of no request, in the place of the request's", () => {
  test("is asked and ended like it", async () => {
    const { a, cookies } = await start();
    const { result } = await visit(a, async (req) => {
      const live = await told((done) => req.sessionStore.load(req.sessionID, done));
      req.session = live;
      const answers = [subjectOf(req), flash(req, "info"), await take(req, "n")];
      await logout(req);
      return answers;
    }, { cookie: cookies[0]! });
    expect(result).toEqual(["ada", ["hello ada"], "ada"]);
    expect(await dataBehind(a, cookies[0])).toEqual({});
  });
});

test("sessions that nobody has asked for yet can follow one another", async () => {
  const [a, b] = ["a", "b"].map((name) => sessionsWith({ name, store: memoryStore() }));
  const ids: string[] = [];
  const both = (req: Any, res: Any, next: Any) => {
    a(req, res, () => {
      req.session = undefined;
      b(req, res, () => {
        delete req.session;
        a(req, res, next);
      });
    });
  };
  const { nexts, setCookies } = await visit(both, (req) => {
    ids.push(req.sessionID, req.session.id);
    req.session.n = 1;
  });
  expect([nexts, ids[0] === ids[1]]).toEqual([[[]], true]);
  expect(setCookies.map((text) => text.slice(0, 2))).toEqual(["a="]);
});
