/** examples/frameworks but Next's, each in its framework, from the packed tarball: on Node 20 and 24, Bun and Deno. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { nodes, root, run } from "../package/pack.ts";
import { installFrameworks } from "./install.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

let folder: string;
/** The examples as they are in the tarball. */
let examples: string;

const h3 = fileURLToPath(import.meta.resolve("h3"));

/** Each example, of which files it is made, and what is imported under another name here. */
const EXAMPLES: Record<string, [files: string[], aliases?: Record<string, string>]> = {
  hono: [["hono.ts"]],
  elysia: [["elysia.ts"]],
  h3: [["h3.ts"], { h3 }],
  fastify: [["fastify.ts"]],
  koa: [["koa.ts"]],
  nest: [["nest.ts"]],
  oak: [["oak.ts"]],
  react_router: [["react_router/root.ts", "react_router/route.ts"]],
  astro_endpoint: [["astro/endpoint.ts"]],
  astro_middleware: [["astro/middleware.ts"]],
  nuxt: [["nuxt/session.ts"], { h3: "h3-v1" }],
};

/** Brings an example where its framework is installed, as modules of JavaScript. */
async function place(name: string, files: string[], aliases: Record<string, string> = {}) {
  const entry = join(folder, `${name}.ts`);
  const lines = files.map((file) => `export * from ${JSON.stringify(join(examples, file))};`);
  writeFileSync(entry, lines.join("\n"));
  const options: BuildOptions = {
    entryPoints: [files.length === 1 ? join(examples, files[0]!) : entry],
    outfile: join(folder, `${name}.mjs`),
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "error",
    plugins: [{
      name: "packages",
      setup: ({ onResolve }) => {
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
          return kind === "entry-point"
            ? undefined
            : { path: aliases[path] ?? path, external: true };
        });
      },
    }],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } as never },
  };
  await build(options);
}

/** SvelteKit's own build, with the example as its hooks and its one route. */
async function buildSvelteKit(): Promise<void> {
  const app = join(folder, "sveltekit");
  const routes = join(app, "src", "routes");
  mkdirSync(routes, { recursive: true });
  cpSync(join(examples, "sveltekit/hooks.server.ts"), join(app, "src/hooks.server.ts"));
  cpSync(join(examples, "sveltekit/server.ts"), join(routes, "+server.ts"));
  writeFileSync(join(app, "src/app.html"), "<html>%sveltekit.head%%sveltekit.body%</html>");
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(app, "vite.config.js"),
    'import { sveltekit } from "@sveltejs/kit/vite"; export default { plugins: [sveltekit()], logLevel: "error" };',
  );
  await run(process.execPath, [join(folder, "node_modules/vite/bin/vite.js"), "build"], app);
}

beforeAll(async () => {
  folder = await installFrameworks();
  examples = join(folder, "node_modules", "websession", "examples", "frameworks");
  // An application of its own: a runtime that looks further up finds this repository.
  writeFileSync(join(folder, "package.json"), '{ "name": "app", "private": true }');
  writeFileSync(join(folder, "deno.json"), '{ "nodeModulesDir": "manual" }');
  cpSync(join(root, "tests/interop/frameworks/drive.mjs"), join(folder, "drive.mjs"));
  for (const [name, [files, aliases]] of Object.entries(EXAMPLES)) {
    await place(name, files, aliases);
  }
  await buildSvelteKit();
});

describe.each(["Node 20", "Node 24", "Bun", "Deno"])("on %s", (runtime) => {
  const programs: Record<string, () => Promise<string[]>> = {
    "Node 20": async () => [(await nodes([20, 22, 26])).get(20)!],
    "Node 24": () => Promise.resolve(["node"]),
    Bun: () => Promise.resolve(["bun"]),
    Deno: () => Promise.resolve(["deno", "run", "-A", "--quiet", "--no-lock"]),
  };
  test.each([...Object.keys(EXAMPLES), "sveltekit"])("%s counts", async (name) => {
    const [program = "", ...args] = await programs[runtime]!();
    const env = { SECRET: "a secret of the tests, 32 bytes+", NODE_NO_WARNINGS: "1" };
    expect(await run(program, [...args, "drive.mjs", name], folder, env)).toContain("it counts");
  });
});

test("the examples are of 15 lines at most, and import what everybody can", () => {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) {
    const text = readFileSync(join(examples, file), "utf8");
    const lines = text.split("\n").filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line));
    expect(lines.length, file).toBeLessThanOrEqual(15);
    expect(text, file).not.toMatch(/from "\.\.\/.*(mod|src)/);
  }
});

test("the examples' types are right", async () => {
  const to = join(folder, "types");
  cpSync(examples, join(to, "examples"), { recursive: true });
  writeFileSync(join(to, "package.json"), '{ "type": "module" }');
  const compilerOptions = {
    ...{ target: "es2022", module: "esnext", moduleResolution: "bundler" },
    ...{ lib: ["es2023", "dom", "dom.iterable"], types: ["node"] },
    typeRoots: [join(root, "node_modules/@types")],
    ...{ strict: true, skipLibCheck: true, noEmit: true, experimentalDecorators: true },
  };
  const check = async (project: string, config: object) => {
    writeFileSync(join(to, project), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await run(process.execPath, [tsc, "-p", join(to, project)], to);
  };
  // Next looks at its own. Of the two h3 here, Nuxt has the first, and the example of h3 itself the second.
  const others = { include: ["examples"], exclude: ["examples/h3.ts", "examples/next"] };
  await check("tsconfig.json", { compilerOptions, ...others });
  await check("tsconfig.h3.json", {
    compilerOptions: { ...compilerOptions, paths: { h3: [join(root, "node_modules/h3")] } },
    files: ["examples/h3.ts"],
  });
});
