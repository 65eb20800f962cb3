/** src/npm/index.d.cts is written by hand: the compiler holds it against the door. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import * as door from "../../src/express/mod.ts";
import { root, run } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const fixture = join(root, "tests/package/fixtures/parity.ts");

async function compile(text: string): Promise<string> {
  const file = fixture.replace("parity.ts", `parity_${process.pid}.ts`);
  const config = `${file}.json`;
  writeFileSync(file, text);
  const compilerOptions = { noUnusedLocals: false };
  const extending = { extends: join(root, "tsconfig.json"), compilerOptions };
  writeFileSync(config, JSON.stringify({ ...extending, include: [], exclude: [], files: [file] }));
  try {
    return await run("tsc", ["-p", config]);
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(file);
    rmSync(config);
  }
}

describe("the typings of the npm entry", () => {
  const text = readFileSync(fixture, "utf8");

  test("have what the door has, and nothing else", async () => {
    expect(await compile(text)).toBe("");
  });

  test("would be found lacking a name", async () => {
    const lacking = text.replace(
      "typed.ExtendedSessionOptions>>",
      'Omit<typed.ExtendedSessionOptions, "rolling">>>',
    );
    expect(lacking).not.toBe(text);
    expect(await compile(lacking)).toContain('"rolling"');
  });

  test("and the CommonJS entry name what the door exports", () => {
    const entry = readFileSync(join(root, "src/npm/index.cjs"), "utf8");
    const names = [...entry.matchAll(/^module\.exports\.(\w+) =/gm)].map(([, name]) => name!);
    expect(names.sort()).toEqual(Object.keys(door).sort());
  });
});
