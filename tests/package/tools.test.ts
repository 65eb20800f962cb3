/** Tools that know no `exports`, and hide or add what Node has: applications are tested and bundled with them. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { npmExports } from "../../scripts/entries.ts";
import { cache, nodes, once, QUIET, root, run, type Scratch, scratch, tarball } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const fixture = join(root, "tests/package/fixtures/tools");
const digest = (...files: string[]) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
};

let folder: string;

beforeAll(async () => {
  const manifests = ["package.json", "package-lock.json"];
  const to = join(cache, `tools-${digest(...manifests.map((name) => join(fixture, name)))}`);
  folder = await once(to, async () => {
    for (const name of manifests) cpSync(join(fixture, name), join(to, name));
    await run("npm", ["ci", ...QUIET], to);
  });
  const file = await tarball();
  const modules = join(folder, "node_modules");
  rmSync(join(modules, "websession"), { recursive: true, force: true });
  await run("tar", ["-xzf", file, "-C", folder]);
  renameSync(join(folder, "package"), join(modules, "websession"));
  for (const name of ["cookie", "hono"]) {
    cpSync(join(root, "node_modules", name), join(modules, name), { recursive: true });
  }
});

/** An empty project with the tools and ours. */
function project(manifest: Record<string, unknown> = {}): Scratch {
  const app = scratch(manifest);
  symlinkSync(join(folder, "node_modules"), join(app.folder, "node_modules"));
  return app;
}

/** Every subpath that may be asked for. */
const subpaths = Object.keys(npmExports()).filter((path) => !["./package.json"].includes(path))
  .map((path) => `websession${path.slice(1)}`);

/** A login over a socket: what it answered, and how its cookie begins. */
const LOGIN = `const http = require("http");
const session = require("websession");
async function visit() {
  const middleware = session({ secret: "s", resave: false, saveUninitialized: false });
  const server = http.createServer((req, res) => {
    middleware(req, res, async (error) => {
      if (error) return res.end(error.stack);
      await session.login(req, "ada").catch((failed) => res.end(failed.stack));
      res.end(session.subjectOf(req));
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  const answer = await new Promise((done) => http.get({ port, host: "127.0.0.1", agent: false }, done));
  let body = "";
  for await (const chunk of answer) body += chunk;
  await new Promise((done) => server.close(done));
  return [typeof globalThis.crypto, body, String(answer.headers["set-cookie"]).slice(0, 16)].join();
}
`;
const IN_ORDER = "undefined,ada,connect.sid=s%3A";

test("Jest 27 hides the global crypto, and runs a login all the same", async () => {
  const app = project();
  app.write(
    "login.test.js",
    `${LOGIN}
test("a login", async () => {
  expect(await visit()).toBe(${JSON.stringify(IN_ORDER)});
});
test.each(${JSON.stringify(subpaths)})("%s", (path) => {
  expect(["function", "object"]).toContain(typeof require(path));
});
test("express-session's own files are the very classes", () => {
  for (const ending of ["", ".js"]) {
    expect(require("websession/session/cookie" + ending)).toBe(session.Cookie);
    expect(require("websession/session/store" + ending)).toBe(session.Store);
    expect(require("websession/session/memory" + ending)).toBe(session.MemoryStore);
    expect(require("websession/session/session" + ending)).toBe(session.Session);
  }
});
`,
  );
  await expect(app.run(process.execPath, "node_modules/jest/bin/jest.js", "--ci", "--forceExit"))
    .resolves.toBeDefined();
  app.remove();
});

test("Node 20 without a global crypto logs in", async () => {
  const node = (await nodes([20, 22, 26])).get(20)!;
  const app = project();
  app.write("login.cjs", `${LOGIN}\nvisit().then(console.log);\n`);
  expect((await app.run(node, "--no-experimental-global-webcrypto", "login.cjs")).trim())
    .toBe(IN_ORDER);
  app.remove();
});

test("Deno imports it, and makes a middleware, without --allow-env", async () => {
  const app = project();
  app.write(
    "main.mjs",
    `import session from "websession";
console.log(session({ secret: "s", resave: false, saveUninitialized: false }).name);
`,
  );
  const flags = ["--no-prompt", "--quiet", "--no-lock", "--node-modules-dir=manual"];
  expect((await app.run("deno", "run", ...flags, "--allow-read", "main.mjs")).trim()).toBe(
    "session",
  );
  app.remove();
});

test("Parcel resolves every subpath", async () => {
  const engines = { node: ">=20" };
  const target = { context: "node", includeNodeModules: true, outputFormat: "commonjs", engines };
  const main = { ...target, isLibrary: false, optimize: false };
  const app = project({ main: "dist/index.js", source: "index.js", targets: { main } });
  const asked = subpaths.map((path) => `${JSON.stringify(path)}: require("${path}")`);
  app.write(
    "index.js",
    `import session from "websession";
import { createSessions } from "websession/web";
const asked = { ${asked} };
for (const [path, found] of Object.entries(asked)) asked[path] = typeof found;
const isOne = require("websession/session/store.js") === session.Store;
console.log(JSON.stringify({ asked, isOne, web: typeof createSessions }));
`,
  );
  const parcel = "node_modules/parcel/lib/bin.js";
  await app.run(process.execPath, parcel, "build", "--no-cache", "--no-source-maps");
  const { asked: found, ...others } = JSON.parse(await app.run(process.execPath, "dist/index.js"));
  expect(Object.keys(found)).toEqual(subpaths);
  for (const kind of Object.values(found)) expect(["function", "object"]).toContain(kind);
  expect(others).toEqual({ isOne: true, web: "function" });
  app.remove();
});
