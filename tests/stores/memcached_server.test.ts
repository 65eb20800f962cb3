/** What the memcached store promises beyond the contract, on a private server. */
import { MemcacheClient } from "memcache-client";
import Memcached from "memcached";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { memcachedStore } from "../../src/stores/memcached.ts";
import { Keys } from "../../src/stores/memcached/key.ts";
import { lifetimeOf } from "../../src/stores/memcached/lifetime.ts";
import { type MemcachedServer, skipMemcached, startMemcached } from "../servers/memcached.ts";
import { goesByTheClockOfTheMoment, underFakeDate } from "./clock_promises.ts";
import { CLIENTS, connect } from "./memcached_clients.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
let serial = 0;

function record(more: object = {}, expires: number | null = Date.now() + HOUR) {
  const json = JSON.stringify({ cookie: { originalMaxAge: HOUR }, serial: ++serial, ...more });
  return { json, expires };
}

test("options are checked at once, and the message names the option and no value", () => {
  const client = new Memcached("secret.host:1");
  const bad = (options: object) => () => memcachedStore({ client, ...options });
  for (const nothing of [undefined, null, {}, "secret.host:1", 5, [client]]) {
    expect(bad({ client: nothing })).toThrow(/^Option "client" must be a client of memcached or/);
    expect(bad({ client: nothing })).not.toThrow(/secret/);
  }
  expect(bad({ prefx: "s:" })).toThrow(/^There is no option "prefx".*mean "prefix"/);
  for (const prefix of ["a b", "a$b", "ä", "a\n", 5, "x".repeat(207)]) {
    expect(bad({ prefix })).toThrow(/^Option "prefix"/);
  }
  for (const prefix of ["", "x".repeat(206)]) expect(bad({ prefix })).not.toThrow();
  const named = new Memcached("127.0.0.1:1", { namespace: "app:" });
  expect(bad({ client: named, prefix: "x".repeat(203) })).toThrow(/^Option "prefix"/);
  for (const ttl of [0, -1, NaN, "1"]) expect(bad({ ttl })).toThrow(/^Option "ttl"/);
  for (const maxBytes of [0, 1.5, "1"]) expect(bad({ maxBytes })).toThrow(/^Option "maxBytes"/);
  expect(bad({ now: 5 })).toThrow(/^Option "now"/);
});

test("a client that cannot compare and set is refused, with the reason and the remedy", () => {
  const noop = () => {};
  const refused = (client: object) => expect(() => memcachedStore({ client: client as never }));
  // The methods that the packages have, by their names.
  const memjs = { get: noop, set: noop, add: noop, replace: noop, delete: noop, touch: noop };
  refused(memjs).toThrow(/of memcached or of memcache-client.*without cas\(\), as that of memjs/);
  const memcache = { ...memjs, gets: noop, cas: noop, getNodesByKey: noop, execute: noop };
  refused(memcache).toThrow(/not of memcache, whose gets\(\) hands out no mark/);
});

test("a client that would move keys to other servers is refused", () => {
  const pair = ["127.0.0.1:1", "127.0.0.1:2"];
  const moving = new Memcached(pair, { remove: true });
  expect(() => memcachedStore({ client: moving })).toThrow(/must not have "remove"/);
  expect(() => memcachedStore({ client: new Memcached(pair) })).not.toThrow();
  expect(() => memcachedStore({ client: new Memcached(pair[0]!, { remove: true }) })).not.toThrow();
  const servers = pair.map((server) => ({ server, maxConnections: 1 }));
  const any = new MemcacheClient({ server: { servers } });
  expect(() => memcachedStore({ client: any })).toThrow(/must have one server/);
});

test("keys are the ids, or digests of what no key can hold, and never one for two", async () => {
  const keys = new Keys("", "");
  const plain = [
    "Abc-_09",
    "a/b:c",
    "#x".slice(1),
    "x".repeat(250),
    "~!\"%&'()*+,.;<=>?@[\\]^`{|}",
  ];
  for (const id of plain) expect(await keys.of(id)).toBe(id);
  const odd = ["", "a b", "a$b", "a\0b", "ä", "\ud800", "\udc00", "\ufffd", "世".repeat(128)];
  const taken = ["__proto__", "constructor", "cas", "#", `#${"A".repeat(43)}`, "x".repeat(251)];
  const hashed = await Promise.all([...odd, ...taken].map((id) => keys.of(id)));
  for (const key of hashed) expect(key).toMatch(/^#[\w-]{43}$/);
  expect(new Set(hashed).size).toBe(odd.length + taken.length);
  expect(await new Keys("app:", "s:").of("x".repeat(244))).toBe(`s:${"x".repeat(244)}`);
  expect(await new Keys("app:", "s:").of("x".repeat(245))).toMatch(/^s:#/);
});

test("the server is asked for seconds up to thirty days, and for a moment beyond", async () => {
  await underFakeDate(1_800_000_000_000, () => {
    expect([-5, 0, 1, 1_000, 1_001].map(lifetimeOf)).toEqual([-1, -1, 3, 3, 4]);
    expect(lifetimeOf(30 * DAY - 2_000)).toBe(2_592_000);
    expect(lifetimeOf(30 * DAY)).toBe(1_800_000_000 + 2_592_002);
    expect(lifetimeOf(10 * 365 * DAY)).toBe(1_800_000_000 + 10 * 365 * 86_400 + 2);
    // Later than a server may be able to count.
    expect([20 * 365 * DAY, 8.64e15].map(lifetimeOf)).toEqual([0, 0]);
    return Promise.resolve();
  });
});

describe.skipIf(skipMemcached).each(CLIENTS)("memcachedStore (%s)", (name) => {
  let server: MemcachedServer;
  let client: ReturnType<typeof connect>[0];
  let end: () => void;
  beforeAll(async () => {
    server = await startMemcached();
    [client, end] = connect(name, server.port);
  });
  afterAll(async () => {
    end?.();
    await server?.stop();
  });

  test("an item is the session as connect-memcached has it, with the end beside the cookie's fields", async () => {
    const store = memcachedStore({ client });
    await store.create("an-id", { json: '{"cookie":{"path":"/"},"n":1}', expires: 4e12 });
    expect(await server.say("get sess:an-id")).toMatch(
      /^VALUE sess:an-id 2 \d+\r\n{"cookie":{"path":"\/","\$websession":{"end":4000000000000}},"n":1}\r\n/,
    );
  });

  test("what is no session, or says that it is JSON and is none, is nothing, and a new one takes its place", async () => {
    const store = memcachedStore({ client });
    const texts = ["{}", "7", "[]", "null", '{"cookie":7}', '{"cookie":{"$websession":{}}}'];
    // The client memcached parses what says that it is JSON outside of every callback.
    const flags = name === "memcached" ? [0] : [0, 2];
    for (const flag of flags) {
      for (const text of flag === 0 ? texts : [...texts, "{"]) {
        const id = `odd-${++serial}`;
        const odd = `set sess:${id} ${flag} 60 ${text.length}\r\n${text}`;
        expect(await server.say(odd)).toBe("STORED\r\n");
        expect(await store.read(id)).toBe(undefined);
        expect(await store.touch(id, Date.now() + HOUR)).toBe(false);
        expect(await store.commit(id, record(), text)).toEqual({ status: "gone" });
        const made = record();
        expect(await store.create(id, made)).toBe(true);
        expect((await store.read(id))?.json).toBe(made.json);
      }
    }
  });

  test("the text comes back whole, whatever stands first in it and whatever keys it has", async () => {
    const store = memcachedStore({ client });
    const texts = [
      '{"cookie":{"path":"/"},"9":1,"10":2,"__proto__":{"x":1}}',
      '{"9":1,"cookie":{"$websession":{"end":1}}}',
      '{"$websession":{"subject":"ada"},"cookie":{}}',
      '{"cookie":null}',
      '{"cookie":{"a":1.0}}',
      "{}",
    ];
    for (const json of texts) {
      const id = `text-${++serial}`;
      await store.create(id, { json, expires: null });
      const stored = await store.read(id);
      expect(stored).toMatchObject({ json, expires: null });
      expect(await store.touch(id, 4e12)).toBe(true);
      expect(await store.read(id)).toMatchObject({ json, expires: 4e12 });
      expect((await store.commit(id, record(), stored!.version)).status).toBe("committed");
    }
  });

  test("a session of more bytes than maxBytes or the server keeps is refused with a code, and the old one stays", async () => {
    const store = memcachedStore({ client });
    const small = record();
    await store.create("large", small);
    const large = record({ text: "ü".repeat(500_000) });
    const tooLarge = { code: "SESSION_TOO_LARGE" };
    await expect(store.commit("large", large, small.json)).rejects.toMatchObject(tooLarge);
    await expect(store.create("larger", large)).rejects.toMatchObject(tooLarge);
    await expect(store.rotate("large", "to", large, small.json)).rejects.toMatchObject(tooLarge);
    expect((await store.read("large"))?.json).toBe(small.json);
    expect(await store.read("to")).toBe(undefined);
    const nearly = record({ text: "x".repeat(999_000) });
    expect((await store.commit("large", nearly, small.json)).status).toBe("committed");
    expect((await store.read("large"))?.json).toBe(nearly.json);
    const unbounded = memcachedStore({ client, maxBytes: 10_000_000 });
    const larger = record({ text: "x".repeat(1_048_576) });
    await expect(unbounded.commit("large", larger, nearly.json)).rejects.toMatchObject(tooLarge);
    expect((await store.read("large"))?.json).toBe(nearly.json);
  });

  test("a session whose cookie names no end lives for ttl from each write, and one of a year for a year", async () => {
    const store = memcachedStore({ client, ttl: 600 });
    const left = async (id: string) =>
      Number(/^HD t(-?\d+)/.exec(await server.say(`mg sess:${id} t`))?.[1]);
    await store.create("endless", record({}, null));
    expect(await left("endless")).toBeGreaterThan(595);
    expect(await left("endless")).toBeLessThanOrEqual(603);
    await store.create("year", record({}, Date.now() + 365 * DAY));
    expect(await left("year")).toBeGreaterThan(364 * 86_400);
    await store.touch("year", null);
    expect(await left("year")).toBeLessThanOrEqual(603);
    await store.touch("year", Date.now() + 60_000);
    expect(await left("year")).toBeLessThanOrEqual(63);
  });

  test("made under one clock, it goes by the clock of the moment", async () => {
    await goesByTheClockOfTheMoment(memcachedStore({ client }));
  });

  test("an index of subjects is no power of it, and the core says so with a code", async () => {
    const sessions = createSessions({
      secret: "a secret of thirty-two bytes, or more",
      store: memcachedStore({ client }),
    });
    const unsupported = { code: "STORE_UNSUPPORTED" };
    await expect((async () => await sessions.list("ada"))()).rejects.toMatchObject(unsupported);
    await expect((async () => await sessions.revokeAll("ada"))()).rejects.toMatchObject(
      unsupported,
    );
  });

  test("a server without CAS is refused by the first session that is read", async () => {
    const without = await startMemcached("-C");
    const [other, close] = connect(name, without.port);
    try {
      const store = memcachedStore({ client: other });
      await store.create("an-id", record());
      const unsupported = { code: "STORE_UNSUPPORTED", message: /without -C/ };
      await expect(store.read("an-id")).rejects.toMatchObject({ code: unsupported.code });
      await expect(store.read("an-id")).rejects.toThrow(unsupported.message);
      await expect(store.commit("an-id", record(), "")).rejects.toThrow(unsupported.message);
      await expect(store.touch("an-id", null)).rejects.toThrow(unsupported.message);
    } finally {
      close();
      await without.stop();
    }
  });
});

describe.skipIf(skipMemcached)("two servers", () => {
  test("each session is on one of them, and moves from one to the other by a login", async () => {
    const servers = await Promise.all([startMemcached(), startMemcached()]);
    const client = new Memcached(servers.map(({ port }) => `127.0.0.1:${port}`));
    try {
      const store = memcachedStore({ client });
      const crossed = new Set<string>();
      const whereIs = async (id: string) => {
        const said = await Promise.all(servers.map((each) => each.say(`get sess:${id}`)));
        return said.map((answer) => answer.startsWith("VALUE")).join();
      };
      for (let at = 0; at < 40; at++) {
        const [first, next] = [record(), record()];
        await store.create(`from-${at}`, first);
        const from = await whereIs(`from-${at}`);
        const { status } = await store.rotate(`from-${at}`, `to-${at}`, next, first.json);
        expect(status).toBe("committed");
        expect(await whereIs(`from-${at}`)).toBe("false,false");
        const to = await whereIs(`to-${at}`);
        expect([from, to].every((where) => /^(true,false|false,true)$/.test(where))).toBe(true);
        crossed.add(`${from} to ${to}`);
      }
      expect(crossed.size).toBe(4);
    } finally {
      client.end();
      await Promise.all(servers.map((each) => each.stop()));
    }
  });
});
