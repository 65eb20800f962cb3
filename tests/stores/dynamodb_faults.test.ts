/** A DynamoDB that throttles, leaves work undone, meets others, or whose answers are lost. */
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type DynamodbSessionStore, dynamodbStore } from "../../src/stores/dynamodb.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";
import { type Between, between, type Input, record, sdkError } from "./dynamodb_client.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const WRITES = ["putItem", "updateItem", "deleteItem", "batchWriteItem", "transactWriteItems"];
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

/** A store whose calls are spoilt, and one on the same table whose are not. */
async function spoilt(act: Between): Promise<Record<"store" | "sound", DynamodbSessionStore>> {
  const table = `faults${++tables}`;
  const sound = dynamodbStore({ client, table });
  await sound.createSchema();
  return { sound, store: dynamodbStore({ client: between(client, act), table }) };
}

const mark = async (store: DynamodbSessionStore, id: string) => (await store.read(id))!.version;

describe.each([undefined, "ada"])(
  "a client that sends every write twice, as after a lost answer (%s)",
  (subject) => {
    /** What others do between the two. */
    let meanwhile = async (): Promise<void> => {};
    const twice: Between = async (name, _input, call) => {
      if (!WRITES.includes(name)) return await call();
      await call().catch(() => {});
      await meanwhile();
      const answer = await call();
      return { ...answer, $metadata: { ...answer.$metadata, attempts: 2 } };
    };

    test("is told what became of the write", async () => {
      const { store, sound } = await spoilt(twice);
      meanwhile = async () => {};
      expect(await store.create("a", record(subject))).toBe(true);
      expect(await store.create("a", record(subject))).toBe(false);
      const [second, third] = [record(subject), record(subject)];
      const committed = await store.commit("a", second, await mark(store, "a"));
      expect(committed.status).toBe("committed");
      expect((await sound.read("a"))?.json).toBe(second.json);
      expect(await store.touch("a", Date.now() + 5_000)).toBe(true);
      expect((await store.readAndTouch("a", 3_600_000))?.json).toBe(second.json);
      const rotated = await store.rotate("a", "b", third, await mark(store, "a"));
      expect(rotated.status).toBe("committed");
      expect((await sound.read("b"))?.json).toBe(third.json);
      // It was there, and nobody can know that it still was: never `false`.
      expect(await store.destroy("b")).not.toBe(false);
      expect(await sound.read("b")).toBeUndefined();
      await store.create("c", record("eve"));
      expect(await store.destroyAll("eve")).toBe(1);
    });

    test("is told so also where others have written since", async () => {
      const { store, sound } = await spoilt(twice);
      let others = 0;
      meanwhile = async () => {
        const found = await sound.read("a");
        if (found === undefined) return;
        others++;
        await sound.commit("a", record(subject), found.version);
        await sound.commit("a", record(subject), await mark(sound, "a"));
      };
      expect(await store.create("a", record(subject))).toBe(true);
      expect((await store.commit("a", record(subject), await mark(store, "a"))).status)
        .toBe("committed");
      expect(others).toBeGreaterThan(1);
    });
  },
);

test("what the server refuses for its load is an error of every verb, and no state", async () => {
  const names = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
  ];
  for (const name of names) {
    const { store, sound } = await spoilt(() => Promise.reject(sdkError(name)));
    await sound.create("a", record("ada"));
    const version = await mark(sound, "a");
    const calls: Record<string, () => unknown> = {
      create: () => store.create("b", record()),
      login: () => store.create("b", record("ada")),
      read: () => store.read("a"),
      readAndTouch: () => store.readAndTouch("a", 3_600_000),
      touch: () => store.touch("a", null),
      commit: () => store.commit("a", record("ada"), version),
      logout: () => store.commit("a", record(), version),
      rotate: () => store.rotate("a", "b", record("ada"), version),
      destroy: () => store.destroy("a"),
      list: () => store.list("ada"),
      destroyAll: () => store.destroyAll("ada"),
      length: () => store.length(),
      clear: () => store.clear(),
      sweep: () => store.sweep(),
    };
    for (const [verb, call] of Object.entries(calls)) {
      await expect((async () => await call())(), verb).rejects.toMatchObject({ name });
    }
    expect(await sound.list("ada")).toEqual(["a"]);
  }
});

test("a transaction that is cancelled for the load is an error that shows no item", async () => {
  const Item = { pk: { S: "secret-id" }, json: { S: "secret-data" } };
  const { store } = await spoilt(() =>
    Promise.reject(sdkError("TransactionCanceledException", {
      message: "secret-message",
      CancellationReasons: [{ Code: "None" }, { Code: "ThrottlingError", Item }],
    }))
  );
  const made = Promise.resolve(store.create("secret-id", record("ada")));
  const error = await made.catch((error) => error);
  expect(error).toMatchObject({ name: "SessionError", code: "STORE_FAILED" });
  expect(error.message).toBe("DynamoDB cancelled a transaction: ThrottlingError");
  expect(JSON.stringify(error) + error.stack).not.toMatch(/secret/);
  expect(error.cause).toBeUndefined();
});

test("work that a batch leaves undone is done by the next", async () => {
  let left = 0;
  const { store, sound } = await spoilt(async (name, input, call) => {
    if (name !== "batchGetItem" && name !== "batchWriteItem") return await call();
    const [table, asked] = Object.entries(input.RequestItems as Input)[0] as [string, Input];
    const isRead = name === "batchGetItem";
    const list: Input[] = isRead ? asked.Keys : asked;
    const part = (some: Input[]) => ({ [table]: isRead ? { ...asked, Keys: some } : some });
    const [now, later] = [part(list.slice(0, 9)), part(list.slice(9))];
    left += list.slice(9).length;
    const answer = await (client[name] as Input)({ RequestItems: now });
    const rest = list.length > 9 ? later : {};
    return { ...answer, [isRead ? "UnprocessedKeys" : "UnprocessedItems"]: rest };
  });
  const ids = Array.from({ length: 40 }, (_, n) => `id${n}`);
  for (const id of ids) await sound.create(id, record("ada"));
  expect((await store.list("ada")).sort()).toEqual(ids.sort());
  expect(await store.destroyAll("ada")).toBe(40);
  expect(await sound.length()).toBe(0);
  expect(left).toBeGreaterThan(40);
});

test("a batch that is never done is an error", async () => {
  const { store, sound } = await spoilt(async (name, input, call) => {
    if (name === "batchGetItem") return { Responses: {}, UnprocessedKeys: input.RequestItems };
    return await call();
  });
  await sound.create("a", record("ada"));
  vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 500 });
  try {
    await expect(store.list("ada")).rejects.toMatchObject({ code: "STORE_FAILED" });
  } finally {
    vi.useRealTimers();
  }
});

test("a call that meets a transaction under way is made again, each transaction under a name of its own", async () => {
  const tokens: string[] = [];
  let refusals = 0;
  const { store } = await spoilt(async (name, input, call) => {
    if (name === "transactWriteItems") tokens.push(input.ClientRequestToken);
    if (!WRITES.includes(name) || name === "batchWriteItem" || ++refusals % 3 === 0) {
      return await call();
    }
    if (name !== "transactWriteItems") throw sdkError("TransactionConflictException");
    throw sdkError("TransactionCanceledException", {
      CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }],
    });
  });
  expect(await store.create("a", record("ada"))).toBe(true);
  expect(await store.create("b", record())).toBe(true);
  expect(await store.touch("a", Date.now() + 5_000)).toBe(true);
  expect((await store.commit("a", record("eve"), await mark(store, "a"))).status).toBe("committed");
  expect((await store.rotate("a", "c", record("eve"), await mark(store, "a"))).status)
    .toBe("committed");
  expect(await store.destroyAll("eve")).toBe(1);
  expect(await store.destroy("b")).toBe(true);
  expect(tokens.length).toBeGreaterThan(6);
  expect(new Set(tokens).size).toBe(tokens.length);
});

test("a session that a revokeAll() was about to end when its process died cannot move out of its way", async () => {
  const moves: Record<string, (store: DynamodbSessionStore, version: unknown) => unknown> = {
    rotate: async (store, version) =>
      (await store.rotate("a", "b", record("ada"), version)).status !== "gone",
    login: async (store, version) =>
      (await store.rotate("a", "b", record("eve"), version)).status !== "gone",
    logout: async (store, version) =>
      (await store.commit("a", record(), version)).status !== "gone",
    // Longer than its entry in the index is kept.
    touch: (store) => store.touch("a", Date.now() + 9e9),
  };
  for (const [verb, move] of Object.entries(moves)) {
    const { store, sound } = await spoilt(async (name, _input, call) => {
      if (name === "transactWriteItems") {
        const reasons = { CancellationReasons: [{ Code: "TransactionConflict" }] };
        throw sdkError("TransactionCanceledException", reasons);
      }
      const answer = await call();
      // The entry is marked, and that is the end of the process.
      if (name === "updateItem") throw sdkError("TimeoutError");
      return answer;
    });
    await sound.create("a", record("ada"));
    const version = await mark(sound, "a");
    await expect(store.destroyAll("ada")).rejects.toMatchObject({ name: "TimeoutError" });
    expect(await sound.read("a"), verb).toBeDefined();
    expect(await move(sound, version), verb).toBe(false);
    for (const id of ["a", "b"]) expect(await sound.read(id), verb).toBeUndefined();
    expect(await sound.list("ada"), verb).toEqual([]);
    expect(await sound.create("a", record("ada")), verb).toBe(true);
    expect(await sound.destroyAll("ada"), verb).toBe(1);
  }
});

test("a transaction that is still under way is asked for under the same name", async () => {
  const tokens: string[] = [];
  const { store } = await spoilt(async (name, input, call) => {
    if (name !== "transactWriteItems") return await call();
    const answer = await call();
    tokens.push(input.ClientRequestToken);
    if (tokens.length < 4) throw sdkError("TransactionInProgressException");
    return answer;
  });
  expect(await store.create("a", record("ada"))).toBe(true);
  expect(tokens).toHaveLength(4);
  expect(new Set(tokens).size).toBe(1);
});
