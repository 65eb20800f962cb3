/** A copy takes everything along, once, however often it was cut off. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CopyOptions, copySessions } from "../../src/cli/copy_sessions.ts";
import type { ToolStore } from "../../src/cli/opened_store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { findBinary } from "../servers/process.ts";
import { skipRedis } from "../servers/redis.ts";
import { byName, idOf, kinds, type Place, record, sqlite } from "./places.ts";
import { startStallProxy } from "./stall_proxy.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const script = findBinary("script");

/** Everything in a store, by its ids. */
async function contentsOf(store: ToolStore): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  for await (const [id, { json, expires }] of store.all()) {
    expect(found.has(id)).toBe(false);
    found.set(id, { json, expires });
  }
  return found;
}

async function fill(store: ToolStore, count: number): Promise<void> {
  for (let each = 0; each < count; each++) {
    const subject = each % 3 === 0 ? { subject: `user-${each % 5}` } : {};
    const end = each % 7 === 0 ? { expires: null } : { expires: Date.now() + HOUR + each * 1000 };
    await store.create(idOf(`s${each}`), record({ each }, { ...subject, ...end }));
  }
}

describe.skipIf(kinds.some(({ skip }) => skip))("from one real server to the next", () => {
  test("texts, ends and whose they are arrive, through Redis, Postgres and MariaDB to a file", async () => {
    const names = ["Redis by redis", "Postgres by pg", "MariaDB by mysql2"];
    const places = [
      await sqlite.open(),
      ...await Promise.all(names.map((name) => byName(name).open())),
    ];
    for (const { store } of places) await store.createSchema?.();
    await fill(places[0]!.store, 40);
    const expected = await contentsOf(places[0]!.store);
    const { project } = places[0]!;
    project.link("redis", "pg", "mysql2");
    for (const [at, to] of places.entries()) {
      if (at === 0) continue;
      const from = places[at - 1]!;
      const { code, out } = await project.run([
        "copy",
        "--from",
        from.url,
        "--to",
        to.url,
        "--yes",
      ]);
      expect({ code, out }).toEqual({
        code: 0,
        out: "copied 40, there already 0, replaced 0, left 0, ended 0\n",
      });
      expect(await contentsOf(to.store)).toEqual(expected);
      expect((await to.store.list("user-0")).sort()).toEqual(
        (await places[0]!.store.list("user-0")).sort(),
      );
    }
    for (const place of places) await place.end();
  });
});

describe.skipIf(skipRedis)("cut off", () => {
  const COUNT = 400;
  let [from, to]: Place[] = [];

  beforeEach(async () => {
    from = await sqlite.open();
    from.project.link("redis");
    await from.store.createSchema?.();
    await fill(from.store, COUNT);
    to = await byName("Redis by redis").open();
  });
  afterEach(async () => {
    await from!.end();
    await to!.end();
  });

  async function cutOff(signal: "SIGKILL" | "SIGINT" | "Ctrl+C"): Promise<number | null> {
    const proxy = await startStallProxy(Number(new URL(to!.url).port), 60_000);
    const through = `redis://127.0.0.1:${proxy.port}`;
    const running = await from!.project.start(
      ["copy", "--from", from!.url, "--to", through, "--yes"],
      signal === "Ctrl+C" ? { terminal: script } : {},
    );
    await proxy.stalled;
    if (signal === "Ctrl+C") running.type("\u0003");
    else running.kill(signal);
    if (signal !== "SIGKILL") {
      await running.printed("Interrupted");
      proxy.resume();
    }
    const { code } = await running.ended;
    await proxy.close();
    return code;
  }

  const ways = script === undefined
    ? ["SIGKILL", "SIGINT"] as const
    : ["SIGKILL", "SIGINT", "Ctrl+C"] as const;
  test.each(ways)(
    "by %s and run again, all is there once",
    async (signal) => {
      const code = await cutOff(signal);
      expect(code).toBe(signal === "SIGKILL" ? null : 130);
      const first = await to!.store.length();
      expect(first).toBeGreaterThan(0);
      expect(first).toBeLessThan(COUNT);
      const again = await from!.project.run([
        "copy",
        "--from",
        from!.url,
        "--to",
        to!.url,
        "--yes",
      ]);
      expect(again).toMatchObject({
        code: 0,
        out: `copied ${COUNT - first}, there already ${first}, replaced 0, left 0, ended 0\n`,
      });
      expect(again.err).toContain(`Copying: ${COUNT} of ${COUNT}`);
      expect(await contentsOf(to!.store)).toEqual(await contentsOf(from!.store));
      expect(await to!.store.list("user-1")).toHaveLength(
        (await from!.store.list("user-1")).length,
      );
    },
  );

  test("nobody to ask, a store copied to itself, or no table: nothing is copied", async () => {
    const { project } = from!;
    const copy = (...args: string[]) => project.run(["copy", "--from", from!.url, ...args]);
    expect((await copy("--to", to!.url)).code).toBe(4);
    expect((await copy("--to", `${from!.url}#session`, "--yes")).code).toBe(2);
    expect((await copy("--to", "sqlite:other.db", "--yes")).code).toBe(1);
    expect((await copy("--to", `${from!.url}#other`, "--yes")).code).toBe(2);
    expect((await copy("--to", to!.url, "--update", "--overwrite", "--yes")).code).toBe(2);
    expect(await to!.store.length()).toBe(0);
    expect(project.has("other.db")).toBe(false);
  });
});

describe("a session that is there in another state", () => {
  const ID = idOf("both");
  const options = (onDiffering: CopyOptions["onDiffering"]): CopyOptions => ({
    onDiffering,
    signal: new AbortController().signal,
    onProgress() {},
  });

  async function differing(sourceEnd: number, otherEnd: number): Promise<[ToolStore, ToolStore]> {
    const [from, to] = [memoryStore(), memoryStore()];
    await from.create(ID, record({ at: "source" }, { expires: sourceEnd }));
    await to.create(ID, record({ at: "other" }, { expires: otherEnd }));
    return [from, to];
  }

  const later = Date.now() + 2 * HOUR;
  const sooner = Date.now() + HOUR;

  test.each(
    [
      ["leave", later, sooner, "other", { differing: 1 }],
      ["leave", sooner, later, "other", { differing: 1 }],
      ["update", later, sooner, "source", { replaced: 1 }],
      ["update", sooner, later, "other", { differing: 1 }],
      ["overwrite", later, sooner, "source", { replaced: 1 }],
      ["overwrite", sooner, later, "source", { replaced: 1 }],
    ] as const,
  )("%s: source ends %d, the other %d: the %s's stays", async (how, mine, theirs, stays, count) => {
    const [from, to] = await differing(mine, theirs);
    expect(await copySessions(from, to, options(how))).toMatchObject(count);
    expect((await to.read(ID))!.json).toContain(`"at":"${stays}"`);
  });

  test("one that is ended in the source while it is copied is in neither", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    await from.create(ID, record());
    const loggingOut: ToolStore = Object.assign(Object.create(to), {
      create: async (...args: Parameters<ToolStore["create"]>) => {
        await from.destroy(ID);
        return await to.create(...args);
      },
      read: to.read.bind(to),
      destroy: to.destroy.bind(to),
    });
    expect(await copySessions(from, loggingOut, options("leave"))).toMatchObject({
      gone: 1,
      copied: 0,
    });
    expect(await to.read(ID)).toBeUndefined();
  });

  test("a store that fails stops it, with its own error", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    for (let each = 0; each < 100; each++) await from.create(idOf(`f${each}`), record());
    let created = 0;
    const full: ToolStore = Object.assign(Object.create(to), {
      create: (...args: Parameters<ToolStore["create"]>) => {
        if (++created > 20) throw new Error("full");
        return to.create(...args);
      },
      read: to.read.bind(to),
    });
    await expect(copySessions(from, full, options("leave"))).rejects.toThrow("full");
    expect(created).toBeLessThan(60);
  });
});
