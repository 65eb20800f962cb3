/** package.json, jsr.json and the sources tell one story. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jsrEntries, npmExports, typesVersions } from "../../scripts/entries.ts";
import { NOT_PUBLISHED, PAPERS } from "../../scripts/papers.ts";
import { publishedFiles } from "../../scripts/subpath_files.ts";
import { root } from "./pack.ts";

const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));
const npm = read("package.json");
const jsr = read("jsr.json");

describe("manifests", () => {
  test("have one version, a 1.x that peer ranges of stores accept", () => {
    expect(jsr.version).toBe(npm.version);
    expect(npm.version).toMatch(/^1\.(2\d|[3-9]\d)\.\d+$/);
  });

  test("export what scripts/entries.ts lists: `npm run manifests` writes both", () => {
    expect(jsr.exports).toEqual(jsrEntries);
    expect(npm.exports).toEqual(npmExports());
    expect(npm.typesVersions).toEqual(typesVersions());
    expect(npm.files).toEqual(publishedFiles());
    expect(jsr.publish.include).toEqual(expect.arrayContaining([...PAPERS]));
    expect(jsr.publish.exclude).toEqual(expect.arrayContaining([...NOT_PUBLISHED]));
  });

  test("have the same subpaths, but for npm's Express `.`, `./web` and express-session's own files", () => {
    const shared = (exports: object) =>
      Object.keys(exports).filter((name) => ![".", "./web", "./package.json"].includes(name))
        .filter((name) => !name.startsWith("./session/")).sort();
    expect(shared(npm.exports)).toEqual(shared(jsr.exports));
    expect(npm.exports["."]).toEqual(npm.exports["./express"]);
    expect(npm.exports["./web"].import.default).toBe("./dist/esm/mod.js");
    expect(jsr.exports["."]).toBe("./mod.ts");
  });

  test("name files that exist", () => {
    for (const source of Object.values(jsrEntries)) {
      expect(existsSync(join(root, source))).toBe(true);
    }
  });

  test("leave out no store", () => {
    const files = readdirSync(join(root, "src/stores")).filter((file) => file.endsWith(".ts"));
    const listed = Object.values(jsrEntries).map((source) => source.split("src/stores/")[1]);
    expect(files.filter((file) => !listed.includes(file)).sort()).toEqual([]);
  });

  test("depend on cookie alone, and on hono only where hono is", () => {
    expect(npm.dependencies).toEqual({ cookie: "^1.1.1" });
    expect(npm.peerDependencies).toEqual({ hono: "^4.0.0" });
    expect(npm.peerDependenciesMeta).toEqual({ hono: { optional: true } });
    const ranges = { ...npm.dependencies, ...npm.peerDependencies };
    expect(jsr.imports).toEqual(Object.fromEntries(
      Object.entries(ranges).map(([name, range]) => [name, `npm:${name}@${range}`]),
    ));
  });

  test("S92 run nothing when they are installed, and neither does what they depend on", () => {
    const hooks = ["preinstall", "install", "postinstall"];
    const manifests = [
      npm,
      ...Object.keys(npm.dependencies).map((name) => {
        return read(join("node_modules", name, "package.json"));
      }),
    ];
    for (const { name, scripts = {}, gypfile } of manifests) {
      expect([name, ...Object.keys(scripts).filter((each) => hooks.includes(each))]).toEqual([
        name,
      ]);
      expect(gypfile).toBeUndefined();
    }
  });

  test("pin every devDependency exactly", () => {
    for (const version of Object.values<string>(npm.devDependencies)) {
      expect(version).toMatch(/^(npm:[\w@/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });
});
