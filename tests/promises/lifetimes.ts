/** A session's lifetime is its own, and its cookie's attributes are the options' own. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { begin, dataOf, type RequestOptions, type Scene, visit } from "./entries.ts";
import type { MakeWorld } from "./worlds.ts";
import { describeIf, testIf } from "./where.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What the options say. */
const DEFAULT = 15 * MINUTE;

const boom = new Error("boom");

/** What may happen to a request that means nothing to the lifetime. */
const requests: [string, (scene: Scene) => unknown, RequestOptions][] = [
  ["a visit that changes nothing", () => {}, {}],
  ["a visit that writes", ({ session }) => void session.page++, {}],
  ["touch()", ({ session }) => void session.touch(), {}],
  ["update()", ({ update }) => update((data) => void data.page++), {}],
  ["update() that changes nothing", ({ update }) => update(() => {}), {}],
  ["save()", ({ session }) => (session.page++, session.save()), {}],
  ["reload()", ({ session }) => session.reload(), {}],
  ["an answer of 503", ({ session }) => void session.page++, { status: 503 }],
  ["a handler that throws", () => {
    throw boom;
  }, {}],
  ["a visitor who goes away in the middle", () => {}, { aborts: true }],
  ["login()", ({ login }) => login("ada"), {}],
];

export function describeLifetimes(make: MakeWorld): void {
  describe("a lifetime", () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
    afterEach(() => void vi.useRealTimers());

    /** A session that was given a lifetime of its own. */
    const world = async (lifetime: number, rolling: boolean) => {
      const made = make({ cookie: { maxAge: DEFAULT }, rolling });
      const first = await begin(made.entry, { page: 0 });
      const { cookie } = await visit(made.entry, first, ({ session }) => {
        session.cookie.maxAge = lifetime;
      });
      return { ...made, cookie };
    };
    const pass = (ms: number) => void vi.setSystemTime(Date.now() + ms);

    describe.each([[false], [true]])("rolling: %j", (rolling) => {
      test.each(requests)("of 30 days outlasts %s", async (_what, handler, given) => {
        const { entry, cookie: first } = await world(30 * DAY, rolling);
        pass(10 * MINUTE);
        const { cookie } = await entry.request(first, handler, given);
        pass(20 * DAY);
        expect(await dataOf(entry, cookie)).toMatchObject({ page: expect.any(Number) });
      });

      test.each(requests)("of 5 minutes does not grow by %s", async (_what, handler, given) => {
        const { entry, cookie: first } = await world(5 * MINUTE, rolling);
        pass(2 * MINUTE);
        const { cookie, setCookie } = await entry.request(first, handler, given);
        if (setCookie !== undefined) {
          const expires = Date.parse(/Expires=([^;]*)/.exec(setCookie)![1]!);
          expect(expires - Date.now()).toBeLessThanOrEqual(5 * MINUTE);
        }
        pass(5 * MINUTE + 1000);
        expect(await dataOf(entry, cookie)).toBeUndefined();
      });
    });

    test("of 30 days is not replaced by what a parallel request still thinks it is", async () => {
      const { entry } = make({ cookie: { maxAge: DEFAULT }, rolling: true });
      const cookie = await begin(entry, { page: 0 });
      const { setCookie } = await visit(entry, cookie, async ({ session }) => {
        await visit(entry, cookie, (scene) => {
          scene.session.cookie.maxAge = 30 * DAY;
          // A cookie alone goes to a callback store by its `touch()`, which is no version.
          if (!make.isShared) scene.session.remembered = true;
        });
        session.page = 1;
      });
      pass(20 * DAY);
      expect(await dataOf(entry, cookie)).toMatchObject({ page: 1 });
      const expires = Date.parse(/Expires=([^;]*)/.exec(setCookie!)![1]!);
      expect(expires - Date.now()).toBeGreaterThan(9 * DAY);
    });

    testIf(make.isShared)(
      "… nor by one in another process, whatever that one does",
      async () => {
        const { entry, elsewhere } = make({ cookie: { maxAge: DEFAULT }, rolling: true });
        for (
          const act of [
            ({ session }: Scene) => void session.page++,
            ({ update }: Scene) => update((data) => void data.page++),
            ({ update }: Scene) => update(() => {}),
            ({ session }: Scene) => (session.page++, session.save()),
            ({ login }: Scene) => login("ada"),
          ]
        ) {
          const first = await begin(entry, { page: 0 });
          const { cookie } = await visit(entry, first, async (scene) => {
            await visit(elsewhere(), first, ({ session }) => {
              session.cookie.maxAge = 30 * DAY;
            });
            await act(scene);
          });
          pass(20 * DAY);
          expect(await dataOf(entry, cookie), String(act)).toBeDefined();
        }
      },
    );
  });

  describeIf(make.isShared)("a conflict brings no attributes of a cookie", () => {
    const strict = { httpOnly: true, secure: true, sameSite: "strict", path: "/" } as const;
    const loose = { httpOnly: false, secure: false, sameSite: "none", path: "/app" } as const;

    test.each<[string, (scene: Scene) => unknown]>([
      ["save()", ({ session }) => (session.page++, session.save())],
      ["the end of the request", ({ session }) => void session.page++],
      ["update()", ({ update }) => update((data) => void data.page++)],
      ["login()", ({ login }) => login("ada")],
    ])("%s", async (_what, act) => {
      const { entry, memory } = make({ cookie: strict, rolling: true });
      const cookie = await begin(entry, { page: 0 }, undefined, { isSecure: true });
      const { setCookie } = await entry.request(cookie, async (scene) => {
        // As a process with other options, or another program, has written it meanwhile.
        const [id] = memory.ids() as [string];
        const { json, expires, version } = memory.peek(id)!;
        const record = JSON.parse(json);
        Object.assign(record.cookie, loose);
        record.other = true;
        memory.commit(id, { json: JSON.stringify(record), expires }, version);
        await act(scene);
      }, { isSecure: true });
      expect(setCookie).toMatch(/HttpOnly; Secure; SameSite=Strict/);
      expect(setCookie).toContain("Path=/;");
      const { result } = await entry.request(cookie, ({ session }) => session.other, {
        isSecure: true,
      });
      if (!/login/.test(String(act))) expect(result).toBe(true);
    });

    test('Secure where it is "auto" and the request came over https', async () => {
      const { entry, elsewhere } = make({ cookie: { secure: "auto" }, rolling: true });
      const cookie = await begin(entry, { page: 0 });
      const { setCookie } = await entry.request(cookie, async ({ session }) => {
        await elsewhere({ cookie: { secure: false } }).request(cookie, (scene) => {
          scene.session.other = true;
        });
        session.page = 1;
      }, { isSecure: true });
      expect(setCookie).toMatch(/; Secure/);
    });
  });
}
