/** Many sessions in MongoDB that change while somebody goes through them, on a stand-in that goes document by document. */
import type { MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { connectMongodb, type MongodbStandIn, startMongodb } from "../servers/mongodb.ts";
import { record } from "./mongodb_sessions.ts";
import { whileRotating } from "./while_rotating.ts";

// Each call goes through a connection: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let server: MongodbStandIn;
let client: MongoClient;
let other: MongoClient;
beforeAll(async () => {
  server = await startMongodb();
  client = connectMongodb(server.port);
  other = connectMongodb(server.port);
});
afterEach(() => void (server.between = (_name, _command, run) => run()));
afterAll(async () => {
  await client?.close();
  await other?.close();
  await server?.stop();
});

let collections = 0;

async function pair() {
  const name = `session${++collections}`;
  const [store, peer] = [client, other].map((one) =>
    mongodbStore({ collection: one.db("shop").collection(name) })
  ) as [ReturnType<typeof mongodbStore>, ReturnType<typeof mongodbStore>];
  await store.createSchema();
  await peer.list("nobody");
  return { store, peer };
}

/** Does something once, before the first command of a name is run. */
function before(wanted: string, act: () => Promise<unknown>): void {
  let isDone = false;
  server.between = async (name, _command, run) => {
    if (name === wanted && !isDone) {
      isDone = true;
      await act();
    }
    return await run();
  };
}

const LATER = 24 * 3_600_000;
const ids = (many: number) => Array.from({ length: many }, (_, n) => `id${n}`);

test("list() has each of 150 sessions once that move while it is under way", async () => {
  const { store, peer } = await pair();
  for (const id of ids(150)) await store.create(id, record("ada"));
  const lost: string[] = [];
  before("getMore", async () => {
    // Each gets a later end, and every third another id, before and behind the place of the cursor.
    for (const [n, id] of ids(150).entries()) {
      if (n % 3 === 0) {
        const { version } = (await peer.read(id))!;
        await peer.rotate(id, `moved-${id}`, record("ada", Date.now() + LATER), version);
      } else await peer.touch(id, Date.now() + LATER);
    }
  });
  const listed = (await store.list("ada")).map((id) => id.replace("moved-", ""));
  for (const id of ids(150)) if (!listed.includes(id)) lost.push(id);
  expect({ lost, once: new Set(listed).size }).toEqual({ lost: [], once: listed.length });
});

test("all() has each of 150 sessions once that move while it is under way, and may be left", async () => {
  const { store, peer } = await pair();
  for (const id of ids(150)) await store.create(id, record());
  before("getMore", async () => {
    for (const id of ids(150)) await peer.touch(id, Date.now() + LATER);
    const { version } = (await peer.read("id1"))!;
    await peer.rotate("id1", "zzz", record(), version);
    await peer.destroy("id149");
  });
  const all: string[] = [];
  for await (const [id] of store.all()) all.push(id);
  expect(all.length).toBe(149);
  expect(new Set(all).size).toBe(149);

  const names: string[] = [];
  server.between = (name, _command, run) => (names.push(name), run());
  for await (const _ of store.all()) break;
  expect(names).toEqual(["find", "killCursors"]);
});

test("all() leaves out what ends on the way", async () => {
  const clock = { time: Date.now() };
  const collection = client.db("shop").collection(`session${++collections}`);
  const store = mongodbStore({ collection, now: () => clock.time });
  await store.createSchema();
  for (const id of ids(5)) await store.create(id, record(undefined, clock.time + 1_000));
  const all: string[] = [];
  for await (const [id] of store.all()) {
    all.push(id);
    clock.time += 500;
  }
  expect(all).toHaveLength(2);
});

test("destroyAll() ends also who becomes the subject's while it is under way", async () => {
  const { store, peer } = await pair();
  await store.create("early", record());
  await store.create("a", record("ada"));
  await store.create("spared", record("ada"));
  await store.create("over", record("ada", Date.now() - 1));
  before("find", async () => {
    // A document that was made before all others gets the subject when the removal has passed it.
    const { version } = (await peer.read("early"))!;
    expect(await peer.rotate("early", "login", record("ada"), version)).toMatchObject({
      status: "committed",
    });
  });
  expect(await store.destroyAll("ada", "spared")).toBe(2);
  expect(await store.list("ada")).toEqual(["spared"]);
  expect(await store.read("login")).toBe(undefined);
  expect(await store.sweep()).toBe(0);
});

test("a session that destroyAll() has ended goes nowhere: a rotation that comes later finds it gone", async () => {
  const { store, peer } = await pair();
  await store.create("a", record("ada"));
  const { version } = (await store.read("a"))!;
  // The rotation was sent first, and reaches the server when the session is gone.
  before("update", async () => void expect(await peer.destroyAll("ada")).toBe(1));
  expect(await store.rotate("a", "b", record("ada"), version)).toEqual({ status: "gone" });
  expect(await store.length()).toBe(0);
});

test("destroyAll() gives up where new ones come without an end, and says so", async () => {
  const { store, peer } = await pair();
  let serial = 0;
  server.between = async (name, command, run) => {
    if (name === "find" && command["filter"].subject === "ada") {
      await peer.create(`new${++serial}`, record("ada"));
    }
    return await run();
  };
  await expect(store.destroyAll("ada")).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
});

test("of two create() of one id one wins, of two rotations one, and none is half done", async () => {
  const { store, peer } = await pair();
  for (let round = 0; round < 30; round++) {
    const id = `race${round}`;
    const created = await Promise.all([
      store.create(id, record("ada")),
      peer.create(id, record("bob")),
    ]);
    expect(created.filter(Boolean)).toHaveLength(1);
    const { version } = (await store.read(id))!;
    const moved = await Promise.all([
      store.rotate(id, `${id}a`, record("eve"), version),
      peer.rotate(id, `${id}b`, record("eve"), version),
    ]);
    expect(moved.map(({ status }) => status).sort()).toEqual(["committed", "gone"]);
  }
  expect(await store.list("eve")).toHaveLength(30);
  expect(await store.length()).toBe(30);
});

test("destroyAll() ends sixty sessions that rotate all the time, and none of another subject", async () => {
  const { store, peer } = await pair();
  let rotations = 0;
  for (let round = 0; round < 2; round++) {
    await store.create(`other-${round}`, record("bob"));
    rotations += await whileRotating(store, 60, async () => {
      await peer.destroyAll("ada");
      expect(await store.list("ada")).toEqual([]);
    });
  }
  console.log(`destroyAll() under ${rotations} rotations: none survived`);
  expect((await store.list("bob")).length).toBe(2);
  expect(await store.length()).toBe(2);
});
