/** A store that fails, hangs or is full: who is told, what is told, and what is left. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SessionError } from "../../src/errors.ts";
import { type Any, begin, dataOf, type Entry, type Scene, visit } from "./entries.ts";
import { HandTime } from "./hand_time.ts";
import type { MakeWorld } from "./worlds.ts";
import { testIf } from "./where.ts";

type Verb = "readAndTouch" | "read" | "commit" | "rotate" | "destroy" | "list" | "destroyAll";
type Act = (entry: Entry, cookie: string) => Promise<unknown>;

/** What a call of the handler's rejects with. */
const inHandler = (act: (scene: Scene) => Promise<unknown>): Act => async (entry, cookie) => {
  const told = async (scene: Scene) => await act(scene).then(() => undefined, (error) => error);
  return (await entry.request(cookie, told)).result;
};
/** What the framework hears of a request. */
const inRequest = (handler: (scene: Scene) => unknown): Act => async (entry, cookie) => {
  return (await entry.request(cookie, handler)).errors[0];
};
const outside = (act: (entry: Entry) => Promise<unknown>): Act => (entry) =>
  act(entry).then(() => undefined, (error) => error);

const write = ({ session }: Scene) => void (session.secret = "hush-hush");
const acts: [string, Verb, Act][] = [
  ["loading", "readAndTouch", inRequest(() => {})],
  ["reload()", "read", inHandler(({ session }) => session.reload())],
  ["save()", "commit", inHandler((scene) => (write(scene), scene.session.save()))],
  ["update()", "commit", inHandler(({ update }) => update((data) => data.secret = "hush-hush"))],
  ["the end of a request", "commit", inRequest(write)],
  ["login()", "rotate", inHandler((scene) => (write(scene), scene.login("ada")))],
  [
    "regenerate({ keep })",
    "rotate",
    inHandler(({ session }) => session.regenerate({ keep: true })),
  ],
  ["regenerate()", "destroy", inHandler(({ session }) => session.regenerate())],
  ["destroy()", "destroy", inHandler(({ session }) => session.destroy())],
  ["logout()", "destroy", inHandler(({ logout }) => logout())],
  ["list()", "list", outside((entry) => entry.list("ada-lovelace"))],
  ["revokeAll()", "destroyAll", outside((entry) => entry.revokeAll("ada-lovelace"))],
];

/** As drivers fail: with what they were asked on the error, and in its words. */
function driverError(args: readonly unknown[]): Error {
  const [id, record] = args as [string, { json?: string } | undefined];
  const text = record?.json ?? id;
  return Object.assign(new Error(`Failed on 'sess:${id}': "${text}" at ${id}`), {
    name: "ReplyError",
    code: "ECONNRESET",
    command: { name: "evalsha", args: ["sess:" + id, text] },
    detail: `Key (sid)=(${id}) already exists.`,
    query: `update session set sess = '${text}'`,
    parameters: [id, text],
    cause: new Error(text),
  });
}

export function describeStoreFailures(make: MakeWorld): void {
  testIf(make.isShared).each(acts)(
    "what the store throws is told without an id and without data: %s",
    async (_what, verb, act) => {
      const { entry, memory } = make();
      const cookie = await begin(entry, { secret: "hush" }, "ada-lovelace");
      const [id] = memory.ids() as [string];
      const heard: unknown[] = [];
      entry.on("error", (event) => heard.push(event));
      memory[verb] = ((...args: unknown[]) => {
        throw driverError(args);
      }) as never;
      const error = await act(entry, cookie) as SessionError;
      expect([error.code, error.message]).toEqual([
        "STORE_FAILED",
        "The session store (MemoryStore) failed: ECONNRESET",
      ]);
      expect(Object.keys(error)).not.toContain("cause");
      expect(error.cause).toMatchObject({ name: "ReplyError", code: "ECONNRESET" });
      const all = inspect([error, heard], { depth: 20, showHidden: true }) + JSON.stringify(error);
      for (const secret of [id, "hush", "ada-lovelace"]) expect(all).not.toContain(secret);
    },
  );

  describe("a store that does not answer is an error after ioTimeout", () => {
    testIf(make.isShared).each(acts)("%s", async (_what, verb, act) => {
      const time = new HandTime();
      const { entry, memory } = make({ clock: time, ioTimeout: 5000 });
      await time.during(async () => {
        const cookie = await begin(entry, { secret: "hush" }, "ada-lovelace");
        memory[verb] = (() => new Promise(() => {})) as never;
        expect(await act(entry, cookie)).toMatchObject({ code: "STORE_TIMEOUT" });
        // What a handler could not store is tried once more with the response.
        expect(time.passed).toBeLessThanOrEqual(2 * 5000);
      });
    });

    const held: [string, "read" | "write" | "destroy", Act][] = [
      ["loading", "read", inRequest(() => {})],
      ["save()", "write", inHandler((scene) => (write(scene), scene.session.save()))],
      ["login()", "write", inHandler(({ login }) => login("ada"))],
      ["regenerate()", "destroy", inHandler(({ session }) => session.regenerate())],
      [
        "regenerate() by callback",
        "destroy",
        inHandler(({ session }) => {
          return new Promise((resolve, reject) => {
            session.regenerate((error: unknown) => error ? reject(error) : resolve(undefined));
          });
        }),
      ],
      ["destroy()", "destroy", inHandler(({ session }) => session.destroy())],
    ];
    // Where the store itself can be asked, that is what does not answer, above.
    test.each(make.isShared ? [] : held)("%s", async (_what, deed, act) => {
      const time = new HandTime();
      const { entry, gate } = make({ clock: time, ioTimeout: 5000 });
      await time.during(async () => {
        const cookie = await begin(entry, { secret: "hush" });
        gate.hold(deed);
        expect(await act(entry, cookie)).toMatchObject({ code: "STORE_TIMEOUT" });
        // What a handler could not store is tried once more with the response.
        expect(time.passed).toBeLessThanOrEqual(2 * 5000);
      });
    });

    test("whoever waits for others to write does not wait for all their timeouts", async () => {
      const time = new HandTime();
      const { entry, gate } = make({ clock: time, ioTimeout: 5000 });
      await time.during(async () => {
        const cookie = await begin(entry, { n: 0 });
        gate.everyStop = (deed) => deed === "write" ? new Promise(() => {}) : undefined;
        await Promise.all(
          Array.from({ length: 20 }, (_, number) =>
            entry.request(cookie, ({ session }) => {
              session[`key${number}`] = number;
            })),
        );
        expect(time.passed).toBeLessThanOrEqual(2 * 5000);
      });
    });
  });

  test.each<[string, boolean]>([["a new session", false], ["a known one", true]])(
    "what could not be stored is an error page, without a cookie for it: %s",
    async (_what, isKnown) => {
      const { entry, gate, records } = make({ rolling: true });
      const cookie = isKnown ? await begin(entry, { a: 1 }) : undefined;
      gate.fail("write", new Error("database is locked"));
      const reply = await entry.request(cookie, ({ session }) => void (session.b = 2));
      expect([reply.status, reply.setCookie]).toEqual([500, undefined]);
      expect([...records().values()].map(({ b }) => b)).toEqual(isKnown ? [undefined] : []);
    },
  );

  describe("maxBytes", () => {
    const fill = (key: string, bytes: number) => ({ session }: Scene) =>
      void (session[key] = "x".repeat(bytes));

    test("counts what parallel requests have stored as well", async () => {
      const { entry } = make({ maxBytes: 1000 });
      const cookie = await begin(entry, { a: 1 });
      const reply = await entry.request(cookie, async (scene) => {
        await visit(entry, cookie, fill("theirs", 600));
        fill("mine", 600)(scene);
      });
      expect(reply.errors).toMatchObject([{ code: "SESSION_TOO_LARGE" }]);
      expect(Object.keys(await dataOf(entry, cookie))).toEqual(["a", "theirs"]);
      await visit(entry, cookie, fill("theirs", 10));
      await visit(entry, cookie, fill("mine", 600));
      expect(Object.keys(await dataOf(entry, cookie))).toEqual(["a", "theirs", "mine"]);
    });

    testIf(make.isShared)(
      "a session that is too large already may shrink, not grow",
      async () => {
        const { entry, elsewhere } = make({ maxBytes: 1000 });
        const cookie = await begin(elsewhere({ maxBytes: 9000 }), { big: "x".repeat(5000) });
        await visit(entry, cookie, fill("big", 3000));
        expect((await entry.request(cookie, fill("big", 3001))).errors).toMatchObject([
          { code: "SESSION_TOO_LARGE" },
        ]);
        expect((await dataOf(entry, cookie)).big).toHaveLength(3000);
      },
    );

    test("bytes are counted, not characters", async () => {
      const { entry } = make({ maxBytes: 1000 });
      const cookie = await begin(entry, { text: "x".repeat(900) });
      const { errors } = await entry.request(cookie, ({ session }) => {
        session.text = "€".repeat(800);
      });
      expect(errors).toMatchObject([{ code: "SESSION_TOO_LARGE" }]);
    });
  });

  describe("a listener cannot hurt", () => {
    let printed: Any;
    beforeEach(() => printed = vi.spyOn(console, "error").mockImplementation(() => {}));
    afterEach(() => printed.mockRestore());

    test.each<[string, () => unknown]>([
      ["throws", () => {
        throw new Error("listener");
      }],
      ["rejects", () => Promise.reject(new Error("listener"))],
    ])("that %s: visitors are served, and it is reported once", async (_how, listener) => {
      const { entry } = make();
      const heard: string[] = [];
      entry.on("rejected", listener);
      entry.on("rejected", ({ reason }) => heard.push(reason));
      for (let times = 0; times < 3; times++) {
        expect((await entry.request("s%3Aforged.signature", () => {})).status).toBe(200);
      }
      await new Promise(setImmediate);
      expect(heard).toEqual(["signature", "signature", "signature"]);
      expect(printed).toHaveBeenCalledTimes(1);
    });
  });
}
