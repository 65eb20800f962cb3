/** The option `genid`: what it draws is an id, or is refused. */
import { expect, test } from "vitest";
import { checkedGenid } from "../../src/web/genid.ts";
import { makeSessions, request, visit } from "./support.ts";

test.each([
  ["not with spaces", "another string"],
  ["", "another string"],
  [7, "a value of type number"],
  [undefined, "undefined"],
])("%j is no id, and what was drawn stands in no error", (drawn, kind) => {
  expect(() => checkedGenid(() => drawn as string)(request())).toThrow(
    new TypeError(`Option "genid" must return 1 to 128 of A-Z a-z 0-9 - _, not ${kind}`),
  );
});

test("an id may depend on the request", async () => {
  const { sessions, store } = makeSessions({ genid: ({ method }) => `by-${method}` });
  await visit(sessions, undefined, (session) => void (session.n = 1));
  expect(store.ids()).toEqual(["by-GET"]);
});
