/** The one list of public modules; both manifests are written from it. */

/** Public subpath → its source. JSR's `.` is the Web core; npm's is the Express entry. */
export const jsrEntries: Readonly<Record<string, string>> = {
  ".": "./mod.ts",
  "./express": "./src/express/mod.ts",
  "./hono": "./src/web/hono.ts",
  "./edge": "./src/web/edge.ts",
  "./edge/hono": "./src/web/edge_hono.ts",
  "./dbsc": "./src/web/dbsc.ts",
  "./stores/memory": "./src/stores/memory.ts",
  "./stores/redis": "./src/stores/redis.ts",
  "./stores/postgres": "./src/stores/postgres.ts",
  "./stores/mysql": "./src/stores/mysql.ts",
  "./stores/sqlite": "./src/stores/sqlite.ts",
  "./stores/dynamodb": "./src/stores/dynamodb.ts",
  "./stores/mongodb": "./src/stores/mongodb.ts",
  "./stores/deno-kv": "./src/stores/deno_kv.ts",
  "./stores/cloudflare": "./src/stores/cloudflare.ts",
  "./stores/memcached": "./src/stores/memcached.ts",
  "./stores/cookie": "./src/stores/cookie.ts",
  "./stores/unstorage": "./src/stores/unstorage.ts",
  "./stores/tiered": "./src/stores/tiered.ts",
  "./stores/hash-ids": "./src/stores/hash_ids.ts",
  "./stores/encrypt": "./src/stores/encrypt.ts",
  "./stores/express": "./src/stores/express.ts",
  "./testing": "./src/testing/mod.ts",
};

/** Entries that are CommonJS alone, so that `import` and `require` share their classes. */
const shared: ReadonlySet<string> = new Set([".", "./express"]);

/** express-session's files that applications and stores reach for, each by its name and with `.js`. */
const DEEP = ["cookie", "store", "memory", "session"];

/** What is copied as it stands, from src/npm: CommonJS and its types. */
export const NPM_FILES: readonly string[] = ["index", ...DEEP.map((name) => `session/${name}`)]
  .flatMap((name) => [`${name}.cjs`, `${name}.d.cts`]);

type Target = string | { types: string; default: string };

/** Where a build keeps its two kinds of modules, as seen from its package.json. */
export interface BuildFolders {
  readonly esm: string;
  readonly cjs: string;
}

/** The folders of the build by tsc, which is the one that CI packs. */
export const TSC_FOLDERS: BuildFolders = { esm: "./dist/esm", cjs: "./dist/cjs" };

/** What package.json's `exports` must be. */
export function npmExports(
  folders: BuildFolders = TSC_FOLDERS,
): Record<string, Target | { import: Target; require: Target }> {
  const exports: ReturnType<typeof npmExports> = {};
  const copied = (name: string): Target => ({
    types: `${folders.cjs}/src/npm/${name}.d.cts`,
    default: `${folders.cjs}/src/npm/${name}.cjs`,
  });
  for (const entry of shared) exports[entry] = copied("index");
  for (const [subpath, source] of Object.entries(jsrEntries)) {
    if (subpath === "./express") continue;
    const file = source.slice(2, -".ts".length);
    const of = (format: keyof BuildFolders): Target => ({
      types: `${folders[format]}/${file}.d.ts`,
      default: `${folders[format]}/${file}.js`,
    });
    exports[subpath === "." ? "./web" : subpath] = { import: of("esm"), require: of("cjs") };
  }
  for (const name of DEEP.map((name) => `session/${name}`)) {
    exports[`./${name}`] = exports[`./${name}.js`] = copied(name);
  }
  exports["./package.json"] = "./package.json";
  return exports;
}

/** The same for the types alone, where TypeScript's node10 resolution knows no `exports`. */
export function typesVersions(
  folders: BuildFolders = TSC_FOLDERS,
): Record<string, Record<string, [string]>> {
  const paths: Record<string, [string]> = {};
  for (const [subpath, target] of Object.entries(npmExports(folders))) {
    if (typeof target === "string" || subpath === ".") continue;
    const { types } = ("require" in target ? target.require : target) as { types: string };
    paths[subpath.slice(2)] = [types];
  }
  return { "*": paths };
}
