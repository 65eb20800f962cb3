/** Silence and age end a session, whatever its cookie says and whoever visits it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { begin, dataOf, type RequestOptions, type Scene, visit } from "./entries.ts";
import { testIf } from "./where.ts";
import type { MakeWorld, WorldOptions } from "./worlds.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const IDLE = 20 * MINUTE;
const AGE = 2 * HOUR;

const COOKIES: [string, NonNullable<WorldOptions["cookie"]>][] = [
  ["a cookie until the browser closes", { maxAge: undefined as never }],
  ["a cookie of 10 days", { maxAge: 240 * HOUR }],
];

/** What extends no life beyond its limit. */
const VISITS: [string, (scene: Scene) => unknown, RequestOptions?][] = [
  ["reads", ({ session }) => session.page],
  ["writes", ({ session }) => void session.page++],
  ["touches", ({ session }) => void session.touch()],
  ["updates", ({ update }) => update((data) => void data.page++)],
  ["saves", ({ session }) => (session.page++, session.save())],
  ["renews its id", ({ session }) => session.regenerate({ keep: true })],
  ["asks for 10 days", ({ session }) => void (session.cookie.maxAge = 240 * HOUR)],
  ["fails", () => {
    throw new Error("boom");
  }],
];

export function describeLimits(make: MakeWorld): void {
  describe("a limit of a session's life", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
    afterEach(() => void vi.useRealTimers());
    const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);
    describe.each(COOKIES)("with %s", (_what, cookie) => {
      test.each([[false], [true]])("S48 idle, rolling: %j", async (rolling) => {
        const world = make({ cookie, rolling, idleTimeout: IDLE });
        const first = await begin(world.entry, { page: 0 });
        pass(IDLE - 1);
        expect(await dataOf(world.entry, first)).toMatchObject({ page: 0 });
        // Read just now, so it has the whole time again.
        pass(IDLE - 1);
        expect(await dataOf(world.entry, first)).toMatchObject({ page: 0 });
        pass(IDLE + 1);
        expect(await dataOf(world.entry, first)).toBeUndefined();
      });

      test.each(VISITS)("S49 age, where each visit %s", async (_act, handler, given) => {
        const world = make({ cookie, absoluteTimeout: AGE });
        let value: string | undefined = await begin(world.entry, { page: 0 });
        const began = Date.now();
        while (Date.now() - began < AGE - 10 * MINUTE) {
          pass(10 * MINUTE);
          const reply = await world.entry.request(value, handler, given);
          value = reply.cookie;
        }
        pass(began + AGE - 1 - Date.now());
        expect(await dataOf(world.entry, value)).toMatchObject({ page: expect.any(Number) });
        pass(1);
        expect(await dataOf(world.entry, value)).toBeUndefined();
      });

      test("a login begins its age anew", async () => {
        const world = make({ cookie, absoluteTimeout: AGE });
        const first = await begin(world.entry, { page: 0 });
        pass(AGE - 1);
        const { cookie: second } = await visit(world.entry, first, ({ login }) => login("ada"));
        pass(AGE - 1);
        expect(await dataOf(world.entry, second)).toMatchObject({ page: 0 });
        pass(1);
        expect(await dataOf(world.entry, second)).toBeUndefined();
      });

      test("what the browser is told of its cookie is what it is without limits", async () => {
        const one = await visitOnce(make({ cookie, rolling: true }));
        const other = await visitOnce(
          make({ cookie, rolling: true, idleTimeout: IDLE, absoluteTimeout: AGE }),
        );
        expect(other).toEqual(one);
      });
    });

    async function visitOnce({ entry }: ReturnType<MakeWorld>): Promise<unknown[]> {
      vi.setSystemTime(1e12);
      const first = await visit(entry, undefined, ({ session }) => void (session.page = 0));
      const attributes: unknown[] = [];
      for (let visits = 0; visits < 2; visits++) {
        pass(MINUTE);
        const { setCookie, result } = await visit(entry, first.cookie, ({ session }) => {
          return [session.cookie.originalMaxAge, session.cookie.expires !== null];
        });
        attributes.push(setCookie?.replace(/^[^;]*/, ""), result);
      }
      return attributes;
    }

    testIf(make.isShared)("S49 what is too old is removed, and the reason told", async () => {
      const world = make({ cookie: { maxAge: 240 * HOUR }, absoluteTimeout: 10 * HOUR });
      const first = await begin(world.entry, { page: 0 });
      // The limit is shorter by now than when the store was told of the end.
      const entry = world.elsewhere({ absoluteTimeout: AGE });
      const heard: string[] = [];
      entry.on("rejected", ({ reason }) => heard.push(reason));
      pass(AGE - 1);
      expect(await dataOf(entry, first)).toMatchObject({ page: 0 });
      pass(1);
      expect(await dataOf(entry, first)).toBeUndefined();
      expect(heard).toEqual(["absolute"]);
      expect([...world.records().keys()]).toEqual([]);
    });

    test("S50 many visits tell the store little, and never lengthen the silence", async () => {
      const world = make({
        cookie: { maxAge: undefined as never },
        idleTimeout: IDLE,
      });
      const first = await begin(world.entry, { page: 0 });
      let touched = 0;
      world.gate.everyStop = (deed, at) => {
        if (deed === "touch" && at === "call") touched++;
        return undefined;
      };
      for (let visits = 0; visits < 100; visits++) {
        pass(1_000);
        await dataOf(world.entry, first);
      }
      expect(touched).toBeLessThan(4);
      expect(touched).toBeGreaterThan(0);
      pass(IDLE);
      expect(await dataOf(world.entry, first)).toBeUndefined();
    });

    testIf(make.isShared)(
      "a session of unknown age begins to age when it is first seen",
      async () => {
        const world = make({ cookie: { maxAge: undefined as never }, absoluteTimeout: AGE });
        const first = await begin(world.entry, { page: 0 });
        const [id] = world.memory.ids();
        const { version, json } = world.memory.peek(id!)!;
        const { $websession: _, ...old } = JSON.parse(json);
        await world.memory.commit(id!, { json: JSON.stringify(old), expires: null }, version);
        pass(10 * HOUR);
        expect(await dataOf(world.entry, first)).toMatchObject({ page: 0 });
        pass(AGE - 1);
        expect(await dataOf(world.entry, first)).toMatchObject({ page: 0 });
        pass(1);
        expect(await dataOf(world.entry, first)).toBeUndefined();
      },
    );

    test("S53 a clock that is set back lengthens no life", async () => {
      const world = make({
        cookie: { maxAge: undefined as never },
        idleTimeout: IDLE,
        absoluteTimeout: AGE,
      });
      const first = await begin(world.entry, { page: 0 });
      const began = Date.now();
      pass(-HOUR);
      await dataOf(world.entry, first);
      vi.setSystemTime(began + IDLE + 1);
      expect(await dataOf(world.entry, first)).toBeUndefined();
    });

    test("`options.clock` is the only one: it ends a cookie, its session and what the browser is told", async () => {
      const clock = { time: 5e11, now: () => clock.time, after: () => () => {} };
      const made = make({ clock, cookie: { maxAge: HOUR }, rolling: true });
      const first = await visit(made.entry, undefined, ({ session }) => void (session.page = 0));
      expect(first.setCookie).toContain(`Expires=${new Date(5e11 + HOUR).toUTCString()}`);
      clock.time += HOUR - 1;
      const { result, setCookie } = await visit(made.entry, first.cookie, ({ session }) => {
        return [session.page, session.cookie.maxAge > 0];
      });
      expect(result).toEqual([0, true]);
      expect(setCookie).toContain(`Expires=${new Date(clock.time + HOUR).toUTCString()}`);
      clock.time += HOUR - 1;
      expect(await dataOf(made.entry, first.cookie)).toMatchObject({ page: 0 });
      clock.time += HOUR;
      expect(await dataOf(made.entry, first.cookie)).toBeUndefined();
    });
  });
}
