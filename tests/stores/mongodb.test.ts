/** The MongoDB store by the real driver, on a stand-in of our own for the server. */
import type { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { testStore } from "../../src/testing/mod.ts";
import { connectMongodb, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";
import { Refusal } from "../servers/mongodb_engine.ts";

// Each call goes through a connection: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

describe.each([["a replica set", false], ["a server alone", true]])("%s", (name, alone) => {
  let server: MongodbStandIn;
  let client: MongoClient;
  let other: MongoClient;
  let collections = 0;
  beforeAll(async () => {
    server = await startMongodb({ alone });
    client = connectMongodb(server.port);
    other = connectMongodb(server.port);
  });
  afterAll(async () => {
    await client?.close();
    await other?.close();
    await server?.stop();
  });

  testStore({
    name: `mongodb, ${name}`,
    capabilities: {
      atomic: true,
      clock: "injected",
      sliding: true,
      iterate: true,
      sweep: true,
      subject: true,
      corrupt: true,
      outage: true,
    },
    ...(alone && { interleavings: 100, revivals: 100, takes: 20 }),
    async create({ now }) {
      const called = `session${++collections}`;
      const collection = client.db("shop").collection(called);
      const store = mongodbStore({ collection, now, ttl });
      const neighbour = mongodbStore({
        collection: client.db("shop").collection(`neighbour${collections}`),
        now,
        ttl,
      });
      await store.createSchema();
      await neighbour.createSchema();
      return {
        store,
        peer: mongodbStore({ collection: other.db("shop").collection(called), now, ttl }),
        neighbour,
        async corrupt(id, text) {
          await collection.updateOne({ sid: id }, { $set: { json: text } });
        },
        outage() {
          server.between = async (_name, command, run) => {
            if (Object.values(command)[0] !== called) return await run();
            throw new Refusal(50, "operation exceeded time limit");
          };
          return () => void (server.between = (_name, _command, run) => run());
        },
      };
    },
    test,
  });
});
