/** Values that are well signed, well formed or still stored, and yet no session. */
import { describe, expect, test } from "vitest";
import { createSessions, webSigner } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, cookieOf, countingStore, request, SECRET } from "./support.ts";

const show = (_request: Request, session: Any): Response => Response.json({ ...session });

describe("S16 an application that signs other values with the same secret", () => {
  test("cannot be made to sign a visitor in: the id is not adopted, not even when written to", async () => {
    const store = countingStore();
    const sessions = createSessions<Any>({ secret: SECRET, store });
    const signed = encodeURIComponent(await webSigner([SECRET]).sign("chosen-by-the-attacker"));
    const write = sessions.wrap((_request, session) => {
      session["user"] = "victim";
      return new Response();
    });
    const response = await write(request(`__Host-session=${signed}`));
    expect(store.read("chosen-by-the-attacker")).toBeUndefined();
    expect(store.ids()).toHaveLength(1);
    expect(cookieOf(response)).not.toContain("chosen-by-the-attacker");
  });
});

describe("S52 a record that is over and still there", () => {
  test("is as good as none: nothing has to be swept first", async () => {
    let now = Date.now();
    const store = memoryStore({ now: () => now, sweepInterval: 0 });
    const clock = { now: () => now, after: () => () => {} };
    const sessions = createSessions<Any>({
      secret: SECRET,
      store,
      clock,
      cookie: { maxAge: 1000 },
    });
    const write = sessions.wrap((_request, session) => {
      session["user"] = "u";
      return new Response();
    });
    const cookie = cookieOf(await write(request()));
    const read = sessions.wrap(show);
    now += 999;
    expect(await (await read(request(cookie))).json()).toMatchObject({ user: "u" });
    // The visit above was the last one: it moved the end.
    now += 1000;
    expect(await (await read(request(cookie))).json()).not.toHaveProperty("user");
  });
});

describe("S60 stored data", () => {
  test("are JSON and nothing else: what looks like a class or code stays text", async () => {
    const store = memoryStore();
    const data = {
      $type: "Date",
      value: "2026-01-01T00:00:00.000Z",
      code: "(() => { globalThis.ran = true })()",
      nested: { __type: "Function", toJSON: "x", then: "y" },
    };
    const id = "stored-by-somebody";
    store.create(id, { json: JSON.stringify({ cookie: {}, ...data }), expires: null });
    const sessions = createSessions<Any>({ secret: SECRET, store });
    const signed = encodeURIComponent(await webSigner([SECRET]).sign(id));
    const response = await sessions.wrap(show)(request(`__Host-session=${signed}`));
    expect(await response.json()).toMatchObject(data);
    expect(globalThis).not.toHaveProperty("ran");
  });
});
