/** The Deno KV store under real Deno: each case that `deno_kv.deno.ts` ran is a test here. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, vi } from "vitest";
import { type DenoKv, denoKvStore } from "../../src/stores/deno_kv.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const run = promisify(execFile);
const local = (path: string) => new URL(path, import.meta.url).pathname;
const deno = local("../../node_modules/.bin/deno");

const { stdout } = await run(
  deno,
  ["run", "-A", "--no-lock", "--no-check", "--unstable-kv", local("./deno_kv.deno.ts")],
  { timeout: 300_000, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: "1" } },
);
const lines = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) =>
  JSON.parse(line)
);

for (const { name, error } of lines.filter((line) => line.name !== undefined)) {
  test(name, () => {
    if (error !== undefined) throw new Error(error);
  });
}

test("the Deno side ran to its end", () => {
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.at(-1)).toEqual({ read: expect.any(Number), commit: expect.any(Number) });
});

test("four processes that count in one session on one file lose no count", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deno-kv-processes-"));
  try {
    const script = local("./deno_kv_increments.deno.ts");
    const args = ["run", "-A", "--no-lock", "--no-check", "--unstable-kv", script];
    const counts = await Promise.all(Array.from({ length: 4 }, async () => {
      const { stdout } = await run(deno, [...args, join(folder, "kv.sqlite3"), "50"]);
      return Number(stdout);
    }));
    expect(Math.max(...counts)).toBe(200);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("Deno's own types fit the structural interface", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deno-kv-types-"));
  try {
    const file = join(folder, "check.ts");
    await writeFile(
      file,
      `import { denoKvStore } from ${JSON.stringify(local("../../src/stores/deno_kv.ts"))};
      const kv: Deno.Kv = await Deno.openKv();
      denoKvStore({ kv, prefix: ["a", 1] });`,
    );
    await run(deno, ["check", "--no-lock", "--unstable-kv", file], { cwd: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("options of the wrong kind throw a TypeError that names the option", () => {
  const kv = { atomic() {} } as unknown as DenoKv;
  const wrong: [string, unknown][] = [
    ["kv", { kv: undefined }],
    ["kv", { kv: {} }],
    ["prefix", { kv, prefix: "sessions" }],
    ["prefix", { kv, prefix: [] }],
    ["ttl", { kv, ttl: 0 }],
    ["ttl", { kv, ttl: Infinity }],
    ["now", { kv, now: 5 }],
  ];
  for (const [name, options] of wrong) {
    expect(() => denoKvStore(options as { kv: DenoKv }), name).toThrow(
      expect.objectContaining({ name: "TypeError", message: expect.stringContaining(`"${name}"`) }),
    );
  }
});
