/** What tells the events of one session from those of others, on both entries. */
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { type Any, type App, begin, dataOf, ENTRIES, SECRET } from "./entries.ts";

const HANDLE = /^[\w-]{16}$/;

/** The name of each event from now on, with the handles it gives. */
function handlesIn(app: App): [string, Promise<string | undefined>, Promise<string | undefined>][] {
  const heard: [string, Promise<string | undefined>, Promise<string | undefined>][] = [];
  const names = ["created", "destroyed", "evicted", "rotated", "discarded", "rejected", "error"];
  for (const name of [...names, "blocked"]) {
    app.on(name, (event) => heard.push([name, event.session(), event.before?.()]));
  }
  return heard;
}

async function settled(heard: readonly unknown[][]): Promise<unknown[][]> {
  return await Promise.all(heard.map((each) => Promise.all(each)));
}

describe.each(Object.entries(ENTRIES))("S83 a session's handle in events (%s)", (_entry, make) => {
  test("is the same in all that is told of a session, and follows it through a login", async () => {
    const app = make();
    const heard = handlesIn(app);
    const cookie = await begin(app);
    const moved = await app.ask(cookie, ({ login }) => login("ada"));
    await app.ask(cookie, () => {});
    await app.ask(moved.cookie, ({ logout }) => logout());
    await app.ask(moved.cookie, () => {});
    const [[, first], [, second, before], ...rest] = await settled(heard) as [string[], string[]];
    expect([first, second]).toEqual([expect.stringMatching(HANDLE), expect.stringMatching(HANDLE)]);
    expect(second).not.toBe(first);
    expect(before).toBe(first);
    expect(rest).toEqual([
      ["rejected", first, undefined],
      ["destroyed", second, undefined],
      ["rejected", second, undefined],
    ]);
  });

  test("tells two sessions apart, and is another with another secret", async () => {
    const handles = new Set<unknown>();
    for (const secret of [SECRET, SECRET, "another secret of more than thirty-two bytes"]) {
      const app = make({ secret, genid: () => "the-same-id-everywhere" });
      const heard = handlesIn(app);
      await begin(app);
      handles.add((await settled(heard))[0]![1]);
    }
    const app = make();
    const heard = handlesIn(app);
    await begin(app);
    await begin(app);
    for (const [, handle] of await settled(heard)) handles.add(handle);
    expect(handles.size).toBe(4);
  });

  test("is none where nobody knows which session is meant", async () => {
    const app = make();
    const heard = handlesIn(app);
    await app.ask(`sid=${"A".repeat(32)}`, () => {});
    const forged = nodeSigner(["another secret of more than thirty-two bytes"]).sign(
      "A".repeat(32),
    );
    await app.ask(`sid=${encodeURIComponent(forged)}`, () => {});
    expect(await settled(heard)).toEqual([
      ["rejected", undefined, undefined],
      ["rejected", undefined, undefined],
    ]);
  });

  test("names whom an eviction, a late write and a store that failed were about", async () => {
    const app = make({ maxSessions: 1, onStoreError: "anonymous" });
    const heard = handlesIn(app);
    const first = await app.ask(undefined, ({ login }) => login("ada"));
    await app.ask(undefined, ({ login }) => login("ada"));
    const [[, old], [, young]] = await settled(heard) as [string[], string[]];
    expect((await settled(heard))[2]).toEqual(["evicted", old, undefined]);
    expect(young).not.toBe(old);

    heard.length = 0;
    const cookie = await begin(app);
    const late = app.ask(cookie, async ({ session }) => {
      session.late = 1;
      for (const id of app.store.ids()) await app.store.destroy(id);
    });
    await late;
    app.before = () => {
      throw new Error("down");
    };
    await app.ask(cookie, async ({ logout }) => await logout().catch(() => {}));
    const [[, handle], ...rest] = await settled(heard) as [string[]];
    expect(rest).toEqual(["discarded", "error", "error"].map((name) => [name, handle, undefined]));
    expect(first.error).toBeUndefined();
  });

  test("opens nothing: it is no id, no cookie and no part of its signature", async () => {
    const app = make();
    const heard = handlesIn(app);
    const cookie = await begin(app);
    const [[, handle]] = await settled(heard) as [string[]];
    const [id] = app.store.ids();
    const mac = decodeURIComponent(cookie).split(".").at(-1)!;
    expect(mac.replaceAll("+", "-").replaceAll("/", "_")).not.toContain(handle!);
    for (const value of [handle, `s:${handle}`, `s:${id}.${handle}`]) {
      expect(await dataOf(app, `sid=${encodeURIComponent(value!)}`)).toEqual({});
    }
    expect(await dataOf(app, cookie)).toEqual({ a: 1 });
  });

  test("is made when it is asked for, and an event that is logged shows no id", async () => {
    const signs = vi.spyOn(crypto.subtle, "sign");
    const app = make();
    const events: Any[] = [];
    app.on("destroyed", (event) => events.push(event));
    const cookie = await begin(app);
    const [id] = app.store.ids();
    signs.mockClear();
    await app.ask(cookie, ({ logout }) => logout());
    expect(signs).not.toHaveBeenCalled();
    signs.mockRestore();
    const [event] = events;
    expect(await event.session()).toMatch(HANDLE);
    expect(inspect(event, { showHidden: true, depth: 9 })).not.toContain(id);
    expect([JSON.stringify(event), { ...event }]).toEqual(["{}", {}]);
  });
});

test("S83 sealed sessions have handles too, of this process", async () => {
  const heard: unknown[][] = [];
  const sessions = createSessions<Any>({ store: cookieStore({ secret: SECRET }) });
  sessions.on("created", (event) => heard.push(["created", event.session()]));
  sessions.on("destroyed", (event) => heard.push(["destroyed", event.session()]));
  const handler = sessions.wrap(async (_request, session) => {
    if (session["n"]) await session.logout();
    else session["n"] = 1;
    return new Response();
  });
  const [set] = (await handler(new Request("https://app.test/"))).headers.getSetCookie();
  const headers = { cookie: set!.split(";")[0]! };
  await handler(new Request("https://app.test/", { headers }));
  const [[, handle], ended] = await settled(heard) as [string[], string[]];
  expect(handle).toMatch(HANDLE);
  expect(ended).toEqual(["destroyed", handle]);
});

test("S85 two sealed sessions in one request are told as such, and none is used", async () => {
  const sessions = createSessions<Any>({ store: cookieStore({ secret: SECRET }) });
  const reasons: string[] = [];
  sessions.on("rejected", ({ reason }) => reasons.push(reason));
  const handler = sessions.wrap((_request, session) => {
    session["n"] ??= 1;
    return new Response();
  });
  const begun = async () => {
    const [set] = (await handler(new Request("https://app.test/"))).headers.getSetCookie();
    return set!.split(";")[0]!;
  };
  const cookie = `${await begun()}; ${await begun()}`;
  await handler(new Request("https://app.test/", { headers: { cookie } }));
  expect(reasons).toEqual(["duplicate"]);
});
