/** What both entries promise of a session's life. */
import { describe, expect, test } from "vitest";
import { type Lifetimes, lifetimes } from "../../src/lifetimes.ts";
import { type Any, begin, dataOf, ENTRIES } from "./entries.ts";

/** A clock that the test moves. */
function handClock(): { now(): number; after(): () => void; pass(ms: number): void } {
  let now = 1_700_000_000_000;
  return { now: () => now, after: () => () => {}, pass: (ms) => void (now += ms) };
}

describe.each(Object.entries(ENTRIES))("%s", (entry, make) => {
  test("S41 who proves it once more has a new id and a newer proof; the old id is dead", async () => {
    const clock = handClock();
    const app = make({ clock });
    const { cookie: before, result: first } = await app.ask(undefined, async (scene) => {
      scene.session.cart = 1;
      await scene.login("ada");
      return scene.authenticatedAt;
    });
    clock.pass(60_000);
    const { cookie: after, result: second } = await app.ask(before, async (scene) => {
      await scene.elevate();
      return scene.authenticatedAt;
    });
    expect(second - first).toBe(60_000);
    expect(after).not.toBe(before);
    expect(await dataOf(app, before)).toEqual({});
    expect(await dataOf(app, after)).toEqual({ cart: 1 });
  });

  test.each<[string, Lifetimes]>(Object.entries(lifetimes))(
    "S54 %s ends a session that is silent, and one that never is",
    async (_name, limits) => {
      const clock = handClock();
      const app = make({ clock, ...limits });
      const login = async () => (await app.ask(undefined, ({ login }) => login("ada"))).cookie;
      const isKnown = async (cookie: Any) => (await app.list("ada")).length > 0 && cookie;
      if (limits.idleTimeout !== Infinity) {
        await login();
        clock.pass(limits.idleTimeout + 1);
        expect(await app.list("ada")).toEqual([]);
      }
      const busy = await login();
      const step = Math.min(limits.idleTimeout, limits.absoluteTimeout) / 2;
      let age = 0;
      for (; age + step < limits.absoluteTimeout; age += step) {
        clock.pass(step);
        await app.ask(busy);
        expect(await isKnown(busy)).toBe(busy);
      }
      clock.pass(limits.absoluteTimeout - age + 1);
      await app.ask(busy);
      expect(await app.list("ada")).toEqual([]);
    },
  );

  test("S54 the limits by name are those that OWASP and NIST ask for", () => {
    const [MINUTE, HOUR] = [60_000, 3_600_000];
    expect(lifetimes.owaspHighValue.idleTimeout).toBeLessThanOrEqual(5 * MINUTE);
    expect(lifetimes.owaspLowValue.idleTimeout).toBeLessThanOrEqual(30 * MINUTE);
    expect(lifetimes.owaspLowValue.absoluteTimeout).toBeLessThanOrEqual(8 * HOUR);
    expect(lifetimes.nistAal1.absoluteTimeout).toBeLessThanOrEqual(30 * 24 * HOUR);
    expect(lifetimes.nistAal2).toEqual({ idleTimeout: HOUR, absoluteTimeout: 24 * HOUR });
    expect(lifetimes.nistAal3).toEqual({ idleTimeout: 15 * MINUTE, absoluteTimeout: 12 * HOUR });
  });

  test("S55 S56 a subject's sessions end together, those that just began too; what is over is not counted", async () => {
    const clock = handClock();
    const app = make({ clock, cookie: { secure: false, maxAge: 60_000 } });
    const login = async () => (await app.ask(undefined, ({ login }) => login("ada"))).cookie;
    await login();
    clock.pass(60_001);
    const cookies = await Promise.all([login(), login(), login()]);
    expect(await app.list("ada")).toHaveLength(3);
    expect(await app.revokeAll("ada")).toBe(3);
    for (const cookie of cookies) {
      expect(await dataOf(app, cookie)).toEqual({});
    }
    expect(await app.list("ada")).toEqual([]);
    expect(await app.revokeAll("ada")).toBe(0);
  });

  test("S72 two first requests of one browser begin two sessions at most, each its own", async () => {
    const app = make();
    const answers = await Promise.all(
      ["one", "two"].map((who) =>
        app.ask(undefined, async ({ session }) => {
          session.who = who;
          await session.save();
        })
      ),
    );
    expect(app.store.ids()).toHaveLength(2);
    const found = [];
    for (const { cookie } of answers) found.push(await dataOf(app, cookie));
    expect(found).toEqual([{ who: "one" }, { who: "two" }]);
  });

  test("S82 what an answer of 500 leaves behind is said: Express stores it, the Web does not", async () => {
    const app = make();
    const cookie = await begin(app, { a: 1 });
    await app.ask(cookie, ({ session }) => void (session.a = 2), { status: 500 });
    expect(await dataOf(app, cookie)).toEqual({ a: entry === "Express" ? 2 : 1 });
    await app.ask(cookie, ({ session }) => void (session.a = 3), { status: 499 });
    expect(await dataOf(app, cookie)).toEqual({ a: 3 });
  });

  test("S86 a logout is announced when the store has acknowledged it, and not where it failed", async () => {
    const app = make();
    const heard: string[] = [];
    app.on("destroyed", () => heard.push(`${app.store.ids().length} left`));
    const cookie = await begin(app);
    app.before = (verb) => {
      if (verb === "destroy") throw new Error("down");
    };
    await app.ask(cookie, ({ logout }) => logout().catch(() => {}));
    expect(heard).toEqual([]);
    app.before = () => {};
    await app.ask(cookie, ({ logout }) => logout());
    expect(heard).toEqual(["0 left"]);
  });
});
