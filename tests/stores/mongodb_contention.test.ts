/** Many writers of one session in MongoDB, by the real driver on a stand-in for the server. */
import { afterAll, beforeAll, vi } from "vitest";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { connectMongodb, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: MongodbStandIn;
let collections = 0;
beforeAll(async () => {
  server = await startMongodb();
});
afterAll(() => server?.stop());

contentionTests("MongoDB", async () => {
  const client = connectMongodb(server.port);
  const name = `session${++collections}`;
  const store = mongodbStore({ collection: client.db("shop").collection(name) });
  await store.createSchema();
  return { store, place: ["mongodb", String(server.port), name], end: () => client.close() };
});
