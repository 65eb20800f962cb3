/** Cost against the number of sessions and against their size: `node --expose-gc growth.ts <count|size>`. */
import expressSession from "express-session";
import process from "node:process";
import websession from "../../src/express/mod.ts";
import { expressDoor, RUNNERS } from "../in_process/express_door.ts";
import { newId, SECRET, signedValue } from "../lib/cookies.ts";
import { exchange } from "../lib/node_exchange.ts";
import { dataOf } from "../lib/payload.ts";
import { alternate, type Contestant, type Measured } from "../lib/rounds.ts";

export interface GrowthRow {
  readonly scenario: "read" | "write";
  /** Sessions, or bytes. */
  readonly at: number;
  readonly results: readonly Measured[];
}

export const COUNTS: readonly number[] = [1e3, 1e4, 1e5, 1e6];
export const SIZES: readonly number[] = [100, 400, 1600, 6400, 25_600, 65_536];

const DAY = 24 * 60 * 60 * 1000;
const VISITORS = 500;

// deno-lint-ignore no-explicit-any
type Loose = any;

export async function costBySize(): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  for (const bytes of SIZES) {
    for (const act of ["read", "write"] as const) {
      const scenario = {
        name: act,
        method: "GET",
        bytes,
        act,
        visitors: 50,
      } as const;
      const contestants = expressDoor(scenario, RUNNERS["connect style"]!)
        .filter(({ name }) => name !== "cookie-session");
      const results = await alternate(contestants, {
        rounds: 9,
        slice: 20,
        most: 2000,
      });
      rows.push({ scenario: act, at: bytes, results });
    }
  }
  return rows;
}

export async function costByCount(): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = [];
  const stores: Record<string, Loose> = {
    websession: new websession.MemoryStore({ max: 2_000_000 }),
    "express-session": new expressSession.MemoryStore(),
  };
  const ids: Record<string, string[]> = {
    websession: [],
    "express-session": [],
  };
  for (const count of COUNTS) {
    for (const [name, store] of Object.entries(stores)) {
      const known = ids[name]!;
      while (known.length < count) known.push(await add(store, known.length));
    }
    const floor = RUNNERS["connect style"]!(
      undefined,
      (_req, res) => res.end("ok"),
    );
    for (const act of ["read", "write"] as const) {
      const contestants: Contestant[] = [
        {
          name: "floor",
          request: () => exchange(floor, "GET", "connect.sid=" + "x".repeat(80)),
        },
        ...Object.entries(stores).map(([name, store]) => visitorsOf(name, store, ids[name]!, act)),
      ];
      const plan = { rounds: 9, slice: 30, most: 3000 };
      rows.push({
        scenario: act,
        at: count,
        results: await alternate(contestants, plan),
      });
    }
  }
  return rows;
}

function add(store: Loose, index: number): Promise<string> | string {
  const id = newId();
  const expires = new Date(Date.now() + DAY);
  const cookie = { originalMaxAge: DAY, expires, httpOnly: true, path: "/" };
  const record = { cookie, ...dataOf(200, index) };
  if (index % 1000 !== 0) {
    store.set(id, record, () => {});
    return id;
  }
  // Now and then the callbacks are let through, lest a million of them wait.
  return new Promise((resolve) => store.set(id, record, () => resolve(id)));
}

function visitorsOf(
  name: string,
  store: Loose,
  ids: string[],
  act: "read" | "write",
): Contestant {
  const factory: Loose = name === "websession" ? websession : expressSession;
  const middleware = factory({
    store,
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: DAY },
  });
  const handler = RUNNERS["connect style"]!(middleware, (req, res) => {
    if (req.session.user === undefined) {
      throw new Error("The session was not found");
    }
    if (act === "write") req.session.views++;
    res.end("ok");
  });
  // Spread over the whole store, old and young.
  const step = ids.length / VISITORS;
  const cookies = Array.from({ length: VISITORS }, (_, index) => {
    return `connect.sid=${signedValue(ids[Math.floor(index * step)]!)}`;
  });
  return {
    name,
    request: (index) => exchange(handler, "GET", cookies[index % VISITORS]),
  };
}

const [, , what] = process.argv;
if (import.meta.main && (what === "count" || what === "size")) {
  console.log(
    JSON.stringify(what === "count" ? await costByCount() : await costBySize()),
  );
  process.exit();
}
