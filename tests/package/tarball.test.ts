/** What is in the tarball, and what the registries' own checks say of it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { NOT_PUBLISHED, PAPERS } from "../../scripts/papers.ts";
import { subpathFiles, subpathFolders } from "../../scripts/subpath_files.ts";
import { root, run, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** The program of `npx websession`, in one file, and what it has to say of what is in it. */
const TOOL = ["dist/cli/LICENSES.txt", "dist/cli/websession.js"];

let file: string;
let contents: string[];

beforeAll(async () => {
  file = await tarball();
  contents = (await run("tar", ["-tzf", file])).trim().split("\n")
    .map((name) => name.replace(/^package\//, ""));
});

describe("the tarball", () => {
  test("is websession-<version>.tgz", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(file.endsWith(`websession-${version}.tgz`)).toBe(true);
  });

  test("holds the built package and its papers, nothing else", () => {
    const papers = ["package.json", "README.md", "LICENSE", ...PAPERS];
    const stubs = Object.keys(subpathFiles());
    const others = contents.filter((name) => !/^dist\/(esm|cjs)\//.test(name))
      .filter((name) => !TOOL.includes(name))
      .filter((name) => !stubs.includes(name));
    const isPaper = (name: string) =>
      papers.some((paper) => name === paper || name.startsWith(`${paper}/`));
    expect(others.filter((name) => !isPaper(name))).toEqual([]);
    expect(others.filter((name) => NOT_PUBLISHED.some((path) => name.startsWith(path)))).toEqual(
      [],
    );
    expect(others).toContain("package.json");
    expect(contents.filter((name) => name.startsWith("dist/cli/")).sort()).toEqual(TOOL);
    const kinds = contents.filter((name) => /^dist\/(esm|cjs)\//.test(name))
      .map((name) => name.replace(/^.*?(\.d)?\.(c?[jt]s|json)$/, "$1.$2"));
    expect([...new Set(kinds)].sort()).toEqual([".cjs", ".d.cts", ".d.ts", ".js", ".json"]);
  });

  test("holds every file that package.json names", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = new Set<string>();
    const collect = (value: unknown): void => {
      if (typeof value === "string") named.add(value);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
    };
    collect([manifest.exports, manifest.main, manifest.types, manifest.bin]);
    for (const path of named) expect(contents).toContain(path.replace(/^\.\//, ""));
  });

  test("holds no declaration that nobody can get at", async () => {
    const folder = mkdtempSync(join(tmpdir(), "websession-tarball-"));
    await run("tar", ["-xzf", file, "-C", folder]);
    const manifest = readFileSync(join(folder, "package/package.json"), "utf8");
    const declarations = contents.filter((name) => /\.d\.c?ts$/.test(name));
    const reached = new Set(declarations.filter((name) => manifest.includes(`"./${name}"`)));
    const specifier = /["'](\.{1,2}\/[^"']+?)(?:\.d)?\.(c?)[jt]s["']/g;
    for (const name of reached) {
      const text = readFileSync(join(folder, "package", name), "utf8");
      for (const [, path, kind] of text.matchAll(specifier)) {
        reached.add(join(name, "..", `${path}.d.${kind}ts`));
      }
    }
    rmSync(folder, { recursive: true });
    expect(declarations.length).toBeGreaterThan(100);
    expect(declarations.filter((name) => !reached.has(name))).toEqual([]);
    expect([...reached].filter((name) => !declarations.includes(name))).toEqual([]);
  });

  test("has a folder or a file for every subpath, where it is packed alone", () => {
    expect(contents).toEqual(expect.arrayContaining(Object.keys(subpathFiles())));
    for (const folder of subpathFolders()) expect(existsSync(join(root, folder))).toBe(false);
  });

  test("has no second copy of the Express entry for import", () => {
    expect(contents.filter((name) => name.startsWith("dist/esm/src/express"))).toEqual([]);
  });

  test("names no .ts file in what runs", async () => {
    const text = await run("tar", ["-xzOf", file, "--wildcards", "package/dist/*.js"]);
    expect(text.match(/(from |require\(|import\()"\.[^"]*\.ts"/g)).toBeNull();
  });
});

describe("the registries' checks", () => {
  test("attw: types and code agree in every kind of resolution", async () => {
    const answer = JSON.parse(await run("attw", [file, "--format", "json"]));
    expect(answer.analysis.types).toEqual({ kind: "included" });
    expect(answer.problems ?? {}).toEqual({});
  });

  test("publint: nothing to say", async () => {
    const { publint } = await import("publint");
    const { readFile } = await import("node:fs/promises");
    const bytes = await readFile(file);
    const tar = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages } = await publint({ pack: { tarball: tar as ArrayBuffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test("JSR: the dry run passes, with no slow type", async () => {
    const env = { DENO_TLS_CA_STORE: "system", NO_COLOR: "1" };
    const args = ["publish", "--dry-run", "-c", "jsr.json", "--allow-dirty"];
    await expect(run("deno", args, root, env)).resolves.not.toContain("slow");
  });
});
