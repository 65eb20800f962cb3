/** Bun names the type of a text only when it sends it, and forgets it where its `body` was asked for. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test, vi } from "vitest";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const bun = join(import.meta.dirname, "../../node_modules/.bin/bun");

type Seen = Record<string, Record<string, [number, string | null, string, number]>>;
let seen: Seen;
beforeAll(async () => {
  const program = join(import.meta.dirname, "implied_type_bun.ts");
  seen = JSON.parse((await promisify(execFile)(bun, [program])).stdout) as Seen;
});

describe("on Bun a session's cookie leaves a response what it is without one", () => {
  test.each(["wrap", "signal", "thrown", "hono"])("%s", (door) => {
    const expected = Object.entries(seen).map(([name, { plain }]) => [name, ...plain!.with(3, 1)]);
    expect(Object.entries(seen).map(([name, by]) => [name, ...by[door]!])).toEqual(expected);
  });

  test("which is, of a text, that it is one", () => {
    expect(seen["text"]!["plain"]).toEqual([200, "text/plain;charset=utf-8", "text", 0]);
  });
});
