/** What the memcached store makes of a mark that is lost, and of a client's answers; without a server. */
import { expect, test } from "vitest";
import {
  type CallbackMemcachedClient,
  type MemcachedCallback,
  memcachedStore,
  type PromiseMemcachedClient,
} from "../../src/stores/memcached.ts";

const HOUR = 3_600_000;
const json = '{"cookie":{"originalMaxAge":3600000,"path":"/"},"n":1}';

/** A server in memory behind a client of memcache-client's shape; it keeps no time. */
function inMemory() {
  const items = new Map<string, { value: unknown; mark: number }>();
  let marks = 0;
  /** Runs before the next `cas`, once. */
  let between: (() => Promise<unknown>) | undefined;
  let swaps = 0;
  const put = (key: string, value: unknown, lifetime: number): void => {
    if (lifetime < 0) items.delete(key);
    else items.set(key, { value: structuredClone(value), mark: ++marks });
  };
  const client: PromiseMemcachedClient = {
    gets(key) {
      const item = items.get(key);
      return Promise.resolve(item && { value: item.value, casUniq: String(item.mark) });
    },
    add(key, value, { lifetime }) {
      if (items.has(key)) return Promise.reject(new Error("NOT_STORED"));
      put(key, value, lifetime);
      return Promise.resolve(["STORED"]);
    },
    async cas(key, value, { lifetime, casUniq }) {
      const run = between;
      between = undefined;
      await run?.();
      swaps++;
      const item = items.get(key);
      if (item === undefined) throw new Error("NOT_FOUND");
      if (String(item.mark) !== casUniq) throw new Error("EXISTS");
      put(key, value, lifetime);
      return ["STORED"];
    },
    delete(key) {
      if (!items.delete(key)) return Promise.reject(new Error("NOT_FOUND"));
      return Promise.resolve(["DELETED"]);
    },
    xretrieve() {},
  };
  return {
    store: memcachedStore({ client }),
    meanwhile(run: () => Promise<unknown>) {
      between = run;
      swaps = 0;
    },
    swaps: () => swaps,
  };
}

async function begun() {
  const server = inMemory();
  await server.store.create("id", { json, expires: Date.now() + HOUR });
  return server;
}

test("a touch() that somebody else's overtakes is done, as if it had been first, and asks no more", async () => {
  const { store, meanwhile, swaps } = await begun();
  const [mine, theirs] = [Date.now() + 2 * HOUR, Date.now() + 3 * HOUR];
  meanwhile(async () => await store.touch("id", theirs));
  expect(await store.touch("id", mine)).toBe(true);
  expect(await store.read("id")).toMatchObject({ json, expires: theirs });
  expect(swaps()).toBe(2);
});

test("a touch() to the past ends the session, whoever overtakes it", async () => {
  const { store, meanwhile } = await begun();
  meanwhile(async () => await store.touch("id", Date.now() + 3 * HOUR));
  await store.touch("id", Date.now() - 1);
  expect(await store.read("id")).toBe(undefined);
});

test("a touch() and a readAndTouch() that a logout overtakes say that there is nothing", async () => {
  for (const call of ["touch", "readAndTouch"] as const) {
    const { store, meanwhile } = await begun();
    meanwhile(async () => await store.destroy("id"));
    const end = call === "touch" ? Date.now() + 2 * HOUR : HOUR;
    expect(await store[call]("id", end)).toBe(call === "touch" ? false : undefined);
    expect(await store.read("id")).toBe(undefined);
  }
});

test("a commit() that a touch() overtakes is no conflict, and one that a commit() overtakes is", async () => {
  const { store, meanwhile } = await begun();
  const next = { json: json.replace("1}", "2}"), expires: Date.now() + 2 * HOUR };
  const theirs = { json: json.replace("1}", "3}"), expires: Date.now() + 2 * HOUR };
  meanwhile(async () => await store.touch("id", Date.now() + 3 * HOUR));
  expect((await store.commit("id", next, json)).status).toBe("committed");
  expect(await store.read("id")).toMatchObject(next);
  meanwhile(async () => await store.commit("id", theirs, next.json));
  expect(await store.commit("id", next, next.json)).toMatchObject({
    status: "conflict",
    current: { json: theirs.json },
  });
});

test("a rotate() that is overtaken leaves one session: by a touch() the new one, else what stands there", async () => {
  const next = { json: json.replace("1}", "2}"), expires: Date.now() + 2 * HOUR };
  const touched = await begun();
  touched.meanwhile(async () => await touched.store.touch("id", Date.now() + 3 * HOUR));
  expect((await touched.store.rotate("id", "to", next, json)).status).toBe("committed");
  expect(await touched.store.read("id")).toBe(undefined);
  expect((await touched.store.read("to"))?.json).toBe(next.json);

  const written = await begun();
  written.meanwhile(async () => await written.store.commit("id", next, json));
  expect((await written.store.rotate("id", "to", next, json)).status).toBe("conflict");
  expect((await written.store.read("id"))?.json).toBe(next.json);
  expect(await written.store.read("to")).toBe(undefined);

  const ended = await begun();
  ended.meanwhile(async () => await ended.store.destroy("id"));
  expect(await ended.store.rotate("id", "to", next, json)).toEqual({ status: "gone" });
  expect(await ended.store.read("to")).toBe(undefined);
});

test("a rotate() to an id that is in use is an error, and both sessions stay as they were", async () => {
  const { store } = await begun();
  const other = { json: json.replace("1}", "7}"), expires: Date.now() + HOUR };
  await store.create("to", other);
  const next = { json: json.replace("1}", "2}"), expires: Date.now() + HOUR };
  await expect(store.rotate("id", "to", next, json)).rejects.toThrow(/in use already/);
  expect((await store.read("id"))?.json).toBe(json);
  expect((await store.read("to"))?.json).toBe(other.json);
});

test("what the client memcached calls back with is an answer or an error, and never both", async () => {
  const record = { json, expires: Date.now() + HOUR };
  const answering = (...told: Parameters<MemcachedCallback>) => {
    const back = (...args: unknown[]) => {
      (args.at(-1) as MemcachedCallback)(...told);
      // It empties its list of errors as soon as it has called back.
      if (Array.isArray(told[0])) told[0].length = 0;
    };
    const client = { gets: back, add: back, cas: back, del: back, getMulti: back };
    return memcachedStore({ client: client as CallbackMemcachedClient });
  };
  const notStored = Object.assign(new Error("Item is not stored"), { notStored: true });
  await expect(answering(undefined, false).create("id", record)).rejects.toThrow(/"add"/);
  await expect(answering(undefined, false).read("id")).rejects.toThrow(/"gets"/);
  expect(await answering(undefined, true).create("id", record)).toBe(true);
  expect(await answering(undefined, undefined).read("id")).toBe(undefined);
  const refused = [new Error("Received an ERROR response")];
  await expect(answering(refused, false).read("id")).rejects.toThrow(
    /^Received an ERROR response$/,
  );
  await expect(answering("over queue limit", null).read("id")).rejects.toThrow("over queue limit");
  await expect(answering(notStored, false).read("id")).rejects.toBe(notStored);
});
