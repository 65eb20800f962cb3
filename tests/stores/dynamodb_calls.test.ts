/** What the DynamoDB store asks of its server, and what it leaves there. */
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type DynamodbSessionStore, dynamodbStore } from "../../src/stores/dynamodb.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";
import { goesByTheClockOfTheMoment } from "./clock_promises.ts";
import { between, type Input, record } from "./dynamodb_client.ts";
import { keepsOddKeys } from "./odd_keys.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: RunningServer;
let client: DynamoDB;
let tables = 0;
beforeAll(async () => {
  server = await startDynamodb();
  client = connectDynamodb(server.port);
});
afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

type More = Partial<Parameters<typeof dynamodbStore>[0]>;

/** A store on a table of its own, with the calls that it has made since. */
async function watched(more: More = {}) {
  const calls: [name: string, input: Input][] = [];
  const table = `calls${++tables}`;
  const spying = between(client, (name, input, call) => {
    calls.push([name, input]);
    return call();
  });
  const store: DynamodbSessionStore = dynamodbStore({ client: spying, table, ...more });
  await store.createSchema();
  calls.length = 0;
  const items = async () => (await client.scan({ TableName: table })).Items ?? [];
  const names = () => calls.splice(0).map(([name]) => name);
  return { store, calls, names, items, table };
}

test("a read is one call, and so is every change of an anonymous session but of its id", async () => {
  const { store, names } = await watched();
  await store.create("a", record());
  expect(names()).toEqual(["putItem"]);
  const { version } = (await store.read("a"))!;
  expect(names()).toEqual(["getItem"]);
  await store.commit("a", record(), version);
  await store.touch("a", Date.now() + 5_000);
  await store.readAndTouch("a", 3_600_000);
  expect(names()).toEqual(["updateItem", "updateItem", "updateItem"]);
  expect(await store.create("a", record())).toBe(false);
  expect(names()).toEqual(["putItem"]);
  const now = (await store.read("a"))!;
  names();
  await store.rotate("a", "b", record(), now.version);
  expect(names()).toEqual(["transactWriteItems"]);
  expect(await store.destroy("b")).toBe(true);
  expect(names()).toEqual(["deleteItem"]);
  expect(await store.destroy("b")).toBe(false);
});

test("a session of somebody's is written in one call as well, and once in its lifetime by a transaction", async () => {
  const clock = { time: 1_700_000_000_000 };
  const { store, names } = await watched({ now: () => clock.time });
  const hour = 3_600_000;
  await store.create("a", record("ada", clock.time + hour));
  expect(names()).toEqual(["transactWriteItems"]);
  for (let minute = 0; minute < 300; minute++) {
    clock.time += 60_000;
    expect(await store.touch("a", clock.time + hour)).toBe(true);
    const { version } = (await store.readAndTouch("a", hour))!;
    const { status } = await store.commit("a", record("ada", clock.time + hour), version);
    expect(status).toBe("committed");
  }
  const asked = names();
  // Five hours of an entry that is kept for twice the hour of its session.
  expect(asked.filter((name) => name === "transactWriteItems").length).toBeLessThanOrEqual(6);
  expect(asked.filter((name) => name === "updateItem").length).toBeLessThanOrEqual(910);
  expect(await store.list("ada")).toEqual(["a"]);
});

test("every read is a consistent one, and no call has more items than DynamoDB takes", async () => {
  const { store, calls } = await watched();
  await Promise.all(Array.from({ length: 230 }, (_, n) => store.create(`s${n}`, record("ada"))));
  await Promise.all(Array.from({ length: 60 }, (_, n) => store.create(`a${n}`, record())));
  await store.read("s1");
  for await (const _ of store.all());
  expect(await store.length()).toBe(290);
  expect(await store.list("ada")).toHaveLength(230);
  await store.sweep();
  expect(await store.destroyAll("ada", "s1")).toBe(229);
  await store.clear();
  const seen = new Set<string>();
  for (const [name, input] of calls) {
    seen.add(name);
    if (["getItem", "query", "scan"].includes(name)) expect(input.ConsistentRead, name).toBe(true);
    if (name === "batchGetItem") {
      const [asked] = Object.values(input.RequestItems) as Input[];
      expect(asked.ConsistentRead).toBe(true);
      expect(asked.Keys.length).toBeLessThanOrEqual(100);
    }
    if (name === "batchWriteItem") {
      const [asked] = Object.values(input.RequestItems) as Input[];
      expect(asked.length).toBeLessThanOrEqual(25);
    }
    if (name === "transactWriteItems") {
      expect(input.TransactItems.length).toBeLessThanOrEqual(100);
      expect(input.ClientRequestToken).toMatch(/^[\w-]{16}$/);
    }
  }
  expect([...seen]).toEqual(expect.arrayContaining(["query", "scan", "batchGetItem"]));
});

test("the table's TTL comes a minute after the end, and an entry of the index after its session", async () => {
  const now = 1_700_000_000_000;
  const { store, items } = await watched({ now: () => now, ttl: 5 });
  const ttls = async () => {
    const found = await items();
    const of = (kind: string) => found.find(({ pk }) => pk?.S?.startsWith(kind))?.["ttl"]?.N;
    return { session: Number(of("session:")), entry: Number(of("subject:") ?? Infinity) };
  };
  const seconds = now / 1000;
  await store.create("a", record("ada", now + 3_000.4));
  expect((await ttls()).session).toBe(seconds + 64);
  await store.touch("a", null);
  expect((await ttls()).session).toBe(seconds + 65);
  for (const end of [now + 1_000, now + 9e6, now + 9e9, now - 5e9, 8.64e15, null]) {
    await store.destroyAll("ada");
    await store.create("a", record("ada", now + 1_000));
    await store.touch("a", end);
    const { session, entry } = await ttls();
    expect(entry, String(end)).toBeGreaterThanOrEqual(session);
    expect(session, String(end)).toBeGreaterThanOrEqual(seconds);
  }
  await store.destroyAll("ada");
  await store.create("a", record("ada", now + 1_000));
  for (const end of [now + 500_000, now + 900_000, now + 4e6, now + 1_000, now + 2e7, null]) {
    const { version } = (await store.read("a"))!;
    expect((await store.commit("a", record("ada", end), version)).status).toBe("committed");
    const { session, entry } = await ttls();
    expect(entry, String(end)).toBeGreaterThanOrEqual(session);
  }
});

test("list() finds a session that is given another id while it is looked for", async () => {
  const { store: sound, table } = await watched();
  await sound.create("a", record("ada"));
  let stale: Input;
  let reads = 0;
  const moving = between(client, async (name, input, call) => {
    if (name === "batchGetItem") {
      // The query has seen the entry with the first id.
      await sound.rotate("a", "b", record("ada"), (await sound.read("a"))!.version);
    }
    const answer = await call();
    if (name === "query") stale ??= answer.Items[0];
    const isEntry = name === "getItem" && input.Key.pk.S.startsWith("subject:");
    // Another copy of the entry may not have heard of it yet.
    return isEntry && ++reads === 1 ? { Item: stale } : answer;
  });
  expect(await dynamodbStore({ client: moving, table }).list("ada")).toEqual(["b"]);
  expect(reads).toBe(2);
  expect(await sound.destroyAll("ada")).toBe(1);
});

test("destroy(), destroyAll(), rotate() and clear() leave nothing of a session", async () => {
  const { store, items } = await watched();
  for (const id of ["a", "b", "c", "d"]) await store.create(id, record("ada"));
  await store.rotate("a", "a2", record("ada"), (await store.read("a"))!.version);
  await store.rotate("b", "b2", record("bob"), (await store.read("b"))!.version);
  await store.commit("c", record(), (await store.read("c"))!.version);
  // a2 and d with their entries, b2 with one, c with none.
  expect(await items()).toHaveLength(7);
  await store.destroy("d");
  expect(await items()).toHaveLength(5);
  await store.destroyAll("ada");
  expect(await items()).toHaveLength(3);
  await store.clear();
  expect(await items()).toEqual([]);
});

test("an entry that has lost its session is ignored, and dropped", async () => {
  const { store, items, table } = await watched();
  await store.create("a", record("ada"));
  await store.create("b", record("ada"));
  const lose = async (id: string) =>
    await client.deleteItem({
      TableName: table,
      Key: { pk: { S: `session:${id}` }, sk: { S: "0:" } },
    });
  await lose("a");
  expect(await store.list("ada")).toEqual(["b"]);
  expect(await items()).toHaveLength(2);
  await lose("b");
  expect(await store.destroyAll("ada")).toBe(0);
  expect(await items()).toEqual([]);
  for (const subject of [undefined, "bob"]) {
    await store.create("a", record("ada"));
    await lose("a");
    // Another session under the same id.
    await store.create("a", record(subject));
    expect(await store.destroyAll("ada")).toBe(0);
    expect(await store.read("a")).toBeDefined();
    await store.destroy("a");
  }
});

test("what is not ours reads as absent, and create() takes its place", async () => {
  const { store, table } = await watched();
  for (
    const more of [{}, { marks: { S: "m" } }, { expires: { N: "9e15" } }]
  ) {
    const Item = { pk: { S: "session:x" }, sk: { S: "0:" }, json: { S: "{}" }, ...more };
    await client.putItem({ TableName: table, Item });
    expect(await store.read("x")).toBeUndefined();
    expect(await store.touch("x", null)).toBe(false);
    expect((await store.commit("x", record(), { marks: "m" })).status).toBe("gone");
    expect((await store.rotate("x", "y", record(), { marks: "m" })).status).toBe("gone");
    expect(await store.create("x", record()), JSON.stringify(more)).toBe(true);
    await store.destroy("x");
  }
});

test("a version that crossed a wire is as good, and what is none matches nothing", async () => {
  const { store } = await watched();
  await store.create("a", record("ada"));
  const version = JSON.parse(JSON.stringify((await store.read("a"))!.version));
  expect((await store.commit("a", record("ada"), version)).status).toBe("committed");
  for (const mark of [undefined, null, 5, "text", {}, { marks: 5 }, { marks: "" }]) {
    expect((await store.commit("a", record("ada"), mark)).status).toBe("conflict");
    expect((await store.rotate("a", "b", record("ada"), mark)).status).toBe("conflict");
  }
});

test("rotate() to an id that is taken fails, changes nothing, and names no id", async () => {
  const { store } = await watched();
  const [one, two] = [record("ada"), record("bob")];
  await store.create("taken-1", one);
  await store.create("taken-2", two);
  const { version } = (await store.read("taken-1"))!;
  await expect(store.rotate("taken-1", "taken-2", record("ada"), version))
    .rejects.toThrow(/^The id to rotate to is taken$/);
  expect((await store.read("taken-1"))?.json).toBe(one.json);
  expect((await store.read("taken-2"))?.json).toBe(two.json);
  expect((await store.rotate("taken-1", "taken-1", record("ada"), version)).status)
    .toBe("committed");
});

test("400,000 bytes are kept; more are refused before the server is asked", async () => {
  const { store, names } = await watched();
  const of = (bytes: number, subject?: string) => ({ ...record(subject), json: text(bytes) });
  const text = (bytes: number) => `{"a":"${"ü".repeat((bytes - 8) / 2)}"}`;
  expect(new TextEncoder().encode(text(400_000))).toHaveLength(400_000);
  expect(await store.create("x".repeat(1_000), of(400_000, "é".repeat(128)))).toBe(true);
  const { version } = (await store.read("x".repeat(1_000)))!;
  names();
  const refused = { code: "SESSION_TOO_LARGE" };
  await expect(store.create("y", of(400_002))).rejects.toMatchObject(refused);
  await expect(store.commit("y", of(400_002), version)).rejects.toMatchObject(refused);
  await expect(store.rotate("y", "z", of(400_002), version)).rejects.toMatchObject(refused);
  const id = "x".repeat(2_041);
  for (const call of [store.read(id), store.create(id, record()), store.touch(id, null)]) {
    await expect(call).rejects.toThrow(/^The id is too long for DynamoDB: .* at most 2048$/);
  }
  await expect(store.list(id)).rejects.toThrow(/^The subject is too long for DynamoDB/);
  expect(names()).toEqual([]);
});

test("large sessions of one subject are ended where one transaction could not hold them", async () => {
  const { store } = await watched();
  const json = `{"a":"${"x".repeat(390_000)}"}`;
  for (let n = 0; n < 14; n++) await store.create(`l${n}`, { ...record("ada"), json });
  expect(await store.destroyAll("ada")).toBe(14);
  expect(await store.length()).toBe(0);
});

test("ids and subjects that other databases would take for one another are kept apart", async () => {
  await keepsOddKeys((await watched()).store);
});

test("it goes by the clock of the moment", async () => {
  await goesByTheClockOfTheMoment((await watched()).store);
});

test("stores of one table whose prefixes contain each other know their own sessions", async () => {
  const { table, items } = await watched();
  const prefixes = ["", "a", "a:", "a:b", "1:a", ":"];
  const stores = prefixes.map((prefix) => dynamodbStore({ client, table, prefix }));
  for (const [at, store] of stores.entries()) {
    await store.create("id", { ...record("ada"), json: `{"at":${at}}` });
  }
  for (const [at, store] of stores.entries()) {
    expect((await store.read("id"))?.json).toBe(`{"at":${at}}`);
    expect(await store.length()).toBe(1);
    expect(await store.list("ada")).toEqual(["id"]);
    if (at % 2 === 0) await store.clear();
    else expect(await store.destroyAll("ada")).toBe(1);
    expect(await items()).toHaveLength(2 * (stores.length - at - 1));
  }
});
