/** What the stand-in for MongoDB is relied on for: it refuses what it does not know, and others write while it searches. */
import type { Collection, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connectMongodb, CUT, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";

let server: MongodbStandIn;
let client: MongoClient;
beforeAll(async () => {
  server = await startMongodb();
  client = connectMongodb(server.port);
});
afterEach(() => void (server.between = (_name, _command, run) => run()));
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

let collections = 0;
interface Thing {
  n: number;
  a?: string;
}
const fresh = (): Collection<Thing> => client.db("things").collection(`thing${++collections}`);

test("commands, fields of commands and operators that it does not know are refused", async () => {
  const things = fresh();
  await things.insertOne({ n: 1 });
  const wrong: [act: () => Promise<unknown>, why: RegExp][] = [
    [() => things.distinct("n"), /no such command: 'distinct'/],
    [() => things.find({}, { sort: { n: 1 } }).toArray(), /'sort' is an unknown field/],
    [() => things.updateOne({}, { $set: { n: 2 } }, { arrayFilters: [] }), /unknown field/],
    [() => things.find({ n: { $near: 1 } as never }).toArray(), /unknown query operator/],
    [() => things.updateOne({}, { $even: { n: 2 } } as never), /Unknown update operator/],
    [() => things.aggregate([{ $match: {} }, { $group: { _id: 2 } }]).toArray(), /pipeline/],
    [() => things.find({}, { hint: { n: 1 } }).toArray(), /bad hint/],
    [() => things.find({}, { projection: { n: 0 } }).toArray(), /not known/],
    [() => things.createIndex({ n: 1 }, { weights: { n: 1 } }), /unknown field/],
    [() => things.findOneAndDelete({}), /not known/],
  ];
  for (const [act, why] of wrong) await expect(act(), String(act)).rejects.toThrow(why);
  expect(await things.find().toArray()).toMatchObject([{ n: 1 }]);
});

test("a unique index has each key once, and whatever breaks that changes nothing", async () => {
  const things = fresh();
  await things.createIndex({ a: 1 }, { unique: true, sparse: true });
  await things.insertMany([{ n: 1, a: "x" }, { n: 2, a: "y" }, { n: 3 }, { n: 4 }]);
  const taken = { name: "MongoServerError", code: 11_000, keyPattern: { a: 1 } };
  await expect(things.insertOne({ n: 5, a: "x" })).rejects.toMatchObject(taken);
  await expect(things.replaceOne({ n: 2 }, { n: 2, a: "x" })).rejects.toMatchObject(taken);
  await expect(things.updateOne({ n: 2 }, [{ $set: { a: "x" } }])).rejects.toMatchObject(taken);
  const upsert = things.replaceOne({ n: 9 }, { n: 9, a: "x" }, { upsert: true });
  await expect(upsert).rejects.toMatchObject(taken);
  expect((await things.find().toArray()).map(({ n, a }) => [n, a])).toEqual([
    [1, "x"],
    [2, "y"],
    [3, undefined],
    [4, undefined],
  ]);
});

test("what moves along an index while it is searched is met twice, or not at all", async () => {
  for (const [by, met] of [[1_000, 203], [-1_000, 101]] as const) {
    const things = fresh();
    await things.createIndex({ n: 1 });
    await things.insertMany(Array.from({ length: 102 }, (_, n) => ({ n, a: "x" })));
    const cursor = things.find({}, { hint: { n: 1 }, batchSize: 101 });
    const found = [await cursor.next()];
    for (let n = 0; n < 101; n++) {
      const moves = by > 0 ? n : 101;
      await things.updateOne({ n: moves }, [{ $set: { n: moves + by } }]);
    }
    found.push(...await cursor.toArray());
    expect(found.length).toBe(met);
  }
});

test("others write between two documents of one removal", async () => {
  const things = fresh();
  await things.insertMany(Array.from({ length: 200 }, (_, n) => ({ n })));
  const [{ deletedCount }] = await Promise.all([
    things.deleteMany({ n: { $lt: 200 } }),
    things.updateOne({ n: 199 }, { $set: { n: 1_000 } }),
  ]);
  expect(deletedCount).toBe(199);
});

test("a write that the driver sends again is done once", async () => {
  const things = fresh();
  const names: string[] = [];
  server.between = async (name, _command, run) => {
    names.push(name);
    const answer = await run();
    if (names.length === 1) throw CUT;
    return answer;
  };
  await things.insertOne({ n: 1 });
  expect(names).toEqual(["insert", "insert"]);
  expect(await things.countDocuments()).toBe(1);
});
