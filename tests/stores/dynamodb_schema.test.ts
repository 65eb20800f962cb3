/** The DynamoDB store's table, and the options that it refuses. */
import { DynamoDB, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type DynamodbClient, dynamodbStore } from "../../src/stores/dynamodb.ts";
import { startDynalite } from "../servers/dynalite.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";
import { between, record, sdkError } from "./dynamodb_client.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: RunningServer;
let client: DynamoDB;
beforeAll(async () => {
  server = await startDynamodb();
  client = connectDynamodb(server.port);
});
afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

/** Calls with names, made by a store on a client that notes them. */
function noting(table: string) {
  const names: string[] = [];
  const noted = between(client, (name, _input, call) => {
    names.push(name);
    return call();
  });
  return { names, store: dynamodbStore({ client: noted, table }) };
}

describe("createSchema()", () => {
  test("makes a table on demand whose TTL is on, and only looks at one that is there", async () => {
    const { names, store } = noting("made");
    await store.createSchema();
    const { Table } = await client.describeTable({ TableName: "made" });
    expect(Table?.TableStatus).toBe("ACTIVE");
    expect(Table?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
    const { TimeToLiveDescription } = await client.describeTimeToLive({ TableName: "made" });
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "ttl" });
    expect(names).toContain("createTable");
    names.length = 0;
    await store.createSchema();
    expect(names).toEqual(["describeTable", "describeTimeToLive"]);
    await store.create("a", record("ada"));
  });

  test("is called by eight processes that start at once", async () => {
    for (let round = 0; round < 3; round++) {
      const all = Array.from({ length: 8 }, () => noting(`start${round}`).store.createSchema());
      await Promise.all(all);
    }
  });

  test("refuses another library's table, and one whose TTL goes by another attribute", async () => {
    const key = (AttributeName: string) => ({
      BillingMode: "PAY_PER_REQUEST" as const,
      AttributeDefinitions: [{ AttributeName, AttributeType: "S" as const }],
      KeySchema: [{ AttributeName, KeyType: "HASH" as const }],
    });
    await client.createTable({ TableName: "theirs", ...key("id") });
    await client.createTable({ TableName: "others", ...key("name") });
    await expect(noting("theirs").store.createSchema()).rejects.toThrow(
      'The table "theirs" looks like one of connect-dynamodb; name a table of the store\'s own in ' +
        'option "table" and run createSchema()',
    );
    await expect(noting("others").store.createSchema()).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: expect.stringContaining('"others" was not made for this store'),
    });
    await expect(noting("theirs").store.read("a")).rejects.toThrow("connect-dynamodb");
    const { store } = noting("dropping");
    const TimeToLiveSpecification = { AttributeName: "end", Enabled: true };
    await noting("dropping2").store.createSchema();
    await client.createTable({ TableName: "dropping", ...(await likeOurs("dropping2")) });
    await client.updateTimeToLive({ TableName: "dropping", TimeToLiveSpecification });
    await expect(store.createSchema()).rejects.toThrow(/another attribute than "ttl"/);
  });

  test("is enough where the server drops nothing by itself, as dynalite", async () => {
    const dynalite = await startDynalite(new URL("../../", import.meta.url).pathname);
    const plain = connectDynamodb(dynalite.port);
    try {
      const store = dynamodbStore({ client: plain });
      await store.createSchema();
      await store.create("a", record());
      expect(await store.length()).toBe(1);
    } finally {
      plain.destroy();
      await dynalite.stop();
    }
  });

  async function likeOurs(table: string) {
    const { Table } = await client.describeTable({ TableName: table });
    const { AttributeDefinitions, KeySchema } = Table!;
    return { AttributeDefinitions, KeySchema, BillingMode: "PAY_PER_REQUEST" as const };
  }
});

test("without its table every call says what to run", async () => {
  const { store } = noting("missing");
  const said = { code: "STORE_FAILED", message: 'There is no table "missing": run createSchema()' };
  const calls = [
    store.create("a", record()),
    store.create("a", record("ada")),
    store.read("a"),
    store.touch("a", null),
    store.rotate("a", "b", record(), { marks: "m" }),
    store.list("ada"),
    store.length(),
    store.clear(),
  ];
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toMatchObject({ status: "rejected", reason: said });
  }
});

test("a failure that the table is no reason of is the client's", async () => {
  const failing = between(
    client,
    (name, _input, call) =>
      name === "describeTable" ? call() : Promise.reject(sdkError("ValidationException")),
  );
  await expect(dynamodbStore({ client: failing, table: "made" }).read("a")).rejects.toMatchObject({
    name: "ValidationException",
  });
});

describe("dynamodbStore()", () => {
  const options = { region: "us-east-1" };

  test("refuses a client of another kind, and says what it is", () => {
    class DocumentClient extends DynamoDBClient {}
    const document = { send() {}, get() {}, put() {}, transactWrite() {} };
    const version2 = Object.assign(Object.create(new DynamoDB(options)), { makeRequest() {} });
    const wrong: [client: unknown, what: RegExp][] = [
      [undefined, /not undefined$/],
      [null, /not null$/],
      [{}, /not a value of type object$/],
      [
        new DynamoDBClient(options),
        /send\(\) alone, as DynamoDBClient and DynamoDBDocumentClient$/,
      ],
      [new DocumentClient(options), /send\(\) alone/],
      [document, /not a document client, which knows items by other methods$/],
      [version2, /not one of the SDK's version 2$/],
    ];
    for (const [client, what] of wrong) {
      const make = () => dynamodbStore({ client: client as DynamodbClient });
      expect(make).toThrow(TypeError);
      expect(make).toThrow(/^Option "client" must be a DynamoDB of @aws-sdk\/client-dynamodb/);
      expect(make).toThrow(what);
    }
  });

  test("refuses options of the wrong kind, or of no kind, by their name", () => {
    const client = new DynamoDB(options);
    const wrong: [name: string, options: object][] = [
      ["table", { table: "ab" }],
      ["table", { table: "a b c" }],
      ["table", { table: "x".repeat(256) }],
      ["table", { table: 5 }],
      ["prefix", { prefix: 5 }],
      ["prefix", { prefix: "é".repeat(451) }],
      ["prefix", { prefix: "a\n" }],
      ["prefix", { prefix: "\ud800" }],
      ["ttl", { ttl: 0 }],
      ["ttl", { ttl: Infinity }],
      ["now", { now: 5 }],
      ["tableName", { tableName: "session" }],
    ];
    for (const [name, more] of wrong) {
      expect(() => dynamodbStore({ client, ...more }), name).toThrow(
        expect.objectContaining({
          name: "TypeError",
          message: expect.stringContaining(`"${name}"`),
        }),
      );
    }
    expect(() => dynamodbStore({ client, tabel: "x" } as never)).toThrow('did you mean "table"?');
    dynamodbStore({ client, table: "a-b.c_D9", prefix: "é".repeat(450) });
  });
});
