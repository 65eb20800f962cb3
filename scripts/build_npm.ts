/**
 * Builds the npm package with dnt into `npm/`: `deno task npm`.
 *
 * dnt is on JSR alone, so this runs where JSR can be reached; what CI packs is
 * the build of scripts/build.ts. Both have the same entries and the same manifest
 * but for the names of the folders, which tests/package/dnt.test.ts compares.
 */
import { cpSync } from "node:fs";
import { build, emptyDir } from "jsr:@deno/dnt@^0.42.1";
import { dntEntryPoints, dntManifest } from "./dnt_options.ts";
import { NPM_FILES } from "./entries.ts";
import { renameExamples } from "./npm_names.ts";
import { PAPERS } from "./papers.ts";

const OUT = "./npm";
const npm = JSON.parse(await Deno.readTextFile("package.json")) as Record<string, unknown>;
const { exports, typesVersions, main, types, ...rest } = dntManifest(npm);

await emptyDir(OUT);
await build({
  entryPoints: dntEntryPoints(),
  outDir: OUT,
  importMap: "jsr.json",
  shims: {},
  test: false,
  typeCheck: "both",
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
  },
  mappings: {
    "npm:hono@^4.0.0": { name: "hono", version: "^4.0.0", peerDependency: true },
  },
  package: rest as never,
  async postBuild() {
    // The Express entry is CommonJS alone, so that `import` and `require` share its classes.
    await Deno.remove(`${OUT}/esm/src/express`, { recursive: true });
    for (const folder of ["esm", "script"]) renameExamples(`${OUT}/${folder}`);
    await Deno.mkdir(`${OUT}/script/src/npm/session`, { recursive: true });
    for (const file of NPM_FILES) {
      await Deno.copyFile(`src/npm/${file}`, `${OUT}/script/src/npm/${file}`);
    }
    for (const paper of ["README.md", "LICENSE", ...PAPERS]) {
      cpSync(paper, `${OUT}/${paper}`, { recursive: true });
    }
    const written = JSON.parse(await Deno.readTextFile(`${OUT}/package.json`));
    const manifest = { ...written, main, types, exports, typesVersions };
    delete manifest.module;
    await Deno.writeTextFile(`${OUT}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
  },
});
