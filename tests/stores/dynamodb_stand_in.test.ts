/** What the stand-in for DynamoDB must do for the tests on it to mean anything; by Amazon's documentation. */
import type { DynamoDB, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const TableName = "table";
let server: RunningServer;
let client: DynamoDB;
beforeAll(async () => {
  server = await startDynamodb();
  client = connectDynamodb(server.port);
  await client.createTable({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
  });
});
afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

const key = (id: string) => ({ id: { S: id } });
const put = (id: string, n: number): TransactWriteItem => ({
  Put: { TableName, Item: { ...key(id), n: { N: String(n) } } },
});
const found = async (id: string) =>
  (await client.getItem({ TableName, Key: key(id) })).Item?.["n"]?.N;
const check = (id: string): TransactWriteItem => ({
  ConditionCheck: {
    ...{ TableName, Key: key(id), ConditionExpression: "attribute_exists(id)" },
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  },
});
const absent = {
  ConditionExpression: "attribute_not_exists(id)",
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
} as const;

test("a transaction does everything, or nothing where a condition does not hold, and says which", async () => {
  await client.transactWriteItems({ TransactItems: [put("a", 1), put("b", 1)] });
  expect([await found("a"), await found("b")]).toEqual(["1", "1"]);
  const lost = await client.transactWriteItems({
    TransactItems: [
      put("c", 2),
      { Delete: { TableName, Key: key("a") } },
      { Put: { ...put("b", 2).Put!, ...absent } },
      check("nowhere"),
    ],
  }).catch((error) => error);
  expect(lost.name).toBe("TransactionCanceledException");
  expect(lost.CancellationReasons.map(({ Code }: { Code: string }) => Code))
    .toEqual(["None", "None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
  expect(lost.CancellationReasons[2].Item).toEqual({ ...key("b"), n: { N: "1" } });
  expect([await found("a"), await found("b"), await found("c")]).toEqual(["1", "1", undefined]);
});

test("a transaction that is sent again with its token is done once", async () => {
  const add = (id: string): TransactWriteItem => ({
    Update: {
      ...{ TableName, Key: key(id), UpdateExpression: "ADD n :one" },
      ExpressionAttributeValues: { ":one": { N: "1" } },
    },
  });
  const once = { TransactItems: [add("t1"), add("t2")], ClientRequestToken: "token" };
  for (let time = 0; time < 3; time++) await client.transactWriteItems(once);
  expect([await found("t1"), await found("t2")]).toEqual(["1", "1"]);
  await expect(client.transactWriteItems({ ...once, TransactItems: [add("t1")] }))
    .rejects.toMatchObject({ name: "IdempotentParameterMismatchException" });
});

test("of transactions that meet at an item all but one are refused, and none is done in part", async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => {
    return client.transactWriteItems({ TransactItems: [put("m1", n), put("m2", n), put("m3", n)] });
  }));
  const refused = outcomes.filter(({ status }) => status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    expect(reason.CancellationReasons.map(({ Code }: { Code: string }) => Code))
      .toContain("TransactionConflict");
  }
  const n = await found("m1");
  expect([await found("m2"), await found("m3")]).toEqual([n, n]);
});

test("a write that meets a transaction is refused, or refuses it", async () => {
  let conflicts = 0;
  for (let round = 0; round < 30; round++) {
    const outcomes = await Promise.allSettled([
      client.transactWriteItems({ TransactItems: [put("w1", round), put("w2", round)] }),
      client.updateItem({
        ...{ TableName, Key: key("w2"), UpdateExpression: "SET n = :n" },
        ExpressionAttributeValues: { ":n": { N: "1000" } },
      }),
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") continue;
      conflicts++;
      expect(outcome.reason.name).toMatch(/^Transaction(Conflict|Canceled)Exception$/);
    }
    expect(outcomes.some(({ status }) => status === "fulfilled")).toBe(true);
  }
  expect(conflicts).toBeGreaterThan(0);
});

test("what DynamoDB refuses of a transaction is refused", async () => {
  const many = Array.from({ length: 101 }, (_, n) => put(`x${n}`, n));
  const large = Array.from({ length: 12 }, (_, n) => ({
    Put: { TableName, Item: { ...key(`l${n}`), text: { S: "x".repeat(390_000) } } },
  }));
  for (const TransactItems of [[], many, [put("x", 1), check("x")], large]) {
    await expect(client.transactWriteItems({ TransactItems }))
      .rejects.toMatchObject({ name: "ValidationException" });
  }
  expect(await found("x0")).toBeUndefined();
});

test("a condition that does not hold tells what it has found, if it is asked to", async () => {
  await client.putItem({ TableName, Item: { ...key("o"), n: { N: "7" } } });
  const again = { TableName, Item: key("o"), ...absent };
  await expect(client.putItem(again)).rejects.toMatchObject({ Item: { n: { N: "7" } } });
  const { ReturnValuesOnConditionCheckFailure: _, ...silent } = again;
  const error = await client.putItem(silent).catch((error) => error);
  expect([error.name, error.Item]).toEqual(["ConditionalCheckFailedException", undefined]);
});
