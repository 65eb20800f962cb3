/** Applications typed for @types/express-session compile against ours. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root, type Scratch, scratch, tarball } from "./pack.ts";

const { devDependencies: pins } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const fixtures = join(root, "tests/package/fixtures/types");
const ours = join(root, "node_modules/typescript/bin/tsc");
const everything = ["augment.ts", "required.cts", "imported.mts", "web.mts", "deep.cts"];
const strict = {
  ...{ strict: true, noEmit: true, esModuleInterop: true, target: "es2022" },
  // TypeScript's own libraries are none of our business, and half of the time.
  skipDefaultLibCheck: true,
};
const types = [`@types/express@${pins["@types/express"]}`, `@types/node@${pins["@types/node"]}`];

/** Puts the fixtures into a folder of the application. */
function place(app: Scratch, folder: string): void {
  for (const file of everything.concat("dragged.ts")) {
    cpSync(join(fixtures, file), join(app.folder, folder, file));
  }
}

/** What the compiler says of `files`: nothing, if they compile. */
async function compile(
  app: Scratch,
  options: object,
  files: readonly string[],
  tsc: string = ours,
): Promise<string> {
  const name = `tsconfig.${Math.random().toString(36).slice(2)}.json`;
  const config = { compilerOptions: { ...strict, types: ["node"], ...options }, files };
  writeFileSync(join(app.folder, name), JSON.stringify(config));
  return await app.run(process.execPath, tsc, "-p", name).catch((error: Error) => error.message);
}

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe("types", () => {
  const app = scratch();
  // A file's nearest package.json says what it is: one program holds both kinds,
  // and checks the libraries once.
  const kinds = ["module", "commonjs"];
  const ofBoth = kinds.flatMap((kind) => everything.map((name) => join(kind, name)));
  let file: string;
  let older: string;

  beforeAll(async () => {
    file = await tarball();
    const both = [`express-session@${file}`, `websession@${file}`];
    await app.install(...types, ...both, "typescript@5.9.3");
    older = join(app.folder, "node_modules/typescript/bin/tsc");
    for (const kind of kinds) {
      app.write(`${kind}/package.json`, JSON.stringify({ type: kind }));
      place(app, kind);
    }
  });
  afterAll(() => app.remove());

  test.for([
    { module: "node16", moduleResolution: "node16" },
    { module: "nodenext", moduleResolution: "nodenext" },
    { module: "preserve", moduleResolution: "bundler" },
  ])("compile in packages of type module and commonjs under %o", async (options) => {
    expect(await compile(app, { ...options, skipLibCheck: false }, ofBoth)).toBe("");
  });

  test("compile under esnext modules and bundler resolution, libraries unchecked", async () => {
    // `import x = require()` is no syntax of ES module output.
    const files = ofBoth.filter((name) => name.startsWith("module") && !name.endsWith(".cts"));
    const options = { module: "esnext", moduleResolution: "bundler", skipLibCheck: true };
    expect(await compile(app, options, files)).toBe("");
  });

  test.for([
    { module: "nodenext", moduleResolution: "nodenext" },
    // What a classic CommonJS project still has.
    { module: "commonjs", moduleResolution: "node10" },
  ])("compile with TypeScript 5.9 under %o", async (options) => {
    const checked = { ...options, skipLibCheck: false };
    const files = ofBoth.filter((name) => name.startsWith("commonjs"));
    expect(await compile(app, checked, files, older)).toBe("");
  });

  test("say so when a program is wrong", async () => {
    const text = `import session from "express-session";\nsession({ secret: "x", resave: 1 });\n`;
    app.write("commonjs/wrong.ts", text);
    const options = { module: "node16", skipLibCheck: true };
    const printed = await compile(app, options, ["commonjs/wrong.ts"]);
    expect(printed).toContain("Type 'number' is not assignable to type 'boolean");
  });

  test("need no types of Express", async () => {
    const app = scratch({ type: "module" });
    await app.install(file, types[1]!);
    const text = `import session, { Store } from "websession";\n` +
      `session({ secret: "x" }) satisfies (...args: never[]) => void;\nexport { Store };\n`;
    app.write("plain.ts", text);
    const options = { module: "nodenext", skipLibCheck: false };
    expect(await compile(app, options, ["plain.ts"])).toBe("");
    app.remove();
  });

  test("need no DOM", async () => {
    const app = scratch({ type: "module" });
    await app.install(file, types[1]!);
    cpSync(join(fixtures, "without_dom.ts"), join(app.folder, "without_dom.ts"));
    const options = { module: "nodenext", skipLibCheck: false, lib: ["es2023"] };
    expect(await compile(app, options, ["without_dom.ts"])).toBe("");
    app.remove();
  });

  test("refuse data that declare a name of the session's, in words that say why", async () => {
    const text = `import { createSessions } from "websession/web";\n` +
      `createSessions<{ login: string }>({ secret: "x".repeat(32) });\n`;
    app.write("module/reserved.ts", text);
    const options = { module: "nodenext", skipLibCheck: true };
    const printed = await compile(app, options, ["module/reserved.ts"]);
    expect(printed).toContain("Types of property 'login' are incompatible");
    expect(printed).toContain("NameOfTheSession");
  });

  describe("beside @types/express-session, which typings of stores bring", () => {
    // TypeScript 5.9 takes in every @types package, unless told which.
    const greedy = { module: "nodenext", types: undefined };
    const files = [...everything, "dragged.ts"];
    const dependencies = () => {
      const entries = types.map((spec) => spec.split(/(?<!^)@/) as [string, string]);
      const typings = { "@types/connect-pg-simple": pins["@types/connect-pg-simple"] };
      return {
        "express-session": `file:${file}`,
        websession: `file:${file}`,
        ...Object.fromEntries(entries),
        ...typings,
      };
    };

    test("compile with skipLibCheck", async () => {
      const app = scratch({ type: "module", dependencies: dependencies() });
      await app.install();
      place(app, ".");
      expect(await compile(app, { module: "nodenext", skipLibCheck: true }, files)).toBe("");
      expect(await compile(app, { ...greedy, skipLibCheck: true }, files, older)).toBe("");
      // The two declare one global: this is what the override below is for.
      const printed = await compile(app, { ...greedy, skipLibCheck: false }, files, older);
      expect(printed).toContain("TS2717");
      app.remove();
    });

    test("compile without it, given the override of the README", async () => {
      const overrides = { "@types/express-session": "$express-session" };
      const app = scratch({ type: "module", dependencies: dependencies(), overrides });
      await app.install();
      place(app, ".");
      expect(await compile(app, { ...greedy, skipLibCheck: false }, files, older)).toBe("");
      app.remove();
    });
  });
});
