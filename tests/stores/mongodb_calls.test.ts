/** What the MongoDB store asks of a server for each verb, and what it makes of answers that are not the usual ones. */
import type { Collection, Db, Document, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { connectMongodb, CUT, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";
import { Refusal } from "../servers/mongodb_engine.ts";
import { goesByTheClockOfTheMoment, revivesNothingWhenSetBack } from "./clock_promises.ts";
import { record } from "./mongodb_sessions.ts";

// Each call goes through a connection: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: MongodbStandIn;
let client: MongoClient;
let db: Db;
beforeAll(async () => {
  server = await startMongodb();
  client = connectMongodb(server.port);
  db = client.db("shop");
});
afterEach(() => void (server.between = (_name, _command, run) => run()));
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

let collections = 0;

/** A store in a collection of its own, with a clock that moves by hand. */
async function made(collection: Collection = db.collection(`session${++collections}`)) {
  const clock = { time: Date.now() };
  const store = mongodbStore({ collection, now: () => clock.time });
  await store.createSchema();
  // From here on it knows that the indexes are there.
  await store.list("nobody");
  return { store, collection, clock };
}

/** Notes the commands from here on. */
function noted(): [name: string, command: Document][] {
  const commands: [string, Document][] = [];
  server.between = (name, command, run) => {
    commands.push([name, command]);
    return run();
  };
  return commands;
}

const own = (maxAge: number, more = "") => ({
  json: `{"cookie":{"originalMaxAge":${maxAge},"path":"/"}${more}}`,
  expires: Date.now() + maxAge,
});

describe("calls", () => {
  test("each verb is one, and destroyAll() two", async () => {
    const { store } = await made();
    await store.create("a", own(60_000));
    await store.create("b", record("ada"));
    const version = async (id: string) => (await store.read(id))!.version;
    const [a, b] = [await version("a"), await version("b")];
    const acts: [name: string, act: () => unknown][] = [
      ["update", () => store.create("new", record("ada"))],
      ["update", () => store.create("new", record("ada"))],
      ["find", () => store.read("a")],
      ["find", () => store.read("none")],
      ["findAndModify", () => store.readAndTouch("a", 60_000)],
      ["findAndModify", () => store.readAndTouch("a", 1)],
      ["findAndModify", () => store.readAndTouch("none", 60_000)],
      ["update", () => store.touch("a", Date.now() + 120_000)],
      ["update", () => store.commit("a", own(60_000), a)],
      ["update,find", () => store.commit("a", own(60_000), a)],
      ["update", () => store.rotate("b", "c", record("ada"), b)],
      ["update,find", () => store.rotate("b", "d", record("ada"), b)],
      ["delete", () => store.destroy("a")],
      ["find", () => store.list("ada")],
      ["delete,find", () => store.destroyAll("ada")],
      ["aggregate", () => store.length()],
      ["delete", () => store.clear()],
      ["find", () => store.sweep()],
    ];
    for (const [names, act] of acts) {
      const commands = noted();
      await act();
      expect(commands.map(([name]) => name).join(), String(act)).toBe(names);
    }
  });

  test("a mark that is none matches nothing, also where the client leaves out what is undefined", async () => {
    const { collectionName } = (await made()).collection;
    const { store } = await made(db.collection(collectionName, { ignoreUndefined: true }));
    await store.create("a", record("ada"));
    for (const version of [undefined, null, 5, { $ne: "x" }, ""]) {
      const conflict = { status: "conflict", current: await store.read("a") };
      expect(await store.commit("a", record(), version)).toEqual(conflict);
      expect(await store.rotate("a", "b", record(), version)).toEqual(conflict);
    }
  });

  test("touch() takes an end away, and gives one back", async () => {
    const { store, clock } = await made();
    await store.create("a", record());
    expect(await store.touch("a", null)).toBe(true);
    expect(await store.read("a")).toMatchObject({
      expires: null,
      keptUntil: clock.time + 86_400_000,
    });
    expect(await store.touch("a", clock.time + 5)).toBe(true);
    expect(await store.read("a")).toMatchObject({ expires: clock.time + 5 });
  });

  test("what goes through many sessions names the index, and takes so many at a time", async () => {
    const { store, clock } = await made();
    await store.create("a", record("ada", clock.time - 1));
    await store.create("b", record("ada"));
    const commands = noted();
    await store.list("ada");
    for await (const _ of store.all());
    await store.sweep(5);
    await store.destroyAll("ada");
    await store.clear();
    const ways = commands.map(([, { deletes, hint, batchSize }]) => [
      JSON.stringify(deletes?.[0].hint ?? hint),
      batchSize,
    ]);
    expect(ways).toEqual([
      ['{"subject":1}', 1_000],
      ['{"_id":1}', 250],
      // One more than asked for: the driver spares a call that way.
      ['{"expires":1}', 6],
      ['{"_id":1}', undefined],
      ['{"subject":1}', undefined],
      ['{"subject":1}', undefined],
      ['{"_id":1}', undefined],
    ]);
  });

  test("an end that no Date can name is the last one, and nobody is no subject", async () => {
    const { store, collection } = await made();
    await store.create("a", { ...record(""), expires: 1e18 });
    expect(await store.read("a")).toMatchObject({ expires: 8.64e15 });
    expect(await collection.countDocuments({ subject: { $exists: true } })).toBe(0);
    expect(await store.touch("a", -5)).toBe(true);
    expect(await store.read("a")).toBe(undefined);
  });

  test("a session is one document, which stays the same one under another id", async () => {
    const { store, collection, clock } = await made();
    await store.create("a", { ...record("ada"), expires: clock.time + 1_000 });
    const [before] = await collection.find().toArray();
    expect(before).toEqual({
      _id: expect.anything(),
      sid: "a",
      json: expect.stringContaining("cookie"),
      version: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expires: new Date(clock.time + 1_000),
      endless: false,
      subject: "ada",
    });
    const endless = { ...record(), expires: null };
    await store.rotate("a", "b", endless, (await store.read("a"))!.version);
    const [after] = await collection.find().toArray();
    expect(after).toEqual({
      _id: before!._id,
      sid: "b",
      json: endless.json,
      version: expect.not.stringMatching(before!["version"]),
      expires: new Date(clock.time + 86_400_000),
      endless: true,
    });
    expect(await store.read("b")).toMatchObject({
      expires: null,
      keptUntil: clock.time + 86_400_000,
    });
  });

  test("readAndTouch() moves the end of a session of just this lifetime, and no other's", async () => {
    const { store, clock } = await made();
    const end = clock.time + 60_000;
    const cases: [id: string, json: string, moves: boolean][] = [
      ["own", '{"cookie":{"originalMaxAge":5000,"path":"/"}}', true],
      ["longer", '{"cookie":{"originalMaxAge":50000,"path":"/"}}', false],
      ["none", '{"cookie":{"originalMaxAge":null,"path":"/"}}', false],
      ["short", "{}", false],
      ["wide", '{"ü":{"originalMaxAge":5000,"path":"/"}}', false],
      // The prefix ends between the bytes of one character.
      ["cut", '{"cookie":{"originalMaxAge":5000€€€', false],
    ];
    for (const [id, json, moves] of cases) {
      await store.create(id, { json, expires: end });
      const found = await store.readAndTouch(id, 5_000);
      if (id === "cut") expect(found).toBe(undefined);
      else expect(found, id).toMatchObject({ json, expires: moves ? clock.time + 5_000 : end });
    }
    await store.create("endless", { json: cases[0]![1], expires: null });
    expect(await store.readAndTouch("endless", 5_000)).toMatchObject({
      expires: clock.time + 5_000,
    });
    expect(await store.readAndTouch("endless", 5_000)).not.toHaveProperty("keptUntil");
  });
});

describe("ids and texts", () => {
  test("are kept whole, whatever they hold", async () => {
    const { store } = await made();
    const ids = ["\ud800", "\udfff", "a\0b", "a", "A", "a ", "$where", "$ne", "a.b", "😀"];
    ids.push("\u00e9", "e\u0301");
    for (const id of ids) expect(await store.create(id, record(id))).toBe(true);
    for (const id of ids) expect(await store.list(id)).toEqual([id]);
    for (const id of ids) {
      expect(await store.read(id)).toMatchObject({ expires: expect.anything() });
    }
    const all: string[] = [];
    for await (const [id] of store.all()) all.push(id);
    expect(all.sort()).toEqual([...ids].sort());
    for (const id of ids) expect(await store.destroyAll(id)).toBe(1);
    for (const id of ["\ud800", "a\0b"]) {
      await store.create(id, record("ada"));
      await store.create("other", record("ada"));
      expect(await store.destroyAll("ada", id)).toBe(1);
      expect(await store.list("ada")).toEqual([id]);
      await store.destroy(id);
    }
  });

  test("more than 16,000,000 bytes are refused before the server is asked", async () => {
    const { store } = await made();
    const sized = (bytes: number) => ({ ...own(60_000, `,"x":"${"é".repeat(bytes / 2)}"`) });
    const version = "v";
    const commands = noted();
    for (
      const act of [
        () => store.create("a", sized(16_000_000)),
        () => store.commit("a", sized(16_000_000), version),
        () => store.rotate("a", "b", sized(16_000_000), version),
        () => store.create("a", { ...own(1), subject: "s".repeat(16_000_000) }),
      ]
    ) {
      await expect(act()).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
    }
    expect(commands).toEqual([]);
    expect(await store.create("a", sized(15_999_000))).toBe(true);
    expect((await store.read("a"))?.json).toHaveLength(sized(15_999_000).json.length);
  });

  test("what is no session is absent, and in nobody's way", async () => {
    const { store, collection } = await made();
    const expires = new Date(Date.now() + 60_000);
    await collection.insertMany([
      { sid: "no-text", version: "v", expires },
      { sid: "bytes", json: { a: 1 }, version: "v", expires },
      { sid: "no-end", json: "{}", version: "v" },
      { other: "library" },
    ]);
    for (const id of ["no-text", "bytes", "no-end"]) {
      expect(await store.read(id), id).toBe(undefined);
      expect(await store.readAndTouch(id, 1), id).toBe(undefined);
    }
    for await (const [id] of store.all()) expect.unreachable(id);
    await store.clear();
    expect(await collection.find().toArray()).toMatchObject([{ other: "library" }]);
  });
});

describe("time", () => {
  test("a store goes by its clock, and what it has met as ended stays so when the clock is set back", async () => {
    const collection = db.collection(`session${++collections}`);
    await goesByTheClockOfTheMoment((await bySystemClock(collection)).store);
    await revivesNothingWhenSetBack((await bySystemClock(collection)).store);
  });

  test("each verb that meets an end leaves nothing for an earlier clock", async () => {
    const { store, clock, collection } = await made();
    const version = async (id: string) => (await store.read(id))!.version;
    const acts: Record<string, (mark: unknown) => unknown> = {
      read: () => store.read("a"),
      readAndTouch: () => store.readAndTouch("a", 3_600_000),
      touch: () => store.touch("a", clock.time + 1_000),
      commit: (mark) => store.commit("a", record(), mark),
      "rotate from": (mark) => store.rotate("a", "b", record(), mark),
    };
    for (const [name, act] of Object.entries(acts)) {
      await store.create("a", { ...record(), expires: clock.time + 1_000 });
      const mark = await version("a");
      clock.time += 1_000;
      await act(mark);
      clock.time -= 500;
      expect(await store.read("a"), name).toBe(undefined);
      expect(await collection.countDocuments(), name).toBe(0);
    }
  });

  test("an id that has ended is free: what is made there has nothing of the old one", async () => {
    const { store, clock, collection } = await made();
    await store.create("old", { ...record("ada"), expires: clock.time + 1_000 });
    await store.create("older", { ...record("ada"), expires: clock.time + 1_000 });
    await store.create("from", record("bob"));
    clock.time += 1_000;
    expect(await store.list("ada")).toEqual([]);
    expect(await store.create("old", record())).toBe(true);
    const mark = (await store.read("from"))!.version;
    expect(await store.rotate("from", "older", record("bob"), mark)).toMatchObject({
      status: "committed",
    });
    expect(await store.list("ada")).toEqual([]);
    expect(await collection.countDocuments({ subject: "ada" })).toBe(0);
    expect(await collection.countDocuments()).toBe(2);
  });

  test("sweep() takes what has ended, as many as it may, and none that lives again", async () => {
    const { store, clock, collection } = await made();
    const past = new Date(clock.time - 1);
    await collection.insertMany(
      Array.from({ length: 1_100 }, (_, n) => ({ sid: `e${n}`, json: "{}", expires: past })),
    );
    await store.create("live", record());
    expect([await store.sweep(0), await store.sweep(-1), await store.sweep(NaN)]).toEqual([
      0,
      0,
      0,
    ]);
    expect(await store.sweep(2.9)).toBe(2);
    const commands = noted();
    expect(await store.sweep(1_050)).toBe(1_050);
    expect(commands.map(([name]) => name).filter((name) => name === "delete")).toHaveLength(2);
    // Between the look and the removal one of them is made again.
    let again: string | undefined;
    server.between = async (name, command, run) => {
      if (name === "delete") {
        server.between = (_name, _command, run) => run();
        const [one] = await collection.find({ expires: past }).toArray();
        again = one!["sid"] as string;
        expect(await store.create(again, record())).toBe(true);
        expect(command["deletes"][0].q._id.$in).toHaveLength(48);
      }
      return await run();
    };
    expect(await store.sweep()).toBe(47);
    expect(await store.read(again!)).toBeDefined();
    expect(await store.length()).toBe(2);
  });

  async function bySystemClock(collection: Collection) {
    const store = mongodbStore({ collection });
    await store.createSchema();
    return { store };
  }
});

describe("errors", () => {
  test("a new id that is in use is refused, changes nothing, and is not in the text", async () => {
    const { store } = await made();
    await store.create("secret-from", record("ada"));
    await store.create("secret-to", record("bob"));
    const [from, to] = [await store.read("secret-from"), await store.read("secret-to")];
    const refused = store.rotate("secret-from", "secret-to", record("ada"), from!.version);
    await expect(refused).rejects.toThrow(new Error("The id to rotate to is taken"));
    expect(await store.read("secret-from")).toEqual(from);
    expect(await store.read("secret-to")).toEqual(to);
    expect(await store.rotate("secret-from", "secret-from", record("ada"), from!.version))
      .toMatchObject({ status: "committed" });
  });

  test("what the server refuses is passed on", async () => {
    const { store } = await made();
    await store.create("a", record("ada"));
    server.between = () => Promise.reject(new Refusal(50, "operation exceeded time limit"));
    const acts = [
      () => store.create("b", record()),
      () => store.read("a"),
      () => store.commit("a", record(), "v"),
      () => store.destroy("a"),
      () => store.list("ada"),
      () => store.length(),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: 50 });
  });

  test("the key of another unique index is no id in use", async () => {
    const { store, collection } = await made();
    await store.create("a", record("ada"));
    await collection.createIndex({ json: 1 }, { unique: true });
    const { json } = (await store.read("a"))!;
    await expect(store.create("b", { ...record(), json })).rejects.toMatchObject({ code: 11_000 });
  });

  test("an answer of another shape is a failure, not a session that is gone", async () => {
    const { collection } = await made();
    const raw = mongodbStore({
      collection: db.collection(collection.collectionName, { raw: true }),
    });
    await mongodbStore({ collection }).create("a", record());
    await expect(raw.read("a")).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await raw.read("none")).toBe(undefined);
  });
});

describe("answers that are lost", () => {
  /** Breaks the connection after the next command of a name has been done. */
  function cutAfter(wanted: string): { readonly names: string[] } {
    const names: string[] = [];
    server.between = async (name, _command, run) => {
      names.push(name);
      const answer = await run();
      if (name === wanted && names.filter((one) => one === wanted).length === 1) throw CUT;
      return answer;
    };
    return { names };
  }

  test("a replica set does what is sent again once: created, committed, moved, ended", async () => {
    const { store } = await made();
    const { names } = cutAfter("update");
    expect(await store.create("a", record("ada"))).toBe(true);
    expect(names).toEqual(["update", "update"]);
    const first = (await store.read("a"))!;
    cutAfter("update");
    const done = await store.commit("a", record("ada"), first.version);
    expect(done).toEqual({ status: "committed", version: (await store.read("a"))!.version });
    cutAfter("update");
    const moved = await store.rotate("a", "b", record("ada"), (await store.read("a"))!.version);
    expect(moved).toMatchObject({ status: "committed" });
    cutAfter("findAndModify");
    expect(await store.readAndTouch("b", 3_600_000)).toMatchObject({ version: expect.anything() });
    cutAfter("delete");
    expect(await store.destroy("b")).toBe(true);
    expect(await store.length()).toBe(0);
  });

  test("where a server is alone the call rejects, and is done or not", async () => {
    const alone = await startMongodb({ alone: true });
    const client = connectMongodb(alone.port);
    const store = mongodbStore({ collection: client.db("shop").collection("session") });
    await store.createSchema();
    alone.between = async (name, _command, run) => {
      const answer = await run();
      if (name === "update") throw CUT;
      return answer;
    };
    await expect(store.create("a", record())).rejects.toMatchObject({ name: "MongoNetworkError" });
    alone.between = (_name, _command, run) => run();
    expect(await store.read("a")).toBeDefined();
    await client.close();
    await alone.stop();
  });
});
