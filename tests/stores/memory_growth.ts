/** Measures a million sessions against a thousand, and prints the answer as JSON. */
import { memoryStore } from "../../src/stores/memory.ts";

const [FEW, MANY] = [1_000, 1_000_000];
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] as number;
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

/** Any session as likely as the other: the worst case, for nothing is in the processor's cache. */
const evenly = (size: number) => Math.floor(Math.random() * size);
/** As visitors come, few often and many seldom (by Zipf's law), and scattered in memory. */
const asVisitors = (size: number) => Math.floor(size ** Math.random()) * 7919 % size;

/** Microseconds to load, change and store a session. */
function cycle(store: Store, size: number, choose: (size: number) => number): number {
  const ids = Array.from({ length: 200 }, () => idOf(choose(size)));
  const start = performance.now();
  for (const id of ids) {
    const stored = store.read(id)!;
    const data = JSON.parse(stored.json) as { views: number };
    data.views++;
    store.commit(id, { json: JSON.stringify(data), expires: null }, stored.version);
  }
  return (performance.now() - start) * 1000 / ids.length;
}

/** Microseconds to read one session again and again. */
function busy(store: Store): number {
  const id = idOf(1);
  for (let count = 0; count < 1_000; count++) store.read(id);
  const start = performance.now();
  for (let count = 0; count < 1_000; count++) store.read(id);
  return performance.now() - start;
}

/** Milliseconds this thread has worked: what other processes do is not counted. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The longest step, in milliseconds, in which a million sessions are swept. */
async function longestStep(): Promise<number> {
  const plain = globalThis.setTimeout;
  let longest = 0;
  const timed = (run: () => void, delay: number) =>
    plain(() => {
      const start = worked();
      run();
      longest = Math.max(longest, worked() - start);
    }, delay);
  globalThis.setTimeout = timed as typeof setTimeout;
  const clock = { time: 0 };
  const store = fill(MANY, 1, () => clock.time);
  collect();
  clock.time = 2;
  longest = 0;
  while (store.ids().length > 0) await new Promise((resolve) => plain(resolve, 100));
  globalThis.setTimeout = plain;
  return longest;
}

// The best of three: a major garbage collection may fall into a step.
let step = Infinity;
for (let attempt = 0; attempt < 3 && step > 10; attempt++) {
  step = Math.min(step, await longestStep());
}

collect();
const before = process.memoryUsage().heapUsed;
const many = fill(MANY);
collect();
const bytes = (process.memoryUsage().heapUsed - before) / MANY;
const few = fill(FEW);

const samples = {
  few: [] as number[],
  many: [] as number[],
  evenlyFew: [] as number[],
  evenlyMany: [] as number[],
  busyFew: [] as number[],
  busyMany: [] as number[],
};
for (let round = 0; round < 300; round++) {
  // In turns, so that what else the machine does meets both.
  samples.few.push(cycle(few, FEW, asVisitors));
  samples.many.push(cycle(many, MANY, asVisitors));
  samples.evenlyFew.push(cycle(few, FEW, evenly));
  samples.evenlyMany.push(cycle(many, MANY, evenly));
  samples.busyFew.push(busy(few));
  samples.busyMany.push(busy(many));
}
const microseconds = Object.fromEntries(
  Object.entries(samples).map(([name, values]) => [name, median(values)]),
) as Record<keyof typeof samples, number>;
console.log(JSON.stringify({
  microseconds,
  ratio: microseconds.many / microseconds.few,
  evenlyRatio: microseconds.evenlyMany / microseconds.evenlyFew,
  busyRatio: microseconds.busyMany / microseconds.busyFew,
  longestStep: step,
  bytes,
}));
