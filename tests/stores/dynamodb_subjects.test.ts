/** Many sessions of one subject in DynamoDB, and the end of all of them while they move. */
import type { AttributeValue, DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";
import { between, type Input, record } from "./dynamodb_client.ts";
import { whileRotating } from "./while_rotating.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: RunningServer;
let client: DynamoDB;
let other: DynamoDB;
beforeAll(async () => {
  server = await startDynamodb();
  client = connectDynamodb(server.port);
  other = connectDynamodb(server.port);
});
afterAll(async () => {
  client?.destroy();
  other?.destroy();
  await server?.stop();
});

async function pair(table: string) {
  let conflicts = 0;
  const counting = between(client, async (_name, _input, call) => {
    try {
      return await call();
    } catch (error) {
      if (/TransactionConflict/.test(JSON.stringify(error) + String(error))) conflicts++;
      throw error;
    }
  });
  const store = dynamodbStore({ client: counting, table });
  await store.createSchema();
  return { store, peer: dynamodbStore({ client: other, table }), conflicts: () => conflicts };
}

/** Puts copies of the items that one session of a subject has, so many and at once. */
async function fill(table: string, many: number): Promise<void> {
  const items = (await client.scan({ TableName: table })).Items!;
  const copy = (item: Record<string, AttributeValue>, n: number) =>
    JSON.parse(
      JSON.stringify(item).replaceAll("original", `copy${n}`).replaceAll(
        items.find(({ family }) => family !== undefined)!["family"]!.S!,
        `family-of-copy-${n}`,
      ),
    );
  const copies = Array.from({ length: many }, (_, n) => items.map((item) => copy(item, n))).flat();
  for (let at = 0; at < copies.length; at += 25) {
    const puts = copies.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    await client.batchWriteItem({ RequestItems: { [table]: puts } });
  }
}

/** Does something, counts the turns of the event loop meanwhile, and prints the longest. */
async function watched<T>(what: string, act: () => T | Promise<T>) {
  let [turns, worst, isOver] = [0, 0, false];
  let before = process.cpuUsage();
  const turn = () => {
    const { user, system } = process.cpuUsage(before);
    worst = Math.max(worst, (user + system) / 1000);
    before = process.cpuUsage();
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const answer = await act();
  isOver = true;
  await new Promise(setImmediate);
  console.log(`${what}: ${turns} turns, the longest of ${worst.toFixed(1)} ms of CPU time`);
  return { answer, turns };
}

test("list() and destroyAll() of 10,000 let the event loop turn, and are exact", async () => {
  const table = "many";
  let largest = 0;
  const looking = between(client, async (_name, _input: Input, call) => {
    const answer = await call();
    largest = Math.max(largest, answer.Items?.length ?? 0);
    return answer;
  });
  const store = dynamodbStore({ client: looking, table });
  await store.createSchema();
  await store.create("original", record("ada"));
  await fill(table, 10_000);
  await store.create("over", record("ada", Date.now() - 1));
  await store.create("bob's", record("bob"));
  const found = await watched("list() of 10,001", () => store.list("ada"));
  expect([found.answer.length, new Set(found.answer).size]).toEqual([10_001, 10_001]);
  expect(found.turns).toBeGreaterThan(100);
  const ended = await watched(
    "destroyAll() of 10,000",
    () => store.destroyAll("ada", "original"),
  );
  expect(ended.answer).toBe(10_000);
  expect(ended.turns).toBeGreaterThan(400);
  expect(await store.list("ada")).toEqual(["original"]);
  expect(await store.list("bob")).toEqual(["bob's"]);
  expect(await store.length()).toBe(2);
  // No answer is larger than what is dealt with in one turn.
  expect(largest).toBeLessThanOrEqual(250);
});

test("destroyAll() ends sixty sessions that rotate all the time, and none of another subject", async () => {
  const { store, peer, conflicts } = await pair("moving");
  let rotations = 0;
  for (let round = 0; round < 2; round++) {
    await store.create(`other-${round}`, record("bob"));
    rotations += await whileRotating(store, 60, async () => {
      await peer.destroyAll("ada");
      expect(await store.list("ada")).toEqual([]);
    });
  }
  console.log(`destroyAll() under ${rotations} rotations, ${conflicts()} conflicts: none survived`);
  expect((await store.list("bob")).length).toBe(2);
  expect(await store.length()).toBe(2);
});

test("a subject whose sessions change hands all the time is listed as it is in the end", async () => {
  const { store, peer, conflicts } = await pair("hands");
  const ids = Array.from({ length: 10 }, (_, n) => `id${n}`);
  for (const id of ids) await store.create(id, record("ada"));
  const whose = new Map<string, string | undefined>();
  await Promise.all(ids.flatMap((id, n) =>
    [store, peer].map(async (one, at) => {
      for (let time = 0; time < 15; time++) {
        const subject = ["ada", "bob", undefined][(n + time + at) % 3];
        const found = await one.read(id);
        const done = await one.commit(id, record(subject), found!.version);
        if (done.status === "committed") {
          whose.set(`${id} ${JSON.stringify(done.version)}`, subject);
        }
      }
    })
  ));
  const last = new Map<string | undefined, string[]>();
  for (const id of ids) {
    const subject = whose.get(`${id} ${JSON.stringify((await store.read(id))!.version)}`);
    last.set(subject, [...last.get(subject) ?? [], id]);
  }
  for (const subject of ["ada", "bob"]) {
    expect((await store.list(subject)).sort(), subject).toEqual(last.get(subject) ?? []);
  }
  console.log(`changes of hands: ${conflicts()} conflicts of transactions`);
});
