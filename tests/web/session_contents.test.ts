/** What a record fills a Web session with: its lifetime is the record's, its attributes are not. */
import { expect, test } from "vitest";
import { makeSessions, visit } from "./support.ts";

const END = "2100-01-01T00:00:00.000Z";

test.each([
  ["an end that stands", undefined, { originalMaxAge: null, expires: END }, [null, END]],
  ["an end, where the options give lifetimes", 60_000, { originalMaxAge: null, expires: END }, [
    null,
    END,
  ]],
  ["no end, where the options give lifetimes", 60_000, { originalMaxAge: null, expires: null }, [
    null,
    undefined,
  ]],
])("a session has the lifetime of its record: %s", async (_what, maxAge, stored, expected) => {
  const { sessions, store } = makeSessions({ cookie: { maxAge } });
  const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
  const [id] = store.ids();
  const { json } = store.peek(id!)!;
  store.destroy(id!);
  const record = { ...JSON.parse(json), cookie: { ...stored, httpOnly: false, secure: false } };
  store.create(id!, { json: JSON.stringify(record), expires: null });
  const { result } = await visit(sessions, cookie, ({ n, cookie: own }) => {
    expect([n, own.httpOnly, own.secure]).toEqual([1, true, true]);
    return [own.originalMaxAge, own.expires?.toISOString()];
  });
  expect(result).toEqual(expected);
});
