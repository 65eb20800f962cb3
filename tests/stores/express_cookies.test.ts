/** The cookie of a stored session, as stores read it: under each of its names. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FoundSession } from "../../src/stores/express/found_session.ts";
import { cookieLike, setEnd, withDates } from "../../src/stores/express/stored_cookie.ts";
import { cookieOf, Written } from "../../src/stores/express/written.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const NOW = 1_000_000;
const END = new Date(NOW + 60_000);
beforeEach(() => vi.useFakeTimers({ now: NOW, toFake: ["Date"] }));
afterEach(() => vi.useRealTimers());

describe("a session that came out of a text", () => {
  test("has its end as a date, and what is left of it", () => {
    const { cookie } = withDates({ cookie: { expires: END.toJSON(), path: "/" } as Any }) as Any;
    expect([cookie.expires, cookie._expires, cookie.maxAge]).toEqual([END, END, 60_000]);
    vi.setSystemTime(NOW + 1_000);
    expect(cookie.maxAge).toBe(59_000);
    // As it was in the text, and no more.
    expect(JSON.stringify(cookie)).toBe(`{"expires":${JSON.stringify(END)},"path":"/"}`);
  });

  test.each<[string, object, unknown]>([
    ["no end", { expires: null }, null],
    ["none, an old way to say so", { expires: false }, false],
    ["a text that names no date", { expires: "soon" }, "soon"],
    ["a number", { expires: 5 }, 5],
    ["nothing", {}, undefined],
  ])("keeps what it has instead: %s", (_what, given, end) => {
    const text = JSON.stringify(given);
    const { cookie } = withDates({ cookie: structuredClone(given) as Any }) as Any;
    expect([cookie.expires, cookie._expires, cookie.maxAge]).toEqual([end, end, end]);
    expect(JSON.stringify(cookie)).toBe(text);
    expect("expires" in cookie).toBe("expires" in given);
  });

  test.each([[{}], [{ cookie: null }], [{ cookie: "a" as Any }], [{ cookie: undefined }]])(
    "is left as it is without a cookie: %j",
    (session) => expect(withDates(structuredClone(session))).toEqual(session),
  );

  test("has another end where it is given one, under each name, as often as it is", () => {
    const cookie: Any = { expires: END.toJSON() };
    for (const end of [END, new Date(5), null]) {
      setEnd(cookie, end);
      expect([cookie.expires, cookie._expires]).toEqual([end, end]);
    }
    cookie._expires = 7;
    expect([cookie._expires, Object.keys(cookie)]).toEqual([7, ["expires"]]);
  });

  test("keeps what the class of its cookie has of those names", () => {
    class Theirs {
      expires: unknown;
      get _expires(): string {
        return "theirs";
      }
      get maxAge(): number {
        return 7;
      }
    }
    const cookie = new Theirs();
    setEnd(cookie, END);
    expect([cookie.expires, cookie._expires, cookie.maxAge]).toEqual([END, "theirs", 7]);
  });
});

describe("a cookie of another's class", () => {
  class Model {
    path: unknown = "/model";
    extra: unknown = 1;
    _expires: unknown = null;
    originalMaxAge: unknown = null;
    set expires(end: unknown) {
      this._expires = end;
      this.originalMaxAge = "moved";
    }
    get expires(): unknown {
      return this._expires;
    }
    serialize(): string {
      return "theirs";
    }
  }

  test("says what the text does, and has nothing of the model's but its keys", () => {
    const text = { secure: true, path: "/", originalMaxAge: 5, expires: END.toJSON() };
    const cookie = cookieLike(new Model(), text) as Any;
    expect(cookie).toBeInstanceOf(Model);
    expect(Object.entries(cookie)).toEqual([
      ["path", "/"],
      ["extra", undefined],
      ["_expires", END],
      ["originalMaxAge", 5],
      ["secure", true],
    ]);
  });

  test("can be changed like any other", () => {
    const cookie = cookieLike(new Model(), { path: "/" } as Any) as Any;
    cookie.path = "/later";
    expect(cookie.path).toBe("/later");
    expect(delete cookie.path).toBe(true);
    expect("path" in cookie).toBe(false);
  });

  test("has no end where the text names none, and keeps its methods", () => {
    const cookie = cookieLike(new Model(), { serialize: 5, originalMaxAge: null } as Any) as Any;
    expect([cookie.expires, cookie.originalMaxAge, cookie.serialize()])
      .toEqual([null, null, "theirs"]);
  });
});

describe("a session as a store gave it", () => {
  test("is its own text, and ends when its cookie does", () => {
    const session = { cookie: { expires: END }, a: 1 };
    const found = new FoundSession(session, 7);
    expect([found.session, found.version, found.expires]).toEqual([session, 7, END.getTime()]);
    expect(found.json).toBe(JSON.stringify(session));
    expect(new FoundSession({}, 1).expires).toBeNull();
  });
});

describe("a session as it was sent", () => {
  const text = '{"cookie":{"path":"/"},"a":1}';
  const cookie = { json: '{"path":"/new"}', expires: 9 };

  test("has the cookie of a later touch(), and none of an earlier one", () => {
    const written = new Written(text, 5, undefined);
    written.began = 3;
    expect([written.json, written.expires]).toEqual([text, 5]);
    written.touched(cookie, 2);
    expect([written.json, written.expires]).toEqual([text, 5]);
    written.touched(cookie, 3);
    expect([JSON.parse(written.json), written.expires])
      .toEqual([{ cookie: { path: "/new" }, a: 1 }, 9]);
    written.touched({ json: "{}", expires: null }, 4);
    expect([JSON.parse(written.json), written.expires]).toEqual([{ cookie: {}, a: 1 }, null]);
    // One that was overtaken comes too late.
    written.touched(cookie, 3);
    expect(written.expires).toBeNull();
  });

  test("is copied with what its class and its hidden parts are", () => {
    class Session {
      constructor(readonly cookie: object | null, readonly a: number) {}
      save(): string {
        return "saved";
      }
    }
    const model = Object.defineProperty(new Session({ path: "/model" }, 7), "id", { value: "id" });
    // Whatever it has had since is no part of what was sent.
    const copy = new Written(text, 5, Object.assign(model, { later: 1 })).copy() as Any;
    expect([copy.save(), copy.id, copy.a, copy.cookie.path]).toEqual(["saved", "id", 1, "/"]);
    expect(Object.keys(copy)).toEqual(["cookie", "a"]);
    // A store may change what it is handed.
    copy.a = 2;
    expect([copy.a, delete copy.a, "a" in copy]).toEqual([2, true, false]);
    // Without a cookie of its own there is no class to follow.
    const plain = new Written(text, 5, new Session(null, 7)).copy() as Any;
    expect(plain.cookie).toEqual({ path: "/" });
    const bare = new Written('{"a":1,"cookie":null}', null, model).copy() as Any;
    expect([bare.a, bare.cookie]).toEqual([1, null]);
  });

  test("of an application has the end of its cookie; what no text can hold is none", () => {
    expect(Written.from({ cookie: { expires: END }, a: 1 })).toMatchObject({
      json: JSON.stringify({ cookie: { expires: END }, a: 1 }),
      expires: END.getTime(),
    });
    expect(Written.from({ a: 1n })).toBeUndefined();
    expect(cookieOf({ cookie: { expires: END } } as Any)).toEqual({
      json: JSON.stringify({ expires: END }),
      expires: END.getTime(),
    });
    const circle: Any = {};
    circle.self = circle;
    for (const session of [undefined, {}, { cookie: null }, { cookie: circle }]) {
      expect(cookieOf(session as Any)).toBeUndefined();
    }
  });
});
