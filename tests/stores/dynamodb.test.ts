/** The DynamoDB store on a stand-in of our own: dynalite, with transactions made after the documentation. */
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { testStore } from "../../src/testing/mod.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
  corrupt: true,
  outage: true,
} as const;

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

describe.each(["", "plain"] as const)("a server %s", (mode) => {
  let server: RunningServer;
  let client: DynamoDB;
  let other: DynamoDB;
  let tables = 0;
  beforeAll(async () => {
    server = await startDynamodb(mode);
    client = connectDynamodb(server.port);
    other = connectDynamodb(server.port);
  });
  afterAll(async () => {
    client?.destroy();
    other?.destroy();
    await server?.stop();
  });

  testStore({
    name: `dynamodb ${mode}`,
    capabilities,
    ...(mode === "plain" && { interleavings: 100, revivals: 100, takes: 20 }),
    async create({ now }) {
      const table = `table${++tables}`;
      let isDown = false;
      const cut = connectDynamodb(server.port, { maxAttempts: 1 });
      cut.middlewareStack.add((next) => async (args) => {
        if (isDown) throw new Error("connection refused");
        return await next(args);
      }, { step: "finalizeRequest" });
      const store = dynamodbStore({ client: cut, now, ttl, table });
      await store.createSchema();
      return {
        store,
        peer: dynamodbStore({ client: other, now, ttl, table }),
        neighbour: dynamodbStore({ client, now, ttl, table, prefix: "neighbour:" }),
        async corrupt(id, text) {
          await client.updateItem({
            TableName: table,
            Key: { pk: { S: `session:${id}` }, sk: { S: "0:" } },
            UpdateExpression: "SET json = :text",
            ExpressionAttributeValues: { ":text": { S: text } },
          });
        },
        outage() {
          isDown = true;
          return () => void (isDown = false);
        },
        close: () => cut.destroy(),
      };
    },
    test,
  });
});
