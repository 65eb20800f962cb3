/** What dnt is told to build: the same entries, and the same manifest but for its folders. */
import { jsrEntries, npmExports, typesVersions } from "./entries.ts";
import { NOT_PUBLISHED, PAPERS } from "./papers.ts";

/** dnt's names for the folders of its two kinds of modules. */
const FOLDERS = { esm: "./esm", cjs: "./script" };

/** What package.json says of itself, whoever builds it. */
const CARRIED = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "author",
  "repository",
  "homepage",
  "bugs",
  "sideEffects",
  "engines",
  "dependencies",
  "peerDependencies",
  "peerDependenciesMeta",
];

type Manifest = Record<string, unknown>;

/** The manifest of dnt's package, made of the one that the tsc build publishes. */
export function dntManifest(npm: Manifest): Manifest {
  const carried = Object.fromEntries(
    CARRIED.filter((name) => npm[name] !== undefined).map((name) => [name, npm[name]]),
  );
  const devDependencies = npm["devDependencies"] as Record<string, string>;
  return {
    ...carried,
    main: `${FOLDERS.cjs}/src/npm/index.cjs`,
    types: `${FOLDERS.cjs}/src/npm/index.d.cts`,
    exports: npmExports(FOLDERS),
    typesVersions: typesVersions(FOLDERS),
    files: ["esm", "script", ...PAPERS, ...NOT_PUBLISHED.map((path) => `!${path}`)],
    // A peer is not installed by itself, and dnt checks the types of both kinds.
    devDependencies: { hono: devDependencies["hono"] },
  };
}

/** Entry points in dnt's words. */
export function dntEntryPoints(): ({ name: string; path: string })[] {
  return Object.entries(jsrEntries).map(([subpath, path]) => ({
    name: subpath === "." ? "./web" : subpath,
    path,
  }));
}
