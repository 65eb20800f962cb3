/** Many writers of one session in DynamoDB. */
import { afterAll, beforeAll, vi } from "vitest";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: RunningServer;
let tables = 0;
beforeAll(async () => {
  server = await startDynamodb();
});
afterAll(() => server?.stop());

contentionTests("DynamoDB", async () => {
  const client = connectDynamodb(server.port);
  const table = `table${++tables}`;
  const store = dynamodbStore({ client, table });
  await store.createSchema();
  return { store, place: ["dynamodb", String(server.port), table], end: () => client.destroy() };
});
