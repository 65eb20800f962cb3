/** The tool as it is published: one file that runs where the package is installed, and brings nothing along. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodes, root, type Scratch, scratch, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** What the tool stands on. */
const INSIDE = ["commander", "@clack/prompts", "@clack/core"];

let app: Scratch;
beforeAll(async () => {
  app = scratch();
  await app.install(await tarball());
});
afterAll(() => app.remove());

describe("npx websession", () => {
  test("runs from the installed package", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(await app.run("npx", "--no-install", "websession", "--version")).toBe(`${version}\n`);
    expect(await app.run("npx", "--no-install", "websession", "secret")).toMatch(/^[\w-]{43}\n$/);
  });

  test("installs nothing but what the library itself needs", () => {
    const folder = join(app.folder, "node_modules");
    const installed = readdirSync(folder).filter((name) => !name.startsWith("."));
    expect(installed.sort()).toEqual(["cookie", "websession"]);
  });

  test("hands on the licence of everything that is inside", () => {
    const folder = join(app.folder, "node_modules", "websession", "dist", "cli");
    const notices = readFileSync(join(folder, "LICENSES.txt"), "utf8");
    for (const name of INSIDE) expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
    expect(notices.match(/Permission is hereby granted/g)!.length).toBeGreaterThanOrEqual(3);
    // Nothing but Node's own modules is left to be found at run time.
    const text = readFileSync(join(folder, "websession.js"), "utf8");
    const asked = [...text.matchAll(/^import .*? from "([^"]+)"/gm)].map(([, name]) => name!);
    expect(asked.filter((name) => !name.startsWith("node:"))).toEqual([]);
  });

  test("is named by nothing else in the package", () => {
    const folder = join(app.folder, "node_modules", "websession", "dist");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.c?js$/.test(file) && !file.startsWith("cli"));
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      const text = readFileSync(join(folder, file), "utf8");
      for (const name of ["commander", "@clack/", "dist/cli", "/cli/"]) {
        expect(text.includes(name) ? `${file} names ${name}` : "").toBe("");
      }
    }
  });

  test("runs on Node 20, 22 and 26", async () => {
    const program = join(app.folder, "node_modules", "websession", "dist", "cli", "websession.js");
    for (const [major, node] of await nodes([20, 22, 26])) {
      expect(await app.run(node, "--version")).toMatch(new RegExp(`^v${major}\\.`));
      expect(await app.run(node, program, "secret")).toMatch(/^[\w-]{43}\n$/);
      expect(await app.run(node, program, "schema", "--for", "mysql")).toContain("ENGINE=InnoDB");
    }
  });
});
