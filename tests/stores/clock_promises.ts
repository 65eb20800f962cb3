/** What stores promise about clocks; without a runner, as some of them live in Deno and workerd. */
import type { AnyStore } from "../../src/testing/mod.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
let serial = 0;

/** Runs under a `Date.now` that moves by hand, as fake timers have it. */
export async function underFakeDate<T>(
  start: number,
  run: (clock: { time: number }) => Promise<T>,
): Promise<T> {
  const { now } = Date;
  const clock = { time: start };
  Date.now = () => clock.time;
  try {
    return await run(clock);
  } finally {
    Date.now = now;
  }
}

function record(expires: number, subject?: string) {
  const json = `{"cookie":{"originalMaxAge":${MINUTE},"path":"/"},"serial":${++serial}}`;
  return { json, expires, subject };
}

async function made(
  store: AnyStore,
  expires: number,
  subject?: string,
): Promise<{ id: string; version: unknown }> {
  const id = `clock-${++serial}-${crypto.randomUUID()}`;
  expect(await store.create(id, record(expires, subject)), true, "create()");
  return { id, version: (await store.read(id))?.version };
}

/** For a store without a `now` option, made before: a day ahead no server's clock has passed an end. */
export async function goesByTheClockOfTheMoment(store: AnyStore): Promise<void> {
  await underFakeDate(Date.now() + DAY, async (clock) => {
    const { id, version } = await made(store, clock.time + MINUTE);
    clock.time += MINUTE - 1;
    const stored = await store.read(id);
    expect(stored?.expires, clock.time + 1, "end of a session that lives");
    if (store.readAndTouch) {
      const touched = await store.readAndTouch(id, MINUTE);
      expect(touched?.expires, clock.time + MINUTE, "end after readAndTouch()");
      clock.time += MINUTE - 1;
    }
    expect(await store.touch(id, clock.time + 1), true, "touch() 1 ms before the end");
    clock.time += 1;
    expect(await store.read(id), undefined, "read() at the end");
    expect(await store.touch(id, clock.time + MINUTE), false, "touch() at the end");
    const late = await store.commit(id, record(clock.time + MINUTE), version);
    expect(late.status, "gone", "commit() at the end");
    expect(await store.create(id, record(clock.time + MINUTE)), true, "create() at the end");
    // Set back, it moves no end.
    const end = clock.time + MINUTE;
    clock.time -= DAY / 2;
    expect((await store.read(id))?.expires, end, "end of a session after the clock was set back");
    await store.destroy(id);
  });
}

const VERBS: Readonly<
  Record<string, (store: AnyStore, id: string, version: unknown, end: number) => unknown>
> = {
  read: (store, id) => store.read(id),
  readAndTouch: (store, id) => store.readAndTouch?.(id, MINUTE) ?? store.read(id),
  touch: (store, id, _version, end) => store.touch(id, end),
  commit: (store, id, version, end) => store.commit(id, record(end), version),
  "commit of a login": (store, id, version, end) => store.commit(id, record(end, "ada"), version),
  rotate: (store, id, version, end) => store.rotate(id, `${id}-to`, record(end), version),
};

/** For a store that can drop a session where it meets one that has ended. */
export async function revivesNothingWhenSetBack(store: AnyStore): Promise<void> {
  await underFakeDate(Date.now() + DAY, async (clock) => {
    const { time } = clock;
    for (const [name, verb] of Object.entries(VERBS)) {
      clock.time = time;
      const { id, version } = await made(store, time + MINUTE, "ada");
      clock.time += MINUTE;
      await verb(store, id, version, clock.time + MINUTE);
      clock.time -= MINUTE / 2;
      expect(await store.read(id), undefined, `read() of what ${name} saw expired`);
      expect(await store.touch(id, time + MINUTE), false, `touch() of what ${name} saw expired`);
      const { status } = await store.commit(id, record(time + MINUTE), version);
      expect(status, "gone", `commit() of what ${name} saw expired`);
      expect(await store.read(`${id}-to`), undefined, "read() of the id it was not rotated to");
      expect(await store.create(id, record(time + MINUTE)), true, "create()");
      await store.destroy(id);
    }
  });
}

function expect(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${String(expected)}, got ${JSON.stringify(actual)}`);
}
