/** The MongoDB store's indexes, and the options that it refuses. */
import { type Collection, type Db, type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type MongodbCollection, mongodbStore } from "../../src/stores/mongodb.ts";
import { connectMongodb, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";
import { Refusal } from "../servers/mongodb_engine.ts";
import { record } from "./mongodb_sessions.ts";

let server: MongodbStandIn;
let client: MongoClient;
let db: Db;
beforeAll(async () => {
  server = await startMongodb();
  client = connectMongodb(server.port);
  db = client.db("shop");
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

let collections = 0;
const fresh = (): Collection => db.collection(`session${++collections}`);

/** The names of the commands that reach the server while `act` runs; the refused ones fail. */
async function commandsOf(act: () => unknown, refused: readonly string[] = []) {
  const names: string[] = [];
  server.between = async (name, _command, run) => {
    names.push(name);
    if (refused.includes(name)) throw new Refusal(13, `not authorized to execute ${name}`);
    return await run();
  };
  try {
    await act();
  } finally {
    server.between = (_name, _command, run) => run();
  }
  return names;
}

describe("createSchema()", () => {
  test("makes three indexes, and only looks at what is complete, with no right to make one", async () => {
    const collection = fresh();
    const store = mongodbStore({ collection });
    const names = await commandsOf(() => store.createSchema());
    expect(names).toEqual(["listIndexes", "createIndexes", "createIndexes", "createIndexes"]);
    const made = (await collection.indexes()).map(({ v: _, name: __, ...index }) => index);
    expect(made).toEqual([
      { key: { _id: 1 } },
      { key: { sid: 1 }, unique: true },
      { key: { subject: 1 }, sparse: true },
      { key: { expires: 1 }, expireAfterSeconds: 60 },
    ]);
    const again = await commandsOf(() => mongodbStore({ collection }).createSchema(), [
      "createIndexes",
    ]);
    expect(again).toEqual(["listIndexes"]);
  });

  test("makes the one that is missing", async () => {
    const collection = fresh();
    await mongodbStore({ collection }).createSchema();
    await collection.dropIndex("subject_1");
    const names = await commandsOf(() => mongodbStore({ collection }).createSchema());
    expect(names).toEqual(["listIndexes", "createIndexes"]);
    expect(await commandsOf(() => mongodbStore({ collection }).createSchema())).toHaveLength(1);
  });

  test("is called by eight processes that start at once", async () => {
    const { collectionName } = fresh();
    await Promise.all(Array.from({ length: 8 }, async () => {
      const own = connectMongodb(server.port);
      await mongodbStore({ collection: own.db("shop").collection(collectionName) }).createSchema();
      await own.close();
    }));
    await mongodbStore({ collection: db.collection(collectionName) }).create("a", record());
  });

  const exact = { locale: "en", strength: 2 };
  test.each<[why: RegExp, key: Document, options: object]>([
    [/"sid_1".* must be unique, and of every document; drop it and run createSchema\(\)/, {
      sid: 1,
    }, {}],
    [/"sid_1".* must be unique/, { sid: 1 }, { unique: true, sparse: true }],
    [/"sid_1".* is of some documents alone/, { sid: 1 }, {
      unique: true,
      partialFilterExpression: { subject: { $exists: true } },
    }],
    [/"sid_1".* does not compare texts byte by byte/, { sid: 1 }, {
      unique: true,
      collation: exact,
    }],
    [/"sid_1".* is hidden/, { sid: 1 }, { unique: true, hidden: true }],
    [/"subject_1".* must be not unique/, { subject: 1 }, { unique: true, sparse: true }],
    [/"subject_1".* byte by byte/, { subject: 1 }, { collation: exact }],
    [/"subject_1".* some documents alone/, { subject: 1 }, {
      partialFilterExpression: { subject: { $type: "string" } },
    }],
    [/"expires_1".* must be one that drops documents, 60 seconds/, { expires: 1 }, {}],
    // As connect-mongo makes it.
    [/"expires_1".* 60 seconds/, { expires: 1 }, { expireAfterSeconds: 0 }],
    [/"expires_1".* 60 seconds/, { expires: 1 }, { unique: true, expireAfterSeconds: 60 }],
    [/"expires_-1".* drops sessions that may live/, { expires: -1 }, { expireAfterSeconds: 0 }],
    [/"email_1".* unique over other fields/, { email: 1 }, { unique: true }],
    [/"subject_1_json_1".* unique over other fields/, { subject: 1, json: 1 }, { unique: true }],
  ])("refuses an index that is there: %s", async (why, key, options) => {
    const collection = fresh();
    await collection.createIndex(key as { sid: 1 }, options);
    const store = mongodbStore({ collection });
    for (const act of [() => store.createSchema(), () => store.create("a", record())]) {
      await expect(act()).rejects.toMatchObject({
        code: "STORE_FAILED",
        message: expect.stringMatching(why),
      });
    }
    expect(await collection.indexes(), "nothing was changed").toHaveLength(2);
    await expect(store.createSchema()).rejects.toThrow(`"shop.${collection.collectionName}"`);
  });

  test("takes indexes of its own making by another name, and others that do no harm", async () => {
    const collection = fresh();
    await collection.createIndex({ sid: 1 }, { unique: true, name: "ids" });
    await collection.createIndex({ subject: 1 }, { name: "whose" });
    await collection.createIndex({ expires: 1 }, { expireAfterSeconds: 3_600, name: "ends" });
    await collection.createIndex({ email: 1 }, { unique: true, sparse: true });
    await collection.createIndex({ sid: 1, subject: 1 }, { unique: true });
    await collection.createIndex({ expires: -1, sid: 1 }, { expireAfterSeconds: 3_600 });
    const store = mongodbStore({ collection });
    expect(await commandsOf(() => store.createSchema())).toEqual(["listIndexes"]);
    await store.create("a", record("ada"));
    await store.create("b", record("ada"));
    expect((await store.list("ada")).sort()).toEqual(["a", "b"]);
  });

  test("refuses a collection with documents that are no sessions, and names none", async () => {
    const collection = fresh();
    await collection.insertMany([{ _id: "secret-1" as never }, { _id: "secret-2" as never }]);
    await expect(mongodbStore({ collection }).createSchema()).rejects.toMatchObject({
      code: "STORE_FAILED",
      message: `The collection "shop.${collection.collectionName}" holds documents that are not ` +
        "sessions of this store",
    });
  });

  test("tells ids and subjects apart in a collection that takes upper for lower case", async () => {
    const { collectionName } = fresh();
    await db.createCollection(collectionName, { collation: exact });
    const collection = db.collection(collectionName);
    await collection.insertOne({ sid: "case" });
    expect(await collection.findOne({ sid: "CASE" })).not.toBe(null);
    await collection.deleteMany({});
    const store = mongodbStore({ collection });
    await store.createSchema();
    expect(await store.create("a", record("ada"))).toBe(true);
    expect(await store.create("A", record("ADA"))).toBe(true);
    expect(await store.list("ADA")).toEqual(["A"]);
    expect(await store.touch("A", Date.now() + 1_000)).toBe(true);
    const marked = await store.read("A");
    expect(await store.rotate("A", "B", record("ADA"), marked!.version)).toMatchObject({
      status: "committed",
    });
    expect(await store.destroyAll("ADA")).toBe(1);
    expect(await store.destroy("B")).toBe(false);
    expect(await store.read("a")).toBeDefined();
    expect(await store.length()).toBe(1);
  });
});

describe("without its indexes", () => {
  test("whatever leans on them says what to run, until they are there; then nobody looks", async () => {
    const collection = fresh();
    const store = mongodbStore({ collection });
    const said = {
      code: "STORE_FAILED",
      message: `The collection "shop.${collection.collectionName}" has no index on "sid": run ` +
        "createSchema()",
    };
    const acts = [
      () => store.create("a", record()),
      () => store.rotate("a", "b", record(), "v"),
      () => store.list("ada"),
      () => store.destroyAll("ada"),
      () => store.sweep(),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject(said);
    expect(await store.read("a")).toBe(undefined);
    expect(await store.length()).toBe(0);
    await store.clear();
    for await (const _ of store.all()) expect.unreachable();

    await mongodbStore({ collection }).createSchema();
    const names = await commandsOf(() =>
      Promise.all([store.create("a", record("ada")), store.create("b", record("ada"))])
    );
    expect(names.filter((name) => name === "listIndexes")).toHaveLength(1);
    expect(await commandsOf(() => store.create("c", record()))).toEqual(["update"]);
    expect(await commandsOf(() => store.list("ada"))).toEqual(["find"]);
  });

  test("a look that failed is not remembered", async () => {
    const collection = fresh();
    await mongodbStore({ collection }).createSchema();
    const store = mongodbStore({ collection });
    const refused = commandsOf(() => store.create("a", record()), ["listIndexes"]);
    await expect(refused).rejects.toMatchObject({ code: 13 });
    expect(await store.create("a", record())).toBe(true);
  });
});

describe("mongodbStore()", () => {
  test("refuses what is no collection, and says what it is", () => {
    class Model {
      static modelName = "Session";
      static findOne(): void {}
    }
    const wrong: [collection: unknown, what: RegExp][] = [
      [undefined, /not undefined$/],
      [null, /not null$/],
      [{}, /not a value of type object$/],
      ["session", /not a value of type string$/],
      [client, /not a client: pass client\.db\(…\)\.collection\(…\)$/],
      [db, /not a database or a connection: pass its collection\(…\)$/],
      [Promise.resolve(fresh()), /not a promise$/],
      [Model, /not a model of mongoose: pass its collection$/],
      [
        new Proxy(fresh(), {
          get: (of, name) => name === "createIndex" ? 1 : Reflect.get(of, name),
        }),
        /not a value of type object$/,
      ],
    ];
    for (const [collection, what] of wrong) {
      const make = () => mongodbStore({ collection: collection as MongodbCollection });
      expect(make).toThrow(TypeError);
      expect(make).toThrow(/^Option "collection" must be a collection of the package mongodb, not/);
      expect(make).toThrow(what);
    }
  });

  test("refuses a collection that reads elsewhere or does not wait for an answer", () => {
    const of = (options: object) => db.collection("session", options);
    for (
      const mode of ["secondary", "secondaryPreferred", "nearest", "primaryPreferred"] as const
    ) {
      expect(() => mongodbStore({ collection: of({ readPreference: mode }) })).toThrow(
        new TypeError(
          `Option "collection" must read from the primary, not by the read preference "${mode}"`,
        ),
      );
    }
    expect(() => mongodbStore({ collection: of({ writeConcern: { w: 0 } }) })).toThrow(
      new TypeError('Option "collection" must have its writes acknowledged, not w: 0'),
    );
    const client = new MongoClient("mongodb://127.0.0.1/?readPreference=secondary&w=0");
    expect(() => mongodbStore({ collection: client.db("a").collection("b") })).toThrow(TypeError);
    mongodbStore({
      collection: of({ readPreference: "primary", writeConcern: { w: "majority" } }),
    });
  });

  test("reads from the primary, and waits for answers, where the collection does not show its settings", async () => {
    const collection = db.collection("hidden", { readPreference: "nearest" });
    const hidden = (collection: Collection) =>
      new Proxy(collection, {
        get(target, name) {
          if (name === "readPreference" || name === "writeConcern") return undefined;
          const value = Reflect.get(target, name, target) as unknown;
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    const store = mongodbStore({ collection: hidden(collection) });
    await store.createSchema();
    const asked: unknown[] = [];
    server.between = (name, command, run) => {
      if (["find", "aggregate"].includes(name)) asked.push(command["$readPreference"]);
      return run();
    };
    await store.create("a", record("ada"));
    await store.read("a");
    await store.list("ada");
    await store.length();
    await store.destroyAll("ada", "b");
    for await (const _ of store.all());
    server.between = (_name, _command, run) => run();
    // A primary of a replica set is asked without a preference.
    expect(asked).toEqual(asked.map(() => undefined));
    expect(asked.length).toBeGreaterThan(4);

    const silent = db.collection("hidden", { writeConcern: { w: 0 } });
    const deaf = mongodbStore({ collection: hidden(silent) });
    const failed = { code: "STORE_FAILED", message: expect.stringContaining("acknowledged") };
    await expect(deaf.create("x", record())).rejects.toMatchObject(failed);
    await expect(deaf.touch("x", null)).rejects.toMatchObject(failed);
    await expect(deaf.destroy("x")).rejects.toMatchObject(failed);
  });

  test("refuses options of the wrong kind, or of no kind, by their name", () => {
    const collection = fresh();
    const wrong: [name: string, options: object][] = [
      ["ttl", { ttl: 0 }],
      ["ttl", { ttl: Infinity }],
      ["ttl", { ttl: "60" }],
      ["now", { now: 5 }],
      ["collectionName", { collectionName: "session" }],
    ];
    for (const [name, more] of wrong) {
      expect(() => mongodbStore({ collection, ...more }), name).toThrow(
        expect.objectContaining({
          name: "TypeError",
          message: expect.stringContaining(`"${name}"`),
        }),
      );
    }
    expect(() => mongodbStore({ colection: collection } as never)).toThrow(
      'did you mean "collection"?',
    );
    expect(() => mongodbStore(collection as never)).toThrow("pass { collection }");
    expect(() => mongodbStore(undefined as never)).toThrow("The options must be an object");
  });

  test("is made of collections of any type", () => {
    interface Cart {
      _id: string;
      items: number[];
    }
    const untyped: Collection = fresh();
    const typed: Collection<Cart> = db.collection<Cart>("typed");
    const known: MongodbCollection[] = [untyped, typed];
    for (const collection of known) mongodbStore({ collection });
  });
});
