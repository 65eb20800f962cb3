/** What a peer in another process shows, and how it is spoken to. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  remoteStore,
  serveStore,
  type StoreChannel,
  type StoreUnderTest,
} from "../../src/testing/mod.ts";
import { fileStore, type Kind } from "./file_store.ts";
import { outcomes, red } from "./outcomes.ts";

// Each case starts a worker: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const INCREMENTS = "concurrent increments are all counted";

/** A store on a fresh file, with its peer here or in a worker. */
async function onFile(kind: Kind, where: "here" | "in a worker"): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "websession-peer-"));
  const path = join(folder, "sessions.db");
  const one = await fileStore(path, kind);
  const closeFolder = () => rmSync(folder, { recursive: true });
  if (where === "here") {
    const two = await fileStore(path, kind);
    return { ...one, peer: two.store, close: () => (one.close(), two.close(), closeFolder()) };
  }
  const worker = new Worker(new URL("./file_store_worker.ts", import.meta.url), {
    workerData: { path, kind },
  });
  const peer = await remoteStore({
    send: (message) => worker.postMessage(message),
    receive: (listener) => void worker.on("message", listener),
  });
  return {
    ...one,
    peer,
    async close() {
      await worker.terminate();
      one.close();
      closeFolder();
    },
  };
}

/** The cases of the kit that go through the peer, on the files of SQLite. */
function races(kind: Kind, where: "here" | "in a worker", only?: string) {
  const powers = kind === "right"
    ? { sliding: true, iterate: true, sweep: true, subject: true }
    : {};
  return outcomes(
    {
      create: () => onFile(kind, where),
      capabilities: { atomic: true, clock: "server", ...powers },
      ...{ seed: 7, interleavings: 100, revivals: 50, takes: 10, increments: 10 },
    },
    (name) =>
      only === undefined ? /concurrent|one taker|second|parallel/.test(name) : name === only,
  );
}

test("a lock in the process passes beside a peer of that process", async () => {
  expect(red(await races("locked in the process", "here", INCREMENTS))).toEqual([]);
});

test("a lock in the process is found out by a peer in another one", async () => {
  expect(red(await races("locked in the process", "in a worker", INCREMENTS))).toEqual([
    INCREMENTS,
  ]);
});

test("SQLite is atomic between processes", async () => {
  const all = await races("right", "in a worker");
  expect(all.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(all.length).toBeGreaterThanOrEqual(7);
});

/** Two ends of a channel in one process. */
function channels(): [StoreChannel, StoreChannel, () => void] {
  const { port1, port2 } = new MessageChannel();
  const of = (port: MessagePort): StoreChannel => ({
    send: (message) => port.postMessage(message),
    receive(listener) {
      port.onmessage = ({ data }) => listener(data);
    },
  });
  return [of(port1), of(port2), () => port1.close()];
}

test("a remote store has the powers, the answers and the errors of the store it stands for", async () => {
  const [here, there, close] = channels();
  const memory = memoryStore();
  const { sweep: _, ...store } = {
    atomic: false,
    ...Object.fromEntries(
      ["create", "read", "commit", "touch", "rotate", "destroy", "all", "list", "sweep"].map(
        (verb) => [verb, (memory as never as Record<string, () => unknown>)[verb]!.bind(memory)],
      ),
    ),
    destroy: () => Promise.reject(new RangeError("out of reach")),
  } as unknown as typeof memory;
  // Whoever asks first is answered as soon as the other side listens.
  const asking = remoteStore(there);
  serveStore(store, here);
  const remote = await asking;
  expect(remote.atomic).toBe(false);
  expect([remote.sweep, remote.length]).toEqual([undefined, undefined]);
  const record = { json: '{"cookie":{}}', expires: null, subject: "ada" };
  expect(await remote.create("a", record)).toBe(true);
  const stored = await remote.read("a");
  expect(stored).toEqual(memory.read("a"));
  expect(await remote.read("b")).toBeUndefined();
  expect(await remote.commit("a", record, stored?.version)).toMatchObject({ status: "committed" });
  expect(await remote.list!("ada")).toEqual(["a"]);
  const found = [];
  for await (const [id] of remote.all!()) found.push(id);
  expect(found).toEqual(["a"]);
  await expect(remote.destroy("a")).rejects.toMatchObject({
    name: "RangeError",
    message: "out of reach",
  });
  close();
});
