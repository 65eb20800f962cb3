/** What both entries promise of the cookie they set, and of those they are sent. */
import { describe, expect, test } from "vitest";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { type Any, begin, dataOf, ENTRIES, type Scene, SECRET } from "./entries.ts";

const SAFE = "A".repeat(32);
const LONG = `/${"p".repeat(1_099)}`;
const write = ({ session }: Scene) => void (session.a = 1);

describe.each(Object.entries(ENTRIES))("%s", (entry, make) => {
  const signed = (id: string, secret = SECRET) =>
    `sid=${encodeURIComponent(nodeSigner([secret]).sign(id))}`;

  test.each<[string, Any, string?]>([
    ["a name of 5,000 characters", { name: "n".repeat(5_000) }],
    ["a domain of 1,100", { cookie: () => ({ domain: `${"sub.".repeat(275)}app.test` }) }],
    ["a path of 1,100", { cookie: () => ({ secure: false, path: LONG }) }, LONG],
  ])("S24 %s is an error, not a cookie that a browser drops in silence", async (...row) => {
    const [, options, path = "/"] = row;
    const ask = async () => {
      const app = make(options);
      const { error, setCookies } = await app.ask(undefined, write, { path });
      expect(setCookies).toEqual([]);
      throw error;
    };
    await expect(ask()).rejects.toThrow(RangeError);
  });

  test.each<[string, Any]>([
    ["domain", "a.test; Domain=b.test"],
    ["domain", "a.test\r\nSet-Cookie: b=1"],
    ["path", "/;Domain=b.test"],
    ["path", "/\0"],
    ["path", "/é"],
    ["sameSite", "lax; Secure"],
    ["priority", "high\r\n"],
  ])("S25 nothing slips into a header by %s: %j", async (name, value) => {
    const hostile = () => ({ secure: false, [name]: value });
    const app = make({ cookie: hostile });
    const path = name === "path" ? value : "/";
    const answer = await app.ask(undefined, write, { path });
    expect(answer.setCookies).toEqual([]);
    expect(answer.error?.message).toBe(`option ${name} is invalid`);
    // express-session stores it all the same, and so does its replacement.
    if (entry === "Web") expect(app.store.ids()).toEqual([]);
  });

  test("S80 an unknown id and one that is over ask the store the same; a forged one asks nothing", async () => {
    let now = 1_000_000;
    const clock = { now: () => now, after: () => () => {} };
    const app = make({ clock, cookie: { secure: false, maxAge: 60_000 } });
    const over = await begin(app);
    now += 60_001;
    const verbsOf = async (cookie: string) => {
      app.calls.length = 0;
      expect(await dataOf(app, cookie)).toEqual({});
      return app.calls.map((call) => call.split(" ")[0]);
    };
    const unknown = await verbsOf(signed(SAFE));
    expect(unknown.length).toBe(1);
    expect(await verbsOf(over)).toEqual(unknown);
    expect(await verbsOf(signed(SAFE, "another secret of thirty-two bytes"))).toEqual([]);
    expect(await verbsOf(`sid=${SAFE}`)).toEqual([]);
  });

  test("S05 the id of a living session opens it from nowhere but its cookie", async () => {
    const app = make();
    const pair = await begin(app, { secret: 1 });
    const value = pair.slice("sid=".length);
    const anywhere = {
      path: `/${value}?${pair}&session=${value}`,
      headers: { "x-session-id": value },
    };
    for (const [name, text] of [["authorization", `Bearer ${value}`], ["cookie2", pair]] as const) {
      Object.assign(anywhere.headers, { [name]: text });
    }
    const { result } = await app.ask(undefined, ({ session }) => session.secret, anywhere);
    expect(result).toBeUndefined();
    expect(await dataOf(app, pair)).toEqual({ secret: 1 });
  });

  test("S10 S12 S35 a cookie of which anything was changed is nobody's: a plain answer, no store call", async () => {
    const app = make();
    const pair = await begin(app);
    const value = decodeURIComponent(pair.slice("sid=".length));
    const forged = Array.from(value, (char, at) => {
      const other = char === "A" ? "B" : "A";
      return value.slice(0, at) + other + value.slice(at + 1);
    });
    forged.push(
      value.slice(2),
      value.slice(0, 34),
      `${value.slice(0, 34)}.`,
      "s:",
      "%",
      "",
      "j:{}",
    );
    for (const each of forged) {
      app.calls.length = 0;
      const hostile = each === "%" ? "%E0%A4%A" : encodeURIComponent(each);
      const { status, result, error } = await app.ask(`sid=${hostile}`, ({ session }) => session.a);
      expect([each, status, result, error]).toEqual([each, 200, undefined, undefined]);
      expect(app.calls).toEqual([]);
    }
    expect(await dataOf(app, pair)).toEqual({ a: 1 });
  });

  test("S18 S26 S27 HttpOnly when set, sent again and removed; other cookies stay, ours is there once", async () => {
    const attributes = { secure: false, domain: "app.test", path: "/", sameSite: "strict" };
    const app = make({ rolling: true, clearCookie: true, cookie: attributes });
    const others = ["a=1; Path=/x", "sidx=2"];
    const set = await app.ask(undefined, write, { others });
    const again = await app.ask(set.cookie, () => {}, { others });
    const removed = await app.ask(set.cookie, ({ logout }) => logout(), { others });
    for (const { setCookies } of [set, again, removed]) {
      expect(setCookies.slice(0, 2)).toEqual(others);
      expect(setCookies).toHaveLength(3);
      const words = setCookies[2]!.split("; ");
      expect(words).toEqual(expect.arrayContaining(["HttpOnly", "Domain=app.test", "Path=/"]));
      expect(words).toContain("SameSite=Strict");
    }
    expect(removed.setCookies[2]).toMatch(/^sid=;.*Expires=Thu, 01 Jan 1970.*Max-Age=0$/);
  });

  test("S33 a cookie among crumbs is found as in one header", async () => {
    const app = make();
    const pair = await begin(app);
    // What HTTP/2 splits, a server joins so (RFC 9113 8.2.3).
    for (const header of [`a=1; ${pair}`, `${pair}; a=1`, `a=1;${pair};b=2`]) {
      expect(await dataOf(app, header)).toEqual({ a: 1 });
    }
  });

  test("S01 S04 the id of a new session is 192 bits of its own, whatever cookie was there", async () => {
    const app = make();
    const ids = new Set<string>();
    for (let visit = 0; visit < 50; visit++) {
      await app.ask(signed(SAFE), ({ session }) => void (session.a = 1));
      for (const id of app.store.ids()) ids.add(id);
    }
    expect(ids.size, entry).toBe(50);
    expect(ids.has(SAFE)).toBe(false);
    for (const id of ids) expect(Buffer.from(id, "base64url").length).toBe(24);
  });
});
