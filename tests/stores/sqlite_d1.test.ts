/** D1 in real workerd: many writers of one session, and as few queries as a request may make. */
import type { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startWorkerd } from "../servers/workerd.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let miniflare: Miniflare;
beforeAll(async () => {
  const worker = new URL("./sqlite_d1_worker.ts", import.meta.url).pathname;
  miniflare = await startWorkerd(worker, { d1Databases: ["DB"] });
});
afterAll(() => miniflare?.dispose());

async function ask(path: string, cookie = ""): Promise<Record<string, unknown>> {
  const response = await miniflare.dispatchFetch(`http://worker.test/${path}`, {
    headers: { cookie },
  });
  return await response.json() as Record<string, unknown>;
}

test("without createSchema() the application is told to run it", async () => {
  const { error } = await ask("begin?table=none");
  expect(error).toMatch('There is no table "none": run createSchema()');
});

test("createSchema() of a complete table is one query, which only looks", async () => {
  expect((await ask("schema")).queries).toBe(4);
  expect(await ask("schema")).toEqual({ queries: 1 });
});

test.each([50, 200])(
  "a burst of %s requests that update() one session, nothing lost, nobody refused",
  async (many) => {
    await ask("schema");
    const { cookie } = await ask("begin");
    const answers = await Promise.all(
      Array.from({ length: many }, (_, index) => ask(`add?writer=w${index}`, String(cookie))),
    );
    const refused = answers.filter(({ error }) => error !== undefined);
    const { n, keys } = await ask("look", String(cookie)) as { n: number; keys: number };
    console.log(`D1, burst of ${many}: ${many - n} lost, ${refused.length} refused`);
    expect({ n, keys, refused }).toEqual({ n: many, keys: many, refused: [] });
  },
);

test("1,200 sessions of one subject are listed and ended with a query for five hundred", async () => {
  await ask("schema");
  await ask("fill");
  expect(await ask("list")).toEqual({ many: 1_200, queries: 3 });
  expect(await ask("end")).toEqual({ ended: 1_199, queries: 4 });
  expect(await ask("list")).toEqual({ many: 1, queries: 1 });
});
