/** What `init` writes runs as it stands, on each runtime with each store. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { byName, type Place } from "./places.ts";
import { Project, root } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let project: Project;
afterEach(() => project.remove());

const init = (...args: string[]) => project.run(["init", ...args]);

/** An application around the file: it begins a session, and finds it again. */
const APPS: Readonly<Record<string, string>> = {
  express: `
    import express from "express";
    import { sessions } from "./session.mjs";
    const app = express().use(sessions);
    app.get("/", (req, res) => {
      req.session.views = (req.session.views ?? 0) + 1;
      res.send(String(req.session.views));
    });
    const server = app.listen(0, () => console.log("port " + server.address().port));`,
  hono: `
    import { serve } from "@hono/node-server";
    import { Hono } from "hono";
    import { sessions } from "./session.mjs";
    const app = new Hono().use(sessions).get("/", (c) => {
      c.var.session.views = (c.var.session.views ?? 0) + 1;
      return c.text(String(c.var.session.views));
    });
    serve({ fetch: app.fetch, port: 0 }, ({ port }) => console.log("port " + port));`,
  deno: `
    import { sessions } from "./session.ts";
    Deno.serve({ port: 0, onListen: ({ port }) => console.log("port " + port) },
      sessions.wrap((_request, session) => {
        session.views = (session.views ?? 0) + 1;
        return new Response(String(session.views));
      }));`,
  bun: `
    import { sessions } from "./session.ts";
    const server = Bun.serve({ port: 0, fetch: sessions.wrap((_request, session) => {
      session.views = (session.views ?? 0) + 1;
      return new Response(String(session.views));
    }) });
    console.log("port " + server.port);`,
};

describe("what is written runs", () => {
  /** The library as it is imported by name, from its sources. */
  function linkSources(): void {
    const files = [
      "web",
      "hono",
      "stores/redis",
      "stores/postgres",
      "stores/mysql",
      "stores/sqlite",
    ];
    const source = (entry: string) =>
      entry === "web" ? "mod.ts" : entry === "hono" ? "src/web/hono.ts" : `src/${entry}.ts`;
    const folder = join(project.folder, "node_modules", "websession");
    mkdirSync(folder, { recursive: true });
    const exports: Record<string, string> = { ".": "./index.mjs" };
    for (const entry of files) {
      const name = `${entry.replace("/", "_")}.mjs`;
      exports[`./${entry}`] = `./${name}`;
      writeFileSync(
        join(folder, name),
        `export * from ${JSON.stringify(pathToFileURL(join(root, source(entry))).href)};\n`,
      );
    }
    const express = JSON.stringify(pathToFileURL(join(root, "src/express/mod.ts")).href);
    writeFileSync(join(folder, "index.mjs"), `export { default } from ${express};\n`);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "websession", exports }));
  }

  /** Asks twice, as one visitor. */
  async function visit(command: string, args: string[], env: Record<string, string>) {
    const child = spawn(command, args, {
      cwd: project.folder,
      env: { ...process.env, ...env, DENO_NO_UPDATE_CHECK: "1" },
    });
    let printed = "";
    try {
      const port = await new Promise<string>((resolve, reject) => {
        const look = (text: string): void => {
          printed += text;
          const found = /port (\d+)\n/.exec(printed)?.[1];
          if (found !== undefined) resolve(found);
        };
        child.stdout.setEncoding("utf8").on("data", look);
        child.stderr.setEncoding("utf8").on("data", look);
        child.once("close", () => reject(new Error(`It ended first:\n${printed}`)));
      });
      const url = `http://127.0.0.1:${port}/`;
      const first = await fetch(url);
      const cookie = first.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      const second = await fetch(url, { headers: { cookie } });
      return [await first.text(), await second.text()];
    } finally {
      child.kill("SIGKILL");
    }
  }

  /** Runs the line that is printed for the tables, as it stands, on a database without one. */
  async function createSchema(
    printed: string,
    program: string,
    begins: string,
    store: string,
    env: Record<string, string>,
  ) {
    const line = printed.split("\n").find((each) => each.trimStart().startsWith(begins))?.trim();
    expect(line === undefined).toBe(store !== "postgres" && store !== "sqlite");
    if (line === undefined) return;
    if (store === "postgres") {
      const pool = new pg.Pool({ connectionString: env.DATABASE_URL! });
      await pool.query("DROP TABLE session");
      await pool.end();
    }
    const [name = ""] = begins.split(" ");
    const { status, stderr } = spawnSync("sh", ["-c", line.replace(name, program)], {
      cwd: project.folder,
      env: { ...process.env, ...env, DENO_NO_UPDATE_CHECK: "1" },
      encoding: "utf8",
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
  }

  const bun = join(root, "node_modules", ".bin", "bun");
  const deno = join(root, "node_modules", ".bin", "deno");
  const stores: Readonly<Record<string, string>> = {
    redis: "Redis by redis",
    postgres: "Postgres by pg",
    mysql: "MariaDB by mysql2",
  };
  const places = new Map<string, Place>();
  beforeAll(async () => {
    for (const [store, name] of Object.entries(stores)) {
      const kind = byName(name);
      if (kind.skip) continue;
      const place = await kind.open();
      await place.store.createSchema?.();
      places.set(store, place);
    }
  });
  afterAll(async () => {
    for (const place of places.values()) await place.end();
  });

  test.each<[runtime: string, store: string]>([
    ...["redis", "postgres", "mysql", "sqlite", "memory"].flatMap((store): [string, string][] => [
      ["express", store],
      ["hono", store],
    ]),
    ["bun", "sqlite"],
    ["bun", "redis"],
    ["bun", "postgres"],
    ["bun", "memory"],
  ])("on %s with %s", async (runtime, store) => {
    if (store in stores && !places.has(store)) return;
    project = new Project("express", "hono", "@hono/node-server", "redis", "pg", "mysql2");
    linkSources();
    const file = runtime === "bun" ? "session.ts" : "session.mjs";
    const ended = await init("--runtime", runtime, "--store", store, "--file", file);
    expect(ended.code).toBe(0);
    const url = places.get(store)?.url ?? "";
    const env = { REDIS_URL: url, DATABASE_URL: url };
    if (runtime === "bun") {
      await createSchema(ended.err, bun, "bun -e ", store, env);
    } else if (store === "sqlite") {
      // As it says: `websession schema --store sqlite:sessions.db --apply`.
      expect(ended.err).toContain("schema --store sqlite:sessions.db --apply");
      expect((await project.run(["schema", "--store", "sqlite:sessions.db", "--apply"])).code).toBe(
        0,
      );
    }
    const app = runtime === "bun" ? "app.ts" : "app.mjs";
    writeFileSync(join(project.folder, app), APPS[runtime]!);
    const before = await places.get(store)?.store.length() ?? 0;
    const [first, second] = runtime === "bun"
      ? await visit(bun, [app], env)
      : await visit(process.execPath, ["--env-file=.env", app], env);
    expect([first, second]).toEqual(["1", "2"]);
    // Where it is said to be.
    const place = places.get(store);
    if (place !== undefined) expect(await place.store.length()).toBe(before + 1);
    if (store === "sqlite") {
      expect((await project.run(["count", "--store", "sqlite:sessions.db"])).out).toBe("1\n");
    }
  });

  test.each(["deno-kv", "redis", "postgres", "memory"])("on deno with %s", async (store) => {
    if (store in stores && !places.has(store)) return;
    project = new Project("redis", "pg");
    const ended = await init("--runtime", "deno", "--store", store);
    expect(ended.code).toBe(0);
    writeFileSync(join(project.folder, "app.ts"), APPS.deno!);
    const dependencies = { redis: "*", pg: "*" };
    writeFileSync(join(project.folder, "package.json"), JSON.stringify({ dependencies }));
    const at = (path: string) => pathToFileURL(join(root, path)).href;
    const own = "@websession/websession";
    writeFileSync(
      join(project.folder, "deno.json"),
      JSON.stringify({
        nodeModulesDir: "manual",
        imports: {
          [own]: at("mod.ts"),
          [`${own}/stores/deno-kv`]: at("src/stores/deno_kv.ts"),
          [`${own}/stores/redis`]: at("src/stores/redis.ts"),
          [`${own}/stores/postgres`]: at("src/stores/postgres.ts"),
          cookie: at("node_modules/cookie/dist/index.js"),
        },
      }),
    );
    const url = places.get(store)?.url ?? "";
    const env = { REDIS_URL: url, DATABASE_URL: url };
    await createSchema(ended.err, deno, "deno eval ", store, env);
    const args = ["run", "-A", "--no-check", "--env-file", "--unstable-kv", "app.ts"];
    const [first, second] = await visit(deno, args, env);
    expect([first, second]).toEqual(["1", "2"]);
  });
});
