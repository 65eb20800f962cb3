/** The package dnt would build is the one tsc builds, but for the names of two folders. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { dntEntryPoints, dntManifest } from "../../scripts/dnt_options.ts";
import { jsrEntries, npmExports } from "../../scripts/entries.ts";
import { root } from "./pack.ts";

const npm = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const dnt = dntManifest(npm);

/** What the tsc build says, in dnt's folders. */
const renamed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value).replaceAll("./dist/esm/", "./esm/").replaceAll(
      "./dist/cjs/",
      "./script/",
    ),
  );

/** What only a checkout needs. */
const OF_THE_CHECKOUT = [
  "type",
  "scripts",
  "devDependencies",
  "allowScripts",
  "files",
  "overrides",
  // The tool is bundled by what only the build by tsc has at hand.
  "bin",
];

describe("the manifest that dnt writes", () => {
  test("says what package.json says", () => {
    const published = Object.fromEntries(
      Object.entries(npm).filter(([name]) => !OF_THE_CHECKOUT.includes(name)),
    );
    const { files: _, devDependencies, ...built } = dnt;
    expect(built).toEqual(renamed(published));
    expect(devDependencies).toEqual({ hono: npm.devDependencies.hono });
  });

  test("exports each entry, from the same sources", () => {
    expect(Object.keys(dnt["exports"] as object).sort()).toEqual(Object.keys(npmExports()).sort());
    expect(dntEntryPoints().map(({ path }) => path).sort())
      .toEqual(Object.values(jsrEntries).sort());
  });
});

/** As much of dnt's types as the script uses. */
const DNT = `
export interface BuildOptions {
  entryPoints: (string | { name: string; path: string })[];
  outDir: string;
  importMap?: string;
  shims: Record<string, never>;
  test?: boolean;
  typeCheck?: "both" | "single" | false;
  compilerOptions?: { target?: string; lib?: string[] };
  mappings?: Record<string, { name: string; version?: string; peerDependency?: boolean }>;
  package: { name: string; version: string; [name: string]: unknown };
  postBuild?: () => void | Promise<void>;
}
export declare function build(options: BuildOptions): Promise<void>;
export declare function emptyDir(path: string): Promise<void>;
`;
const DENO = `
declare const Deno: {
  readTextFile(path: string): Promise<string>;
  writeTextFile(path: string, text: string): Promise<void>;
  remove(path: string, options: { recursive: boolean }): Promise<void>;
  mkdir(path: string, options: { recursive: boolean }): Promise<void>;
  copyFile(from: string, to: string): Promise<void>;
};
`;

test("the script's own types are right, as far as they can be told without JSR", () => {
  const script = join(root, "scripts/build_npm.ts");
  const specifier = /from "(jsr:@deno\/dnt@[^"]+)"/.exec(readFileSync(script, "utf8"))![1]!;
  const virtual = new Map([
    [join(root, "scripts/dnt_stub.d.ts"), DNT],
    [join(root, "scripts/deno_stub.d.ts"), DENO],
  ]);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2023.d.ts"],
    types: ["node"],
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => virtual.get(file) ?? readFile(file);
  host.fileExists = (file) => virtual.has(file) || fileExists(file);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, version, ...rest) => {
    const text = virtual.get(file);
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version);
  };
  host.resolveModuleNameLiterals = (literals, containing, _reference, given) =>
    literals.map(({ text }) =>
      text === specifier
        ? {
          resolvedModule: {
            resolvedFileName: join(root, "scripts/dnt_stub.d.ts"),
            extension: ts.Extension.Dts,
          },
        }
        : ts.resolveModuleName(text, containing, given, host)
    );
  const program = ts.createProgram([script, join(root, "scripts/deno_stub.d.ts")], options, host);
  const found = ts.getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  expect(found).toEqual([]);
});
