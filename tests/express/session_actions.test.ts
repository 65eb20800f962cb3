/** Who serves a request's session: the middleware that ran for it last, or the one whose session it is. */
import { expect, test } from "vitest";
import { actionsFor, actionsOf, isAside, needActions } from "../../src/express/session_actions.ts";
import { twoMiddlewares } from "./support/aside.ts";
import { sessionsWith, visit } from "./support/visit.ts";

test("a request has them once a middleware ran for it, out of sight", async () => {
  const sessions = sessionsWith();
  let before: unknown = "nothing";
  const { result } = await visit(sessions, (req) => {
    expect(Object.keys(req).map(String).filter((name) => name.includes("websession"))).toEqual([]);
    return actionsOf(req) === needActions(req) && actionsFor(req.session) === actionsOf(req);
  }, { before: (req) => void (before = actionsOf(req)) });
  expect([before, result]).toEqual([undefined, true]);
});

test.each([[undefined], [{}], [{ headers: {} }]])("%j has none, and is told so", (req) => {
  expect(actionsOf(req)).toBeUndefined();
  expect(() => needActions(req)).toThrow(
    "No session middleware ran for this request: app.use(session({ … })) must come before the route",
  );
});

test("a session that was set aside keeps its own", async () => {
  const { during, held } = await twoMiddlewares();
  const { errors, result } = await during((req) => [
    ...[isAside(held.a), isAside(held.b)],
    ...[actionsFor(held.a) === actionsOf(req), actionsFor(held.b) === actionsOf(req)],
  ]);
  expect([errors, result]).toEqual([[], [true, false, false, true]]);
});
