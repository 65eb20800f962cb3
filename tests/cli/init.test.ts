/** What `init` writes runs as it stands, on each runtime with each store, and is written over nothing. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { findBinary, skipWithout } from "../servers/process.ts";
import { byName, type Place } from "./places.ts";
import { Project, root, toolProgram } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let project: Project;
afterEach(() => project.remove());

const init = (...args: string[]) => project.run(["init", ...args]);
const textOf = (name: string) => readFileSync(join(project.folder, name), "utf8");

describe("what is written", () => {
  test("is the file, a secret that nobody else reads, and a line that keeps it out of git", async () => {
    project = new Project();
    const { code, out, err } = await init("--runtime", "express", "--store", "redis");
    expect({ code, out }).toEqual({
      code: 0,
      out: "wrote session.mjs\nwrote .env\nwrote .gitignore\n",
    });
    expect(textOf("session.mjs").trimEnd().split("\n").length).toBeLessThan(20);
    expect(textOf(".env")).toMatch(
      /^SESSION_SECRET=[\w-]{43}\nREDIS_URL=redis:\/\/127\.0\.0\.1:6379\n$/,
    );
    expect(statSync(join(project.folder, ".env")).mode & 0o077).toBe(0);
    expect(textOf(".gitignore")).toBe(".env\n");
    expect(out + err).not.toContain(textOf(".env").slice(15, 40));
    expect(err).toContain("npm install express redis websession");
  });

  test("goes by the language and the modules of the project", async () => {
    project = new Project();
    writeFileSync(join(project.folder, "package.json"), '{ "type": "module" }');
    await init("--runtime", "hono", "--store", "memory");
    expect(project.has("session.js")).toBe(true);
    writeFileSync(join(project.folder, "tsconfig.json"), "{}");
    await init("--runtime", "hono", "--store", "memory");
    expect(textOf("session.ts")).toContain("process.env.SESSION_SECRET!");
    expect(textOf("session.js")).not.toContain("!");
  });

  test("adds to what is there, and replaces nothing", async () => {
    project = new Project();
    writeFileSync(join(project.folder, ".env"), "SESSION_SECRET=of-before\nOTHER=1");
    writeFileSync(join(project.folder, ".gitignore"), "dist\n/.env\n");
    const { out } = await init("--runtime", "express", "--store", "postgres");
    expect(out).toBe("wrote session.mjs\nadded to .env\n");
    expect(textOf(".env")).toBe(
      "SESSION_SECRET=of-before\nOTHER=1\nDATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres\n",
    );
    expect(textOf(".gitignore")).toBe("dist\n/.env\n");
    const before = textOf("session.mjs");
    const again = await init("--runtime", "hono", "--store", "memory");
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(textOf("session.mjs")).toBe(before);
  });

  test.each([
    [["--runtime", "cobol", "--store", "redis"]],
    [["--runtime", "express", "--store", "deno-kv"]],
    [["--runtime", "express"]],
    [["--store", "redis"]],
    [["--runtime", "express", "--store", "redis", "--file", "session.json"]],
    [["--runtime", "express", "--store", "redis", "--file", "session.cjs"]],
    [["--runtime", "express", "--store", "redis", "--colour", "red"]],
    [["--runtime", "express", "--store", "redis", "more"]],
  ])("%j is refused, and nothing is written", async (args) => {
    project = new Project();
    expect(await init(...args)).toMatchObject({ code: 2, out: "" });
    expect(project.files()).toEqual([]);
  });

  test("a folder that is not there: nothing is written, no secret either", async () => {
    project = new Project();
    const { code } = await init("--runtime", "bun", "--store", "memory", "--file", "no/session.ts");
    expect(code).toBe(1);
    expect(project.files()).toEqual([]);
  });
});

const script = findBinary("script");

describe.skipIf(skipWithout(script, "bsdutils"))("at a terminal", () => {
  /** Runs the tool with a terminal, types an answer whenever it asks the next question. */
  async function talk(
    args: string[],
    answers: readonly (readonly [asked: string, typed: string])[],
  ) {
    // Without a size every line of a prompt is broken.
    const size = "stty cols 100 rows 30";
    const command = `${size}; ${[process.execPath, await toolProgram(), ...args].join(" ")}`;
    const child = spawn(script!, ["-qec", command, "/dev/null"], { cwd: project.folder });
    let shown = "";
    const left = [...answers];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
      if (left.length > 0 && shown.includes(left[0]![0])) child.stdin.write(left.shift()![1]);
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    return { code, shown };
  }

  test("it asks for the runtime, the store and the file", async () => {
    project = new Project();
    const { code } = await talk(["init"], [
      ["Where does it run?", "\r"],
      ["Where are sessions kept?", "\u001b[B\r"],
      ["Which file is written?", "own.mjs\r"],
    ]);
    expect(code).toBe(0);
    expect(textOf("own.mjs")).toContain("postgresStore({ client })");
  });

  test("Ctrl+C at a question writes nothing", async () => {
    project = new Project();
    const { code } = await talk(["init"], [
      ["Where does it run?", "\r"],
      ["Where are sessions kept?", "\u0003"],
    ]);
    expect(code).toBe(4);
    expect(project.files()).toEqual([]);
  });

  test("a destructive command asks, No is what Enter says, and Yes does it", async () => {
    const place = await byName("SQLite by node:sqlite").open();
    project = place.project;
    await place.store.createSchema?.();
    const past = Date.now() - 1000;
    await place.store.create("an-id-that-is-over", {
      json: '{"cookie":{"originalMaxAge":1,"expires":null}}',
      expires: past,
    });
    const sweep = ["sweep", "--store", place.url];
    expect((await talk(sweep, [["Drop what has expired", "\r"]])).code).toBe(4);
    const { code, shown } = await talk(sweep, [["Drop what has expired", "y"]]);
    expect(code).toBe(0);
    expect(shown).toContain("Dropped 1 expired record");
    await place.end();
  });
});

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
      return [await first.text(), await second.text(), printed];
    } finally {
      child.kill("SIGKILL");
    }
  }

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

  test.each([
    ...["redis", "postgres", "mysql", "sqlite", "memory"].flatMap((store) => [
      ["express", store] as const,
      ["hono", store] as const,
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
    if (store === "sqlite") {
      // As it says: `websession schema --store sqlite:sessions.db --apply`.
      expect(ended.err).toContain("schema --store sqlite:sessions.db --apply");
      expect((await project.run(["schema", "--store", "sqlite:sessions.db", "--apply"])).code).toBe(
        0,
      );
    }
    const app = runtime === "bun" ? "app.ts" : "app.mjs";
    writeFileSync(join(project.folder, app), APPS[runtime]!);
    const url = places.get(store)?.url ?? "";
    const env = { REDIS_URL: url, DATABASE_URL: url };
    const bun = join(root, "node_modules", ".bin", "bun");
    const [first, second] = runtime === "bun"
      ? await visit(bun, [app], env)
      : await visit(process.execPath, ["--env-file=.env", app], env);
    expect([first, second]).toEqual(["1", "2"]);
  });

  test.each(["deno-kv", "redis", "postgres", "memory"])("on deno with %s", async (store) => {
    if (store in stores && !places.has(store)) return;
    project = new Project("redis", "pg");
    expect((await init("--runtime", "deno", "--store", store)).code).toBe(0);
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
    const deno = join(root, "node_modules", ".bin", "deno");
    const args = ["run", "-A", "--no-check", "--env-file", "--unstable-kv", "app.ts"];
    const [first, second] = await visit(deno, args, { REDIS_URL: url, DATABASE_URL: url });
    expect([first, second]).toEqual(["1", "2"]);
  });
});
