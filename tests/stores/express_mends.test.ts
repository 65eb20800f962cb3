/** What a callback store is handed when it is told again: what an ordinary `set()` hands it. */
import { describe, expect, test } from "vitest";
import session, { Cookie } from "../../src/express/mod.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { type Any, heldStore, ID, recordOf, told } from "./express_held_store.ts";

const MINUTE = 60_000;

/** Everything stores are known to read. */
function readings(given: Any): object {
  const { cookie } = given;
  return {
    text: JSON.stringify(given),
    class: Object.getPrototypeOf(given),
    keys: Object.keys(given),
    id: given.id,
    req: given.req,
    cookieClass: Object.getPrototypeOf(cookie),
    cookieKeys: Object.keys(cookie).sort(),
    cookieText: JSON.stringify(cookie),
    expires: cookie.expires,
    _expires: cookie._expires,
    originalMaxAge: cookie.originalMaxAge,
    hasMaxAge: typeof cookie.maxAge,
    data: cookie.data,
    header: cookie.serialize?.("name", "value"),
  };
}

/** Stores a session while a slow `touch()` is under way, and says what the store was handed both times. */
async function givenTwice(record: Any): Promise<[Any, Any]> {
  const held = heldStore();
  const store = fromExpressStore(held.store);
  await store.create(ID, recordOf({ user: "anna" }));
  const { version, json } = (await store.read(ID))!;
  const gate = held.hold("touch", "between");
  const visit = store.touch(ID, null, JSON.parse(json)) as Promise<boolean>;
  await gate.arrived;
  await store.commit(ID, record, version);
  gate.release();
  await visit;
  expect(held.given).toHaveLength(3);
  return [held.given[1], held.given[2]];
}

/** A session as the middleware makes it. */
function liveSession(options: Any): Any {
  const req = { sessionID: ID, url: "/" } as Any;
  const live = new session.Session(req, { user: "anna", nested: { list: [1] } }) as Any;
  live.cookie = new Cookie(options);
  return live;
}
const recordFor = (live: Any) => ({ json: JSON.stringify(live), expires: null, session: live });

describe("told again, a store is handed", () => {
  test.each<[string, Any]>([
    ["a lifetime", { maxAge: MINUTE }],
    ["an end", { expires: new Date("2999-01-01") }],
    ["neither", {}],
    ["all attributes", {
      maxAge: MINUTE,
      path: "/app",
      domain: "example.com",
      secure: true,
      sameSite: "lax",
      priority: "high",
      partitioned: true,
      httpOnly: false,
    }],
  ])("a session of the same class with the same cookie: %s", async (_what, options) => {
    const live = liveSession(options);
    const [first, again] = await givenTwice(recordFor(live));
    expect(first).toBe(live);
    expect(again).not.toBe(live);
    expect(readings(again)).toEqual(readings(first));
  });

  test("the session as it was sent, not as it has become", async () => {
    const held = heldStore();
    const store = fromExpressStore(held.store);
    await store.create(ID, recordOf({ user: "anna" }));
    const { version, json } = (await store.read(ID))!;
    const gate = held.hold("touch", "between");
    const visit = store.touch(ID, null, JSON.parse(json)) as Promise<boolean>;
    await gate.arrived;
    const live = liveSession({ maxAge: MINUTE });
    const sent = JSON.stringify(live);
    await store.commit(ID, recordFor(live), version);
    live.nested.list.push(2);
    live.cookie.maxAge = 5;
    live.cookie.domain = "example.com";
    gate.release();
    await visit;
    expect(held.texts.get(ID)).toBe(sent);
  });

  test("dates and lifetimes, where the record has no object", async () => {
    const record = recordOf({ user: "anna" });
    const given = await givenTwice(record);
    for (const { cookie } of given) {
      expect(cookie.expires).toEqual(new Date(record.expires));
      expect(cookie._expires).toEqual(new Date(record.expires));
      expect(cookie.maxAge).toBeGreaterThan(0);
    }
    expect(JSON.stringify(given[1])).toBe(record.json);
  });

  test.each<[string, Any]>([
    ["a text as lifetime", { originalMaxAge: "abc", expires: "soon" }],
    ["a lifetime no date can name", { originalMaxAge: 1e300, expires: 1e300 }],
    ["no lifetime, and `false` as end", { originalMaxAge: null, expires: false }],
    ["objects", { originalMaxAge: [], expires: {} }],
    ["nothing", {}],
    ["names of methods", { data: 1, serialize: 2, toJSON: 3, constructor: 4 }],
  ])("whatever was stored: %s", async (_what, cookie) => {
    const text = JSON.stringify({ cookie, user: "anna" });
    const [, plain] = await givenTwice({ json: text, expires: null });
    expect(JSON.stringify(plain)).toBe(text);
    const live = liveSession({});
    const [, again] = await givenTwice({ json: text, expires: null, session: live });
    expect(again.cookie).toBeInstanceOf(Cookie);
    expect(again.user).toBe("anna");
  });

  test("what an application stored itself", async () => {
    const held = heldStore();
    const store = fromExpressStore(held.store);
    await store.create(ID, recordOf({ user: "anna" }));
    const gate = held.hold("touch", "between");
    const { json } = (await store.read(ID))!;
    const visit = store.touch(ID, null, JSON.parse(json)) as Promise<boolean>;
    await gate.arrived;
    const live = liveSession({ maxAge: MINUTE });
    await told((done) => held.store.set(ID, live, done));
    gate.release();
    await visit;
    expect(readings(held.given[2])).toEqual(readings(live));
  });
});
