/** What the page says of the short cookie's end, of routes without devices and of whoever is refused, on both entries. */
import { afterEach, describe, expect, test } from "vitest";
import { type AppOptions, APPS, type DeviceApp, NAME } from "./apps.ts";
import { makeBrowser, type TestBrowser } from "./browser.ts";

/** What is on its way while a cookie ends. */
const ON_ITS_WAY = 5_000;

describe.each(Object.entries(APPS))("on %s", (_entry, make) => {
  let app: DeviceApp;
  afterEach(() => app.end());

  async function bound(options: AppOptions = {}): Promise<TestBrowser> {
    app = make(options);
    const browser = await makeBrowser(app.fetch);
    await browser.login();
    app.pass(ON_ITS_WAY + 1);
    return browser;
  }

  /** What whoever says that he could not renew is answered. */
  async function skipping(browser: TestBrowser): Promise<number> {
    const thief = await browser.thief();
    thief.cookies.delete(`${NAME}-bound`);
    const id = browser.instructions!.session_identifier;
    const headers = { "secure-session-skipped": `unreachable;session_identifier="${id}"` };
    return (await thief.get("/bound", headers)).status;
  }

  test.each([
    [1000, 1000],
    // Browsers count seconds: so long is the cookie's own life.
    [1400, 1000],
    [1500, 2000],
    [5000, 5000],
    [600_000, 600_000],
  ])(
    "with a maxAge of %i ms who says he could not renew is believed %i ms after the last renewal, and not before",
    async (maxAge, end) => {
      const grace = 3000;
      const browser = await bound({ maxAge, grace });
      const steps: [ms: number, status: number][] = [
        ...[[0, 403], [end - 1, 403], [end, 200], [end + grace, 200]] as [number, number][],
        [end + grace + 1, 403],
      ];
      expect((await browser.refresh()).status).toBe(200);
      let passed = 0;
      for (const [ms, status] of steps) {
        app.pass(ms - passed);
        passed = ms;
        expect([ms, await skipping(browser)]).toEqual([ms, status]);
      }
    },
  );

  test("a route that is off looks at nothing, and so knows of no fresh cookie", async () => {
    const browser = await bound();
    const freshAt = async (path: string) => (await (await browser.get(path)).json()).fresh;
    expect([await freshAt("/"), await freshAt("/bound"), await freshAt("/off")])
      .toEqual([true, true, false]);
  });

  test("whoever is refused is told so by an answer that no cache keeps, for these cookies alone", async () => {
    const browser = await bound({ maxAge: 1000 });
    app.pass(ON_ITS_WAY);
    const { status, headers } = await browser.get("/bound");
    expect([status, headers.get("cache-control"), headers.get("vary")])
      .toEqual([403, "no-store", expect.stringMatching(/\bcookie\b/i)]);
  });

  test.each(["/a/../b", "/./x", "/..", "/a/.", "/a/../", "/a/./"])(
    "a path that URLs write in another way is refused: %s",
    (path) => {
      expect(() => app = make({ path })).toThrow(TypeError);
      expect(() => app = make({ path })).toThrow('Option "path"');
    },
  );

  test.each(["/.../x", "/.a/b.", "/..a"])(
    "a path with dots of another kind is taken: %s",
    async (path) => {
      const browser = await bound({ path });
      expect((await browser.refresh()).status).toBe(200);
    },
  );
});
