/** What a timer for sweeps keeps alive: run with `--expose-gc`, tells JSON. */
import { DatabaseSync } from "node:sqlite";
import { sqliteStore } from "../../src/stores/sqlite.ts";

const collect = (globalThis as unknown as { gc(): void }).gc;

async function forget(): Promise<void> {
  for (let times = 0; times < 10; times++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect();
  }
}

async function used(): Promise<ReturnType<typeof sqliteStore>> {
  const store = sqliteStore({ client: new DatabaseSync(":memory:"), sweepInterval: 3_600_000 });
  await store.createSchema();
  await store.create("id", { json: "{}", expires: null });
  return store;
}

const kept = await used();
const held = new WeakRef(kept);
const dropped = new WeakRef(await used());
await forget();
console.log(JSON.stringify({
  isHeld: held.deref() === kept,
  isLetGo: dropped.deref() === undefined,
}));
