/** What compiles with @types/express-session compiles with ours: under both names, with those types beside us and without. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root, type Scratch, scratch, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const { devDependencies: pins } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const fixtures = join(root, "tests/package/fixtures/types");
const idioms = readFileSync(join(fixtures, "idioms.ts"), "utf8");
const strict = {
  ...{ strict: true, noEmit: true, esModuleInterop: true, target: "es2022", module: "nodenext" },
  ...{ skipLibCheck: true, types: ["node"] },
};

/** What a compiler says of a folder's files: nothing, if they compile. */
async function compile(app: Scratch, folder: string, files: string[], tsc: string, options = {}) {
  const config = join(folder, `tsconfig.${files.join("-")}.json`);
  const compilerOptions = { ...strict, ...options };
  writeFileSync(join(app.folder, config), JSON.stringify({ compilerOptions, files }));
  return await app.run(process.execPath, tsc, "-p", config).catch((error: Error) => error.message);
}

const current = join(root, "node_modules/typescript/bin/tsc");
const pinned = (name: string) => `${name}@${pins[name]}`;

test("sixty idioms and more, numbered without a gap", () => {
  const numbers = [...idioms.matchAll(/^ *\/\/ (\d+): /gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(60);
});

describe("the idioms compile with", () => {
  const app = scratch({ type: "module" });
  const at = (...path: string[]) => join(app.folder, ...path);
  let older: string;

  /** Under which name we are installed, and whether their types are beside us. */
  const HOUSES = {
    "@types/express-session itself": { name: undefined, beside: true },
    "ours under our own name, alone": { name: "websession", beside: false },
    "ours under our own name, beside theirs": { name: "websession", beside: true },
    "ours under the alias, alone": { name: "express-session", beside: false },
    "ours under the alias, beside theirs": { name: "express-session", beside: true },
  } as const;
  const folderOf = (house: string) => house.replaceAll(/\W+/g, "_");

  beforeAll(async () => {
    await app.install(
      ...[pinned("@types/express"), pinned("@types/node"), "typescript@5.9.3"],
      ...[`ours@${await tarball()}`, `theirs@npm:${pinned("@types/express-session")}`],
    );
    older = at("node_modules/typescript/bin/tsc");
    for (const [house, { name, beside }] of Object.entries(HOUSES)) {
      const folder = folderOf(house);
      const modules = (path: string) => at(folder, "node_modules", path);
      if (name !== undefined) cpSync(at("node_modules/ours"), modules(name), { recursive: true });
      const types = modules("@types/express-session");
      if (beside) cpSync(at("node_modules/theirs"), types, { recursive: true });
      const text = idioms.replaceAll('"express-session"', `"${name ?? "express-session"}"`);
      writeFileSync(at(folder, "idioms.ts"), text);
      // Theirs are met first.
      writeFileSync(
        at(folder, "first.ts"),
        '/// <reference types="express-session" />\nexport {};\n',
      );
    }
  });
  afterAll(() => app.remove());

  test.for(Object.keys(HOUSES))("%s", async (house) => {
    expect(await compile(app, folderOf(house), ["idioms.ts"], current)).toBe("");
    expect(await compile(app, folderOf(house), ["idioms.ts"], older)).toBe("");
  });

  test("ours under our own name, where theirs are met first", async () => {
    const folder = folderOf("ours under our own name, beside theirs");
    for (const tsc of [current, older]) {
      expect(await compile(app, folder, ["first.ts", "idioms.ts"], tsc)).toBe("");
    }
  });

  test("ours under the alias, where TypeScript takes in every @types package", async () => {
    const folder = folderOf("ours under the alias, beside theirs");
    expect(await compile(app, folder, ["idioms.ts"], older, { types: undefined })).toBe("");
  });

  test("and would not with a type less", async () => {
    const folder = folderOf("ours under our own name, alone");
    const file = at(folder, "node_modules/websession/dist/cjs/src/npm/index.d.cts");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("resetMaxAge(): this;", ""));
    expect(await compile(app, folder, ["idioms.ts"], current)).toContain("resetMaxAge");
    writeFileSync(file, text);
  });
});

describe("stores under our own name, beside the real express-session,", () => {
  const real = pinned("express-session");
  const ours = async () => `websession@${await tarball()}`;
  const basics = [pinned("@types/express"), pinned("@types/node"), "typescript@5.9.3"];
  const redis = [pinned("connect-redis"), pinned("redis")];

  async function compiles(fixture: string, packages: string[], before = "") {
    const app = scratch({ type: "module" });
    await app.install(await ours(), real, ...basics, ...redis, ...packages);
    const older = join(app.folder, "node_modules/typescript/bin/tsc");
    app.write("first.ts", before);
    cpSync(join(fixtures, fixture), join(app.folder, fixture));
    const files = before === "" ? [fixture] : ["first.ts", fixture];
    for (const tsc of [current, older]) expect(await compile(app, ".", files, tsc)).toBe("");
    app.remove();
  }

  test.for([
    ["met after ours", 'import "websession";\n'],
    ["met before ours", 'import "connect-pg-simple";\n'],
  ])("compile with their typings, %s", async ([, before]) => {
    await compiles("stores.ts", [
      ...[pinned("@types/express-session"), pinned("@types/connect-pg-simple")],
      ...[pinned("memorystore"), "@types/connect-sqlite3@0.9.6"],
    ], before);
  });

  test("compile where nobody has typings of express-session", async () => {
    await compiles("untyped_store.ts", []);
  });
});
