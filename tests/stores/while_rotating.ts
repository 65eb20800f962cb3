/** Sessions that change their ids all the time, until somebody ends them. */
import { expect } from "vitest";
import type { SessionStore } from "../../src/store.ts";

const record = () => ({
  json: '{"cookie":{}}',
  expires: Date.now() + 24 * 3_600_000,
  subject: "ada",
});

let serial = 0;
const nextId = () => `${(serial * 7919) % 10_007}-${++serial}`;

/**
 * Does something while so many sessions of ada rotate all the time, until they are gone; answers how
 * often they did.
 */
export async function whileRotating(
  store: SessionStore,
  many: number,
  act: () => Promise<void>,
): Promise<number> {
  const first = Array.from({ length: many }, nextId);
  for (const id of first) await store.create(id, record());
  let [turned, hasFailed] = [0, false];
  const visitors = first.map(async (id) => {
    while (!hasFailed) {
      const found = await store.read(id);
      if (found === undefined) return;
      const to = nextId();
      const { status } = await store.rotate(id, to, record(), found.version);
      if (status === "gone") return;
      turned++;
      id = to;
    }
  });
  try {
    await expect.poll(() => turned, { interval: 1, timeout: 60_000 }).toBeGreaterThan(200);
    await act();
  } catch (error) {
    // Nobody is left on the way when the test is over.
    hasFailed = true;
    await Promise.allSettled(visitors);
    throw error;
  }
  await Promise.all(visitors);
  return turned;
}
