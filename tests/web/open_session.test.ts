/** A session is opened from a request, and from nothing else. */
import { describe, expect, test } from "vitest";
import { openSession } from "../../src/web/open_session.ts";
import { adapterOf } from "../../src/web/web_adapter.ts";
import { type Any, makeSessions, request } from "./support.ts";

describe("what is no request", () => {
  test.each([
    [undefined, "undefined"],
    [null, "null"],
    ["/path", "a value of type string"],
    [{}, "a value of type object"],
    [{ headers: {} }, "a value of type object"],
    [{ headers: null }, "a value of type object"],
  ])("is refused by its kind: %j", (asked, kind) => {
    const adapter = adapterOf(makeSessions().sessions);
    expect(() => openSession(adapter, asked as never)).toThrow(
      `A session needs a Request to open, not ${kind} (Express has session() of "websession"`,
    );
  });
});

describe("one request", () => {
  test("has one session of each sessions, in whichever order they are opened", async () => {
    const [one, other] = [makeSessions().sessions, makeSessions().sessions];
    const asked = request();
    const first = await one.open(asked);
    const second = await other.open(asked);
    expect(second).not.toBe(first);
    expect([await one.open(asked), await other.open(asked)]).toEqual([first, second]);
    expect(await one.open(request())).not.toBe(first);
  });

  test("has another once that was committed by all who opened it", async () => {
    const { sessions } = makeSessions();
    const asked = request();
    const [first, again] = [await sessions.open(asked), await sessions.open(asked)];
    expect(again).toBe(first);
    await sessions.commit(first, new Response());
    expect(await sessions.open(asked)).toBe(first);
    await sessions.commit(first, new Response());
    await sessions.commit(first, new Response());
    expect(await sessions.open(asked)).not.toBe(first);
  });

  test("that takes no properties has a session all the same", async () => {
    const { sessions } = makeSessions();
    const asked = Object.freeze({
      headers: new Headers(),
      url: "https://app.test/",
      method: "GET",
    });
    const session: Any = await sessions.open(asked as never);
    session["n"] = 1;
    expect(session["isNew"]).toBe(true);
  });
});
