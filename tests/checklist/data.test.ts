/** What both entries make of two requests that write at the same time. */
import { describe, expect, test } from "vitest";
import { type Any, type App, begin, dataOf, ENTRIES } from "./entries.ts";

/** Two requests of one browser: the slow one read before the quick one wrote, and writes after it. */
async function together(
  app: App,
  cookie: string,
  slow: (session: Any) => void,
  quick: (session: Any) => void,
): Promise<Any> {
  let go = (): void => {};
  let arrive = (): void => {};
  const going = new Promise<void>((resolve) => go = resolve);
  const arrived = new Promise<void>((resolve) => arrive = resolve);
  const late = app.ask(cookie, async ({ session }) => {
    slow(session);
    arrive();
    await going;
  });
  await arrived;
  await app.ask(cookie, ({ session }) => quick(session));
  go();
  await late;
  return await dataOf(app, cookie);
}

describe.each(Object.entries(ENTRIES))("%s", (_entry, make) => {
  test("S66 the same key goes to whoever stores last", async () => {
    const app = make();
    const cookie = await begin(app, { a: 0 });
    const write = (a: number) => (session: Any) => void (session.a = a);
    expect(await together(app, cookie, write(1), write(2))).toEqual({ a: 1 });
  });

  test("S69 a removal and a change of other keys both stay, and of one key the last counts", async () => {
    const app = make();
    const cookie = await begin(app, { a: 0, b: 0, c: 0 });
    const remove = (session: Any) => {
      delete session.a;
      delete session.c;
    };
    const write = (session: Any) => void Object.assign(session, { b: 1, c: 1 });
    expect(await together(app, cookie, remove, write)).toEqual({ b: 1 });
    const again = await begin(app, { a: 0, b: 0, c: 0 });
    expect(await together(app, again, write, remove)).toEqual({ b: 1, c: 1 });
  });

  test("S70 arrays, dates and objects are replaced whole, never mixed", async () => {
    const app = make();
    const cookie = await begin(app, { list: [1], map: { x: 1 }, day: "before" });
    const found = await together(
      app,
      cookie,
      (session) => Object.assign(session, { list: [1, 2], map: { x: 1, mine: true } }),
      (session) =>
        Object.assign(session, { list: [3, 4, 5], map: { x: 2, theirs: true }, day: new Date(0) }),
    );
    expect(found).toEqual({
      list: [1, 2],
      map: { x: 1, mine: true },
      day: "1970-01-01T00:00:00.000Z",
    });
  });
});
