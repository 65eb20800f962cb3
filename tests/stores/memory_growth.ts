/** Counts what a million sessions cost beside a thousand, and prints the answer as JSON. */
import { memoryStore } from "../../src/stores/memory.ts";

const [FEW, MANY] = [1_000, 1_000_000];
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

// As an id from a cookie: a string of its own, not the one that was stored.
const idOf = (number: number) =>
  Buffer.from(`session-number-${String(number).padStart(9, "0")}`).toString("base64url");

function fill(size: number, expires: number | null = null, now: () => number = Date.now) {
  const store = memoryStore({ max: 2 * MANY, sweepInterval: expires === null ? 0 : 1, now });
  for (let number = 0; number < size; number++) {
    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: "/" };
    const user = { id: number, name: "Ada Lovelace", roles: ["editor", "admin"] };
    const cart = [{ sku: "A-1", count: 2 }, { sku: "B-7", count: 1 }];
    store.create(idOf(number), { json: JSON.stringify({ cookie, user, cart, views: 0 }), expires });
  }
  return store;
}
type Store = ReturnType<typeof fill>;

/** How often `act` asks any map for anything: the store's work, which no busy machine changes. */
function mapCalls(act: () => void): Record<string, number> {
  const calls: Record<string, number> = {};
  const map = Map.prototype as unknown as Record<string, (...values: unknown[]) => unknown>;
  const names = ["get", "has", "set", "delete", "keys", "values", "entries", "forEach"] as const;
  const plain = names.map((name) => map[name]!);
  for (const [index, name] of names.entries()) {
    map[name] = function (...values) {
      calls[name] = (calls[name] ?? 0) + 1;
      return plain[index]!.apply(this, values);
    };
  }
  try {
    act();
  } finally {
    for (const [index, name] of names.entries()) map[name] = plain[index]!;
  }
  return calls;
}

/** To load, change and store a hundred sessions, to begin one, to move it and to end it. */
function cycle(store: Store, size: number): void {
  for (let count = 0; count < 100; count++) {
    const id = idOf(count * 7919 % size);
    const stored = store.readAndTouch(id, 60_000)!;
    const { version } = store.commit(id, { json: stored.json, expires: null }, stored.version) as {
      version: unknown;
    };
    if (version === undefined) throw new Error("not stored");
  }
  store.create("new", { json: "{}", expires: null });
  store.rotate("new", "moved", { json: "{}", expires: null }, store.read("new")!.version);
  store.destroy("moved");
}

/** How many sessions the sweep of a million looks at before others run, at most. */
async function longestStep(): Promise<number> {
  const plain = globalThis.setTimeout;
  const clock = { time: 0, asked: 0 };
  let longest = 0;
  const counted = (run: () => void, delay: number) =>
    plain(() => {
      clock.asked = 0;
      run();
      longest = Math.max(longest, clock.asked);
    }, delay);
  globalThis.setTimeout = counted as typeof setTimeout;
  // The store asks the time for each session it looks at.
  const store = fill(MANY, 1, () => (clock.asked++, clock.time));
  clock.time = 2;
  while (store.ids().length > 0) await new Promise((resolve) => plain(resolve, 10));
  globalThis.setTimeout = plain;
  return longest;
}

const step = await longestStep();
collect();
const before = process.memoryUsage().heapUsed;
const many = fill(MANY);
collect();
const bytes = (process.memoryUsage().heapUsed - before) / MANY;
const few = fill(FEW);
const again = (store: Store) => () => {
  for (let count = 0; count < 1_000; count++) store.read(idOf(1));
};
console.log(JSON.stringify({
  few: mapCalls(() => cycle(few, FEW)),
  many: mapCalls(() => cycle(many, MANY)),
  busy: mapCalls(again(many)),
  longestStep: step,
  bytes,
}));
