/** The text of a session: one that is compared, and stored. */
import { describe, expect, test } from "vitest";
import { SessionError } from "../../src/errors.ts";
import {
  contentText,
  dataTextOf,
  joinText,
  LazyRecord,
  membersText,
  parseStored,
} from "../../src/core/session_json.ts";
import { seeded } from "../../src/testing/random.ts";

describe("contentText", () => {
  test.each<[string, object, string]>([
    ["the cookie is left out", { cookie: { a: 1 }, b: 2 }, '{"b":2}'],
    ["a nested cookie is data", { b: { cookie: 1 } }, '{"b":{"cookie":1}}'],
    ["no data", { cookie: {} }, "{}"],
    ["what JSON leaves out", { a: undefined, b: () => 1, c: Symbol.iterator }, "{}"],
    ["toJSON is asked", { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ])("%s", (_rule, session, expected) => {
    expect(contentText(session, "")).toBe(expected);
  });

  test.each<[string, () => object]>([
    ["a cycle", () => {
      const loop: Record<string, unknown> = {};
      return { fine: 1, bad: Object.assign(loop, { loop }) };
    }],
    ["a BigInt", () => ({ fine: 1, bad: 10n })],
    ["a toJSON that throws", () => ({
      fine: 1,
      bad: {
        toJSON: () => {
          throw new Error("secret");
        },
      },
    })],
  ])("S62 %s is named by its key, not by its value", (_kind, make) => {
    let error: unknown;
    try {
      contentText(make(), "");
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(SessionError);
    expect((error as SessionError).code).toBe("SESSION_UNSERIALIZABLE");
    expect((error as SessionError).message).toContain('"bad"');
    expect((error as SessionError).message).not.toContain("secret");
    expect((error as SessionError).cause).toBeInstanceOf(Error);
  });
});

describe("contentText, where a session has more than it shows", () => {
  const hidden = membersText({ $websession: { subject: "ada" }, login: 1 });

  test.each<[string, object, string]>([
    ["it stands behind the data", { cookie: {}, a: 1 }, `{"a":1,${hidden}}`],
    ["… and alone where there are none", { cookie: {} }, `{${hidden}}`],
    ["what a handler calls by the name of our notes is not stored", {
      a: 1,
      $websession: { subject: "mallory" },
    }, `{"a":1,${hidden}}`],
  ])("%s", (_rule, session, expected) => {
    expect(contentText(session, hidden)).toBe(expected);
  });

  test("nothing hidden has no members", () => {
    expect(membersText({})).toBe("");
    expect(contentText({ $websession: {}, a: 1 }, membersText({}))).toBe('{"a":1}');
  });
});

describe("dataTextOf", () => {
  test("cuts the data out of any stored text, byte for byte", () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = seeded(seed);
      const value = (): unknown =>
        random.pick<() => unknown>([
          () => random.below(1000),
          () => random.pick(['"', "\\", "}", "{", "},{", '\\"}', "ü😀", "\u2028", ""]),
          () => [value(), { "}": '"' }],
          () => ({ 'a\\"}': null, cookie: { "{": 1 } }),
        ])();
      const data: Record<string, unknown> = {};
      for (let keys = random.below(4); keys > 0; keys--) data[`k${random.below(9)}"}`] = value();
      const cookie = { path: random.pick(["/", '/"}{', "\\"]), expires: value() };
      const json = JSON.stringify({ cookie, ...data });
      expect(dataTextOf(json, JSON.parse(json)), `seed ${seed}`).toBe(JSON.stringify(data));
      expect(joinText(cookie, JSON.stringify(data)), `seed ${seed}`).toBe(json);
    }
  });

  test("a text another program wrote, with the cookie elsewhere", () => {
    const json = '{ "a": 1, "cookie": {"path":"/"} }';
    expect(dataTextOf(json, JSON.parse(json))).toBe('{"a":1}');
  });

  test("our notes are there wherever the cookie stands, and numbers as they were written", () => {
    const notes = '"$websession":{"subject":"ada"}';
    for (const json of [`{"cookie":{},"a":1.0,${notes}}`, `{"a":1,${notes},"cookie":{}}`]) {
      expect(dataTextOf(json, JSON.parse(json)))
        .toBe(json.replace('"cookie":{},', "").replace(',"cookie":{}', ""));
    }
  });
});

describe("parseStored", () => {
  const stored = (json: string) => ({ json, version: 1, expires: null });

  test.each([
    "",
    "{",
    "null",
    "1",
    "true",
    '"text"',
    "[]",
    '[{"cookie":{}}]',
    "{}",
    '{"a":1}',
    '{"cookie":null}',
    '{"cookie":1}',
    '{"cookie":"/"}',
    "undefined",
    "\0",
    '{"cookie":{}',
  ])("S59 %j is no session", (json) => {
    expect(parseStored(stored(json))).toBeUndefined();
  });

  test("S59 … and neither is a live object without a cookie", () => {
    expect(parseStored({ ...stored("{}"), session: { a: 1 } })).toBeUndefined();
  });

  test.each([[null], ["text"], [5], [[]], [{ cookie: null }]])(
    "S59 … nor is %j, though a store hands it over as one",
    (session) => {
      expect(parseStored({ ...stored('{"cookie":{}}'), session: session as never }))
        .toBeUndefined();
    },
  );

  test("an object a store hands over is the session, whatever its text", () => {
    const session = { cookie: {}, a: 1 };
    const parsed = parseStored({ ...stored("none"), session });
    expect(parsed?.data).toBe(session);
    expect(parsed?.text).toBe('{"a":1}');
  });

  test("its notes are in its text as well", () => {
    const session = { cookie: {}, $websession: { subject: "ada" }, a: 1 };
    const parsed = parseStored({ ...stored("none"), session });
    expect(parsed?.text).toBe('{"$websession":{"subject":"ada"},"a":1}');
  });

  test("a session is its data and their text", () => {
    expect(parseStored(stored('{"cookie":{"path":"/"},"a":1}'))).toEqual({
      data: { cookie: { path: "/" }, a: 1 },
      text: '{"a":1}',
    });
  });
});

describe("LazyRecord", () => {
  test("knows end and subject, and writes its text once, when asked", () => {
    let written = 0;
    const cookie = { toJSON: () => (written++, { path: "/" }) };
    const record = new LazyRecord(cookie, '{"a":1}', { end: 5, subject: "anna" });
    expect([record.subject, record.expires]).toEqual(["anna", 5]);
    expect(written).toBe(0);
    expect([record.json, record.json]).toEqual(Array(2).fill('{"cookie":{"path":"/"},"a":1}'));
    expect(written).toBe(1);
  });
});
