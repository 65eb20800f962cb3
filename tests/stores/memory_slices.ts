/** Counts how much of very many sessions each call goes through before others run, and prints it as JSON. */
import { memoryStore } from "../../src/stores/memory.ts";

const [MANY, ALL] = [100_000, 1_000_000];
const clock = { time: 0, asked: 0 };
// The store asks the time for each session it looks at, where it goes in slices.
const now = () => (clock.asked++, clock.time);
const ms: Record<string, number> = {};
const slices: Record<string, number> = {};

/** Runs a call, notes how long it kept others waiting, and how much it looked at in between. */
async function measure(name: string, act: () => unknown): Promise<unknown> {
  const plain = globalThis.setTimeout;
  let [most, longest, begun] = [0, 0, performance.now()];
  const end = () => {
    [most, longest] = [Math.max(most, clock.asked), Math.max(longest, performance.now() - begun)];
    clock.asked = 0;
  };
  clock.asked = 0;
  globalThis.setTimeout = ((run: () => void, delay: number) =>
    plain(() => {
      begun = performance.now();
      run();
      // What goes on in a promise's turn belongs to the slice.
      setImmediate(end);
    }, delay)) as typeof setTimeout;
  const answer = act();
  end();
  const result = await answer;
  globalThis.setTimeout = plain;
  slices[name] = most;
  ms[name] = Math.round(longest * 10) / 10;
  return result;
}

const json = '{"cookie":{"originalMaxAge":null}}';
const ofOne = memoryStore({ max: 2 * ALL, sweepInterval: 0, now });
for (let n = 0; n < MANY; n++) ofOne.create(`id-${n}`, { json, expires: 1_000, subject: "ada" });
const listed = await measure("list", () => ofOne.list("ada")) as string[];
const ended = await measure("destroyAll", () => ofOne.destroyAll("ada", "id-7"));
const left = ofOne.list("ada");
const alive = [ofOne.read("id-8") !== undefined, ofOne.read("id-7") !== undefined];
const counted = await ofOne.length();

const all = memoryStore({ max: 2 * ALL, sweepInterval: 0, now });
for (let n = 0; n < ALL; n++) all.create(`id-${n}`, { json, expires: n % 2 ? 1_000 : 9_000 });
const before = await measure("length", () => all.length());
let walked = 0;
await measure("all", async () => {
  for await (const _ of all.all()) walked++;
});
clock.time = 2_000;
const swept = await measure("sweep", () => all.sweep());
await measure("clear", () => all.clear());

console.log(JSON.stringify({
  slices,
  ms,
  found: { listed: listed.length, ended, left, alive, counted, before, walked, swept },
}));
