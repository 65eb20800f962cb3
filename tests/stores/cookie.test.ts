/** The cookie store: what a token keeps to itself, and what it refuses. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { SessionError } from "../../src/errors.ts";
import {
  type CookieSessionStore,
  cookieStore,
  type CookieStoreOptions,
  epochStore,
} from "../../src/stores/cookie.ts";
import { Sealer } from "../../src/stores/cookie/sealer.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const SECRET = "the first secret, 32 bytes or more of it";
const OLD = "an older secret, 32 bytes or more of it too";
const HOUR = 3_600_000;
const NAME = "__Host-session";

function record(data: unknown, expires: number | null = null, subject?: string) {
  return { json: JSON.stringify({ cookie: { expires }, data }), expires, subject };
}

/** A store with a clock of its own. */
function clocked(options: Partial<CookieStoreOptions> = {}) {
  const clock = { time: Date.now() };
  return { clock, store: cookieStore({ secret: SECRET, ...options, now: () => clock.time }) };
}

async function sealed(
  store: CookieSessionStore,
  ...args: Parameters<typeof record>
): Promise<string> {
  return (await store.seal(NAME, record(...args)))!;
}

async function errorOf(promise: Promise<unknown>): Promise<SessionError> {
  return await promise.then(() => expect.fail("did not reject"), (error) => error as SessionError);
}

describe("a token", () => {
  test.each([
    ["plain data", { views: 1 }],
    ["unicode", { text: "Grüße, 世界, 👩‍👩‍👧, \u202e\u0000\u2028\ufeff" }],
    ["line breaks", { text: "a\nb\r\n[1,2]\n" }],
    ["hostile keys", JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}}}')],
    ["nothing", {}],
  ])("brings back what was sealed: %s", async (_, data) => {
    const { store, clock } = clocked();
    const expires = clock.time + HOUR;
    const opened = await store.open(NAME, await sealed(store, data, expires));
    expect(opened).toMatchObject({ json: record(data, expires).json, expires, renew: false });
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("is made of characters that a cookie carries as they are", async () => {
    const { store } = clocked();
    for (let size = 0; size < 100; size++) {
      expect(await sealed(store, "ä".repeat(size))).toMatch(/^1\.[A-Za-z0-9_-]+$/);
    }
  });

  test("S08 shows no data, no subject and no secret", async () => {
    const { store } = clocked();
    const token = await sealed(store, "marker-of-data", null, "marker-of-subject");
    const bytes = Buffer.from(token.slice(2), "base64url").toString("latin1");
    for (const secret of ["marker", "cookie", "data", SECRET.slice(0, 9), "epoch"]) {
      expect(bytes).not.toContain(secret);
      expect(token).not.toContain(secret);
    }
  });

  test("is another one each time: 2,000 tokens of one record share no IV", async () => {
    const { store } = clocked();
    const tokens = await Promise.all(Array.from({ length: 2_000 }, () => sealed(store, 1)));
    // 16 characters of base64 are the 12 bytes of the IV.
    expect(new Set(tokens.map((token) => token.slice(2, 18))).size).toBe(2_000);
  });

  test("S10 does not open with any single bit flipped", async () => {
    const { store } = clocked();
    const token = await sealed(store, "x");
    const bytes = Buffer.from(token.slice(2), "base64url");
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(await store.open(NAME, `1.${flipped.toString("base64url")}`), `bit ${bit}`)
        .toBeUndefined();
    }
    expect(await store.open(NAME, token)).toBeDefined();
  });

  test("does not open when it was cut or drawn out", async () => {
    const { store } = clocked();
    const token = await sealed(store, "x");
    for (let length = 0; length < token.length; length++) {
      expect(await store.open(NAME, token.slice(0, length)), `${length}`).toBeUndefined();
    }
    for (const tail of ["A", "AA", "AAA", "AAAA", "=", " ", "\n", ".", token]) {
      expect(await store.open(NAME, token + tail)).toBeUndefined();
    }
  });

  test("S12 of another shape is no session, and never an error", async () => {
    const { store } = clocked();
    const token = await sealed(store, "x");
    const shapes = [
      "",
      "1.",
      "1",
      ".",
      "2" + token.slice(1),
      token.slice(2),
      `s:${token}`,
      "s:abc.def",
      "e30=",
      '{"cookie":{}}',
      "1.%41",
      "1.ä",
      "1.\0",
      "1.=",
      "1.A",
      "1." + "A".repeat(40_000),
      "A".repeat(1_000_000),
      "eyJhbGciOiJub25lIn0.e30.",
      "__proto__",
      token.toLowerCase(),
    ]; // deno-fmt-ignore: a list
    for (const shape of shapes) expect(await store.open(NAME, shape)).toBeUndefined();
  });

  test("S15 opens under its own cookie name only", async () => {
    const { store } = clocked();
    const token = await sealed(store, "x");
    for (const name of ["session", "__Host-sessio", "__Host-session2", "__host-session", ""]) {
      expect(await store.open(name, token), name).toBeUndefined();
    }
  });

  test("opens for whoever has the secret, and for nobody else", async () => {
    const token = await sealed(cookieStore({ secret: SECRET }), "x");
    const bytes = new TextEncoder().encode(SECRET);
    expect(await cookieStore({ secret: bytes }).open(NAME, token)).toBeDefined();
    expect(await cookieStore({ secret: OLD }).open(NAME, token)).toBeUndefined();
    expect(await cookieStore({ secret: SECRET + " " }).open(NAME, token)).toBeUndefined();
  });
});

describe("rotated secrets", () => {
  test("S14 the first seals, all open, and an old one asks for a new token", async () => {
    const token = await sealed(cookieStore({ secret: OLD }), "x");
    const both = cookieStore({ secret: [SECRET, OLD] });
    const opened = (await both.open(NAME, token))!;
    expect(opened.renew).toBe(true);
    const renewed = (await both.seal(NAME, record("x"), opened.version))!;
    expect((await both.open(NAME, renewed))?.renew).toBe(false);
    expect(await cookieStore({ secret: OLD }).open(NAME, renewed)).toBeUndefined();
    expect(await cookieStore({ secret: SECRET }).open(NAME, renewed)).toBeDefined();
    expect(await cookieStore({ secret: SECRET }).open(NAME, token)).toBeUndefined();
  });

  test("keys of the application work like secrets", async () => {
    const make = () =>
      crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const [first, second] = [await make(), await make()];
    const token = await sealed(cookieStore({ keys: [first] }), "x");
    expect((await cookieStore({ keys: [second, first] }).open(NAME, token))?.renew).toBe(true);
    expect(await cookieStore({ keys: [second] }).open(NAME, token)).toBeUndefined();
  });
});

describe("expiry", () => {
  test("S48 a token lives until 1 ms before its end, whatever the browser does", async () => {
    const { store, clock } = clocked();
    const token = await sealed(store, "x", clock.time + HOUR);
    clock.time += HOUR - 1;
    expect(await store.open(NAME, token)).toBeDefined();
    clock.time += 1;
    expect(await store.open(NAME, token)).toBeUndefined();
  });

  test("a token without an end lives for `ttl` seconds after it was sealed last", async () => {
    const { store, clock } = clocked({ ttl: 60 });
    const token = await sealed(store, "x");
    clock.time += 59_999;
    const opened = (await store.open(NAME, token))!;
    expect(opened.expires).toBeNull();
    const again = (await store.seal(NAME, record("x"), opened.version))!;
    clock.time += 1;
    expect(await store.open(NAME, token)).toBeUndefined();
    expect(await store.open(NAME, again)).toBeDefined();
  });

  test("no token lives for more than 400 days", async () => {
    const { store, clock } = clocked();
    const token = await sealed(store, "x", clock.time + 5_000 * 24 * HOUR);
    clock.time += 400 * 24 * HOUR;
    expect(await store.open(NAME, token)).toBeUndefined();
  });
});

describe("cookies", () => {
  const name = "sid";
  const big = (size: number) => ({
    json: `{"cookie":{},"d":"${"x".repeat(size)}"}`,
    expires: null,
  });

  test("S24 no cookie takes more than 4,096 bytes, and together they bring the session back", async () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 9 });
    const counts = new Set<number>();
    for (let size = 0; size < 26_000; size += 397) {
      const token = (await store.seal(name, big(size)))!;
      const cookies = store.split(name, token);
      counts.add(cookies.length);
      for (const [key, value] of cookies) expect(key.length + value.length).toBeLessThan(4_000);
      expect((await store.find(name, cookies))?.json).toBe(big(size).json);
    }
    expect([...counts]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test("the token is cut right at every length around the edge", () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 3 });
    for (let length = 3_880; length < 3_920; length++) {
      for (const token of ["y".repeat(length), "y".repeat(length + 3_895)]) {
        expect(store.join(name, store.split(name, token))).toEqual([token]);
      }
    }
  });

  test("S61 what the cookies cannot hold is refused before any cookie is made", async () => {
    const store = cookieStore({ secret: SECRET });
    let size = 5_000;
    while (await store.seal(name, big(size)).then(() => true, () => false)) size++;
    expect(size).toBeGreaterThan(5_600);
    const error = await errorOf(store.seal(name, big(size)));
    expect(error).toMatchObject({ name: "SessionError", code: "SESSION_TOO_LARGE" });
    expect(error.message).toMatch(/takes \d+ characters, and its cookies hold \d+$/);
    const token = (await store.seal(name, big(size - 1)))!;
    expect(store.split(name, token)).toHaveLength(2);
    expect(() => store.split(name, token + "x".repeat(10))).toThrow(SessionError);
    const one = cookieStore({ secret: SECRET, maxCookies: 1 });
    expect((await errorOf(one.seal(name, big(3_000)))).code).toBe("SESSION_TOO_LARGE");
  });

  test("parts open all together or not at all", async () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 4 });
    const token = (await store.seal(name, big(9_000)))!;
    const cookies = store.split(name, token);
    expect(cookies.map(([key]) => key)).toEqual(["sid.0", "sid.1", "sid.2", "sid.3"]);
    for (const [lost] of cookies) {
      const rest = cookies.filter(([key]) => key !== lost);
      expect(await store.find(name, rest), `without ${lost}`).toBeUndefined();
    }
    const values = cookies.map(([, value]) => value);
    const swapped = [
      cookies[0]!,
      ["sid.1", values[2]!],
      ["sid.2", values[1]!],
      cookies[3]!,
    ] as const;
    expect(await store.find(name, swapped)).toBeUndefined();
    const doubled = [cookies[0]!, cookies[1]!, ["sid.2", values[1]!], cookies[3]!] as const;
    expect(await store.find(name, doubled)).toBeUndefined();
    const other = store.split(name, (await store.seal(name, big(9_000)))!);
    expect(await store.find(name, [...cookies.slice(0, 2), ...other.slice(2)])).toBeUndefined();
    expect(await store.find("sid2", cookies)).toBeUndefined();
    expect((await store.find(name, cookies.toReversed()))?.json).toBe(big(9_000).json);
  });

  test("more parts than the token has are left alone, and are leftovers", async () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 4 });
    const written = store.split(name, (await store.seal(name, big(4_000)))!);
    const request: [string, string][] = [
      ["other", "1"],
      ["sid", "old"],
      ...written,
      ["sid.2", "x"],
      ["sid.8", "x"],
      ["sid.9", "x"],
      ["sid.10", "x"],
      ["sid.a", "x"],
      ["sidx0", "x"],
      ["SID.2", "x"],
    ]; // deno-fmt-ignore: a list
    expect((await store.find(name, request))?.json).toBe(big(4_000).json);
    expect(store.leftovers(name, request, written)).toEqual(["sid", "sid.2", "sid.8"]);
    expect(store.leftovers(name, request, [])).toEqual(["sid", "sid.0", "sid.1", "sid.2", "sid.8"]);
  });

  test("S85 what was sealed with the secret, and is no session, is told as such", async () => {
    const sealer = new Sealer([new TextEncoder().encode(SECRET)]);
    const token = await sealer.seal(name, new TextEncoder().encode("no line"));
    const reasons: string[] = [];
    const store = cookieStore({ secret: SECRET });
    expect(await store.find(name, [["sid", token]], (why) => reasons.push(why))).toBeUndefined();
    expect(reasons).toEqual(["corrupt"]);
    expect(await store.open(name, token)).toBeUndefined();
  });

  describe("S31 of several tokens that open", () => {
    const junk: [string, string][] = [["sid", "junk"], ["sid", ""], ["sid.1", "junk"]];

    /** What is found, and how often it was said that nobody can tell. */
    async function found(store: CookieSessionStore, ...cookies: (readonly [string, string])[][]) {
      let ambiguous = 0;
      const opened = await store.find(name, cookies.flat(), (reason) => {
        if (reason === "duplicate") ambiguous++;
      });
      return [opened?.json, ambiguous];
    }

    /** The cookies of one session, sealed again and again. */
    async function sealedInTurn(
      store: CookieSessionStore,
      clock: { time: number },
      sizes: number[],
    ) {
      const cookies: (readonly [string, string])[][] = [];
      let version: unknown;
      for (const size of sizes) {
        clock.time += 1;
        const token = (await store.seal(name, big(size), version))!;
        version ??= (await store.open(name, token))!.version;
        cookies.push(store.split(name, token));
      }
      return cookies;
    }

    test("and are one session's, that sealed last counts, wherever it stands", async () => {
      const { store, clock } = clocked();
      const [first, second, third, fourth] = await sealedInTurn(store, clock, [4_000, 1, 4_001, 2]);
      expect(await found(store, second!, third!)).toEqual([big(4_001).json, 0]);
      expect(await found(store, second!, fourth!)).toEqual([big(2).json, 0]);
      expect(await found(store, fourth!, second!)).toEqual([big(2).json, 0]);
      for (const cookies of [[first!, second!], [second!, first!], [junk, second!]]) {
        expect(await found(store, ...cookies)).toEqual([big(1).json, 0]);
      }
    });

    test("and are different sessions', none counts, whichever is the later", async () => {
      const { store, clock } = clocked();
      const [mine, again] = await sealedInTurn(store, clock, [1, 3]);
      const [other] = await sealedInTurn(store, clock, [2]);
      const [large] = await sealedInTurn(store, clock, [4_000]);
      for (
        const cookies of [
          [mine!, other!],
          [other!, mine!],
          [junk, again!, other!],
          [mine!, again!, other!],
          [other!, again!, mine!],
          [mine!, large!],
          [large!, mine!],
        ]
      ) {
        expect(await found(store, ...cookies)).toEqual([undefined, 1]);
      }
      expect(await store.find(name, [...mine!, ...other!])).toBeUndefined();
    });

    test("one that has ended, was revoked or is of another secret is none of them", async () => {
      const { store, clock } = clocked({ epoch: epochStore(memoryStore({ sweepInterval: 0 })) });
      const [mine] = await sealedInTurn(store, clock, [1]);
      const [revoked] = await sealedInTurn(store, clock, [2]);
      await store.revoke((await store.find(name, revoked!))!.version);
      const ended = (await store.seal(name, { ...big(3), expires: clock.time + 10 }))!;
      const foreign = (await cookieStore({ secret: OLD }).seal(name, big(4)))!;
      clock.time += 10;
      const rest = [[name, ended], [name, foreign]] as const;
      expect(await found(store, revoked!, [...rest], mine!)).toEqual([big(1).json, 0]);
    });
  });

  test("S34 hostile cookies cost a bounded number of tries", async () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 9 });
    const many = Array.from({ length: 10_000 }, (): [string, string] => ["sid", "1.AAAA"]);
    expect(store.join(name, many)).toHaveLength(8);
    for (const count of ["0~", "1~", "9~", "10~", "~", "-1~", "1e9~", "2~~", "٢~", ""]) {
      expect(await store.find(name, [["sid.0", count], ["sid.1", "x"]])).toBeUndefined();
    }
  });
});

describe("an epoch", () => {
  const revocable = () => {
    const memory = memoryStore({ sweepInterval: 0 });
    return { memory, ...clocked({ epoch: epochStore(memory) }) };
  };

  test("S42 lets logout end every copy of a session, and of no other", async () => {
    const { store, clock } = revocable();
    const [token, other] = [await sealed(store, "x", null, "ann"), await sealed(store, "y")];
    const opened = (await store.open(NAME, token))!;
    const copy = (await store.seal(NAME, record("later"), opened.version))!;
    clock.time += 1000;
    await store.revoke(opened.version);
    await store.revoke(opened.version);
    expect(await store.open(NAME, token)).toBeUndefined();
    expect(await store.open(NAME, copy)).toBeUndefined();
    expect(await store.open(NAME, other)).toBeDefined();
  });

  test("S43 a request under way at logout cannot seal the session again", async () => {
    const { store, clock } = revocable();
    const opened = (await store.open(NAME, await sealed(store, "x", null, "ann")))!;
    await store.revoke(opened.version);
    clock.time += 1;
    expect(await store.seal(NAME, record("y", null, "ann"), opened.version)).toBeUndefined();
    expect(await store.seal(NAME, record("y", null, "bob"), opened.version)).toBeUndefined();
    expect(await store.rotate(NAME, record("y"), opened.version)).toBeUndefined();
  });

  test("S39 rotate() ends the token from before the login", async () => {
    const { store } = revocable();
    const before = await sealed(store, "anonymous");
    const { version } = (await store.open(NAME, before))!;
    const after = (await store.rotate(NAME, record("x", null, "ann"), version))!;
    expect(await store.open(NAME, before)).toBeUndefined();
    expect((await store.open(NAME, after))?.json).toBe(record("x").json);
    expect(await store.rotate(NAME, record("z"), version)).toBeUndefined();
    expect(await store.rotate(NAME, record("z"), undefined)).toBeUndefined();
  });

  test("who logs in behind revokeAll() stays logged in, in the same millisecond as well", async () => {
    // Each moment is looked at twice before the next one comes.
    let looks = 0;
    const now = () => 1_000_000 + Math.floor(++looks / 2);
    const epoch = epochStore(memoryStore({ now: () => 1_000_000 }));
    const store = cookieStore({ secret: SECRET, epoch, now });
    const before = await store.seal("sid", { json: "{}", expires: null, subject: "ann" });
    await store.revokeAll("ann");
    const after = await store.seal("sid", { json: "{}", expires: null, subject: "ann" });
    expect(await store.open("sid", before!)).toBeUndefined();
    expect(await store.open("sid", after!)).toBeDefined();
  });

  test("S55 revokeAll() ends a subject's sessions born until now", async () => {
    const { store, clock } = revocable();
    const [ann, bob] = [await sealed(store, 1, null, "ann"), await sealed(store, 2, null, "bob")];
    const visitor = (await store.open(NAME, await sealed(store, 3)))!;
    const opened = (await store.open(NAME, ann))!;
    clock.time += 1;
    await store.revokeAll("ann");
    clock.time += 1;
    expect(await store.open(NAME, ann)).toBeUndefined();
    expect(await store.open(NAME, bob)).toBeDefined();
    expect(await store.seal(NAME, record(1, null, "ann"), opened.version)).toBeUndefined();
    const fresh = await sealed(store, 4, null, "ann");
    expect(await store.open(NAME, fresh)).toBeDefined();
    // Older than the revocation, but not Ann's until now.
    const login = (await store.seal(NAME, record(3, null, "ann"), visitor.version))!;
    expect(await store.open(NAME, login)).toBeDefined();
    clock.time += 1;
    await store.revokeAll("ann");
    expect(await store.open(NAME, fresh)).toBeUndefined();
    expect(await store.open(NAME, login)).toBeUndefined();
  });

  describe("keeps a revocation longer than any token of the session lives", () => {
    const DAY = 24 * HOUR;

    function kept() {
      const time = { now: Date.now() };
      const now = () => time.now;
      const memory = memoryStore({ now, sweepInterval: 0 });
      const store = cookieStore({ secret: SECRET, epoch: epochStore(memory), now });
      const seal = async (life: number | null, version?: unknown) => {
        const expires = life === null ? null : now() + life;
        const token = (await store.seal(NAME, record(1, expires), version))!;
        return { token, version: (await store.open(NAME, token))!.version };
      };
      return { time, memory, store, seal };
    }

    test("sealed a moment before", async () => {
      const { time, memory, store, seal } = kept();
      const first = await seal(HOUR);
      time.now += HOUR / 2;
      const late = await seal(HOUR, first.version);
      await store.revoke(first.version);
      time.now += HOUR - 1;
      memory.sweep();
      expect(await store.open(NAME, late.token)).toBeUndefined();
    });

    test.each<[string, number | null, number | null]>([
      ["whose lifetime was shortened before the logout", 30 * DAY, 5 * 60_000],
      ["whose lifetime was shortened to that of an endless cookie", 30 * DAY, null],
      ["of 400 days", 400 * DAY, 60_000],
    ])("%s", async (_name, long, short) => {
      for (const end of ["revoke", "rotate"] as const) {
        const { time, memory, store, seal } = kept();
        const older = await seal(long);
        const shorter = await seal(short, older.version);
        if (end === "revoke") await store.revoke(shorter.version);
        else await store.rotate(NAME, record(1), shorter.version);
        for (let day = 0; day < 400; day += 4) {
          expect(await store.open(NAME, older.token), `day ${day}`).toBeUndefined();
          time.now += 4 * DAY - 1;
          memory.sweep();
        }
        expect(await store.open(NAME, older.token)).toBeUndefined();
      }
    });

    test("that another request drew out meanwhile", async () => {
      const { time, memory, store, seal } = kept();
      const older = await seal(5 * 60_000);
      const longer = await seal(30 * DAY, older.version);
      await store.revoke(older.version);
      for (let hour = 0; hour < 30 * 24; hour++) {
        expect(await store.open(NAME, longer.token), `hour ${hour}`).toBeUndefined();
        time.now += HOUR;
        memory.sweep();
      }
    });

    test("sealed by a clock that was set back since", async () => {
      const { time, memory, store, seal } = kept();
      time.now += 30 * DAY;
      const ahead = await seal(400 * DAY);
      time.now -= 30 * DAY;
      await store.revoke(ahead.version);
      time.now += 429 * DAY;
      memory.sweep();
      expect(await store.open(NAME, ahead.token)).toBeUndefined();
    });

    test("and not for ever", async () => {
      const { time, memory, store, seal } = kept();
      await store.revoke((await seal(HOUR)).version);
      time.now += 400 * DAY;
      expect(memory.length()).toBe(1);
      time.now += 2 * DAY;
      expect(memory.length()).toBe(0);
    });
  });

  test("S08 is stored without data, subject or token", async () => {
    const { store, memory } = revocable();
    const token = await sealed(store, "marker", null, "ann@example.org");
    await store.revoke((await store.open(NAME, token))!.version);
    await store.revokeAll("ann@example.org");
    const dump: string[] = [];
    for await (const [id, { json }] of memory.all()) dump.push(id, json);
    expect(dump).toHaveLength(4);
    for (const text of dump) expect(text).not.toMatch(/ann|marker|example/);
    for (const id of [dump[0]!, dump[2]!]) expect(id).toMatch(/^epoch-[su]-[A-Za-z0-9_-]+$/);
  });

  test("S78 that cannot be asked makes open() reject instead of letting a session in", async () => {
    const epoch = { read: () => Promise.reject(new Error("down")), write: () => {} };
    const { store } = clocked({ epoch });
    const token = await sealed(store, "x");
    expect((await errorOf(store.open(NAME, token))).message).toBe("down");
    expect(await store.open(NAME, "junk")).toBeUndefined();
  });

  test("without one, revoke() does nothing and revokeAll() says that it cannot", async () => {
    const { store } = clocked();
    const token = await sealed(store, "x", null, "ann");
    await store.revoke((await store.open(NAME, token))!.version);
    expect(await store.open(NAME, token)).toBeDefined();
    expect((await errorOf(store.revokeAll("ann"))).code).toBe("STORE_UNSUPPORTED");
  });

  test("keeps the latest moment under a key until the latest of the ends it was given", async () => {
    let time = 1_000;
    const epochs = epochStore(memoryStore({ sweepInterval: 0, now: () => time }));
    await epochs.write("epoch-s-a", 7, 2_000);
    await epochs.write("epoch-s-a", 7, 3_000);
    await epochs.write("epoch-s-a", 5, 4_000);
    await epochs.write("epoch-s-a", 9, 1_500);
    time = 3_999;
    expect(await epochs.read(["epoch-s-a"])).toEqual([9]);
    time = 4_000;
    expect(await epochs.read(["epoch-s-a"])).toEqual([undefined]);
  });

  test("of parallel revocations the latest stands", async () => {
    const epochs = epochStore(memoryStore({ sweepInterval: 0 }));
    const until = Date.now() + HOUR;
    const moments = Array.from({ length: 10 }, (_, at) => (at * 7) % 10);
    await Promise.all(moments.map((moment) => epochs.write("epoch-s-a", moment, until)));
    expect(await epochs.read(["epoch-s-a", "epoch-s-b"])).toEqual([9, undefined]);
  });
});

describe("options", () => {
  test("S13 a secret of fewer than 32 bytes throws, in an array too", () => {
    expect(() => cookieStore({ secret: "x".repeat(31) })).toThrow(/at least 32 bytes/);
    expect(() => cookieStore({ secret: ["x".repeat(32), "short"] })).toThrow(/at least 32 bytes/);
    expect(() => cookieStore({ secret: new Uint8Array(31) })).toThrow(/at least 32 bytes/);
    expect(() => cookieStore({ secret: "ü".repeat(16) })).not.toThrow();
  });

  test.each([
    [{}, "secret"],
    [{ secret: [] }, "secret"],
    [{ secret: 5 }, "secret"],
    [{ secret: [SECRET, null] }, "secret"],
    [{ secret: SECRET, keys: [] }, "secret"],
    [{ keys: [] }, "keys"],
    [{ keys: [{}] }, "keys"],
    [{ keys: "key" }, "keys"],
    [{ secret: SECRET, maxCookies: 0 }, "maxCookies"],
    [{ secret: SECRET, maxCookies: 10 }, "maxCookies"],
    [{ secret: SECRET, ttl: 0 }, "ttl"],
    [{ secret: SECRET, epoch: {} }, "epoch"],
    [{ secret: SECRET, now: 1 }, "now"],
  ])("of the wrong kind throw a TypeError that names the option: %#", (options, name) => {
    expect(() => cookieStore(options as CookieStoreOptions)).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining(`"${name}"`) }),
    );
  });

  test("S17 the secret shows in no error and in no inspection", async () => {
    const store = cookieStore({ secret: SECRET });
    await sealed(store, "x");
    expect(inspect(store, { depth: 9, showHidden: true })).not.toContain(SECRET.slice(0, 9));
    expect(JSON.stringify(store)).not.toContain(SECRET.slice(0, 9));
    const short = "short but very secret";
    const error = (() => {
      try {
        return cookieStore({ secret: short });
      } catch (error) {
        return error;
      }
    })();
    expect(inspect(error)).not.toContain("very secret");
  });
});
