/** Bytes a stored session costs, each store in a fresh process: `node --expose-gc memory.ts <which>`. */
import expressSession from "express-session";
import process from "node:process";
import websession from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { newId } from "../lib/cookies.ts";
import { dataOf } from "../lib/payload.ts";

export interface MemoryRow {
  readonly name: string;
  /** Bytes of the record's JSON. */
  readonly json: number;
  /** Bytes of heap a session takes, key and all. */
  readonly bytes: number;
}

const SESSIONS = 50_000;
const DAY = 24 * 60 * 60 * 1000;

// deno-lint-ignore no-explicit-any
type Loose = any;

/** The record as a store is handed it, 200 bytes of data in it. */
function recordOf(index: number): { cookie: object; [key: string]: unknown } {
  const expires = new Date(Date.now() + DAY);
  const cookie = { originalMaxAge: DAY, expires, httpOnly: true, path: "/" };
  return { cookie, ...dataOf(200, index) };
}

const FILLERS: Readonly<
  Record<string, () => { store: unknown; add(index: number): unknown }>
> = {
  "websession memoryStore()": () => {
    const store = memoryStore();
    return {
      store,
      add: (index) =>
        store.create(newId(), {
          json: JSON.stringify(recordOf(index)),
          expires: Date.now() + DAY,
        }),
    };
  },
  "websession, through the middleware": () => {
    const store = new websession.MemoryStore();
    const middleware = websession({
      store,
      secret: "x".repeat(32),
      resave: false,
      saveUninitialized: false,
      cookie: { maxAge: DAY },
    });
    return {
      store,
      add: (index) =>
        new Promise<void>((resolve) => {
          const res: Loose = {
            headersSent: false,
            statusCode: 200,
            getHeader: () => undefined,
            setHeader: () => {},
            writeHead: () => {},
            _implicitHeader: () => res.writeHead(200),
            end: () => resolve(),
          };
          const req: Loose = { url: "/", headers: {}, connection: {} };
          middleware(req, res, () => {
            Object.assign(req.session, dataOf(200, index));
            res.end();
          });
        }),
    };
  },
  "express-session MemoryStore": () => {
    const store = new expressSession.MemoryStore();
    return {
      store,
      add: (index) => store.set(newId(), recordOf(index) as Loose),
    };
  },
};

export const MEMORY_NAMES: readonly string[] = Object.keys(FILLERS);

/** The median of some collections: the heap never tells the same number twice. */
function heap(): number {
  const readings: number[] = [];
  for (let count = 0; count < 5; count++) {
    (globalThis as Loose).gc();
    readings.push(process.memoryUsage().heapUsed);
  }
  return Math.min(...readings);
}

async function measure(name: string): Promise<MemoryRow> {
  const { store, add } = FILLERS[name]!();
  // Compiled code is not the store's.
  for (let index = 0; index < 2000; index++) await add(index);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = heap();
  for (let index = 0; index < SESSIONS; index++) await add(index);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const bytes = (heap() - before) / SESSIONS;
  if (typeof store !== "object") throw new Error("The store is gone");
  return { name, json: JSON.stringify(recordOf(1)).length, bytes };
}

if (import.meta.main && process.argv[2] !== undefined) {
  console.log(JSON.stringify(await measure(process.argv[2])));
  process.exit();
}
