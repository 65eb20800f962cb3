/** What `init` writes goes by the project, is written over nothing, and is asked for. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { planInit } from "../../src/cli/init/plan.ts";
import { findBinary, skipWithout } from "../servers/process.ts";
import { byName } from "./places.ts";
import { Project, root } from "./tool.ts";

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

  test.each([
    ["commonjs", "session.ts", "npx tsx --env-file=.env app.ts"],
    ["commonjs", "session.mts", "then node --env-file=.env app.mts"],
    ["module", "session.ts", "then node --env-file=.env app.ts"],
    [undefined, "session.ts", "then node --env-file=.env app.ts"],
  ])(
    "in a project of type %s, %s is started by what takes its imports",
    async (type, file, start) => {
      project = new Project();
      writeFileSync(join(project.folder, "package.json"), JSON.stringify({ type }));
      const { err } = await init("-r", "hono", "-s", "memory", "--file", file);
      expect(err).toContain(start);
    },
  );

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

describe("what is printed under Next", () => {
  test("makes the schema where the new variable says, which no shell has yet", async () => {
    project = new Project();
    const { err } = await init("--runtime", "express", "--store", "postgres");
    const written = /DATABASE_URL=(\S+)/.exec(textOf(".env"))![1];
    expect(err).toContain(`npx websession schema --store ${written} --apply\n`);
    expect(err).not.toContain("$");
  });

  test("repeats no address that was there before", async () => {
    project = new Project();
    writeFileSync(join(project.folder, ".env"), "DATABASE_URL=mysql://app:hidden@db/app\n");
    const { err } = await init("--runtime", "hono", "--store", "mysql");
    expect(err).toContain(
      "with the DATABASE_URL of .env in place of …:\n  npx websession schema --store … --apply\n",
    );
    expect(err).not.toContain("hidden");
  });

  test.each([["deno", "postgres"], ["bun", "sqlite"], ["bun", "postgres"]])(
    "on %s with %s makes the schema by the runtime itself: npx has neither its client nor its SQLite",
    async (runtime, store) => {
      project = new Project();
      const { err } = await init("--runtime", runtime, "--store", store);
      expect(err).toContain("import { store } from './session.ts'; await store.createSchema();");
      expect(err).not.toContain("npx");
    },
  );

  test("says to TypeScript what lets it import session.ts", async () => {
    project = new Project();
    const { err } = await init("--runtime", "hono", "--store", "memory", "--file", "session.ts");
    const [, option = ""] = /in tsconfig\.json: ("\w+": true)/.exec(err)!;
    writeFileSync(join(project.folder, "session.ts"), "export const sessions = 1;\n");
    writeFileSync(
      join(project.folder, "app.ts"),
      'import { sessions } from "./session.ts";\nsessions;\n',
    );
    const check = (options: string) => {
      const config = `{ "compilerOptions": { "module": "nodenext", "types": []${options} } }`;
      writeFileSync(join(project.folder, "tsconfig.json"), config);
      const tsc = join(root, "node_modules", ".bin", "tsc");
      return spawnSync(tsc, ["-p", project.folder], { encoding: "utf8" }).stdout;
    };
    expect(check("")).toContain("TS5097");
    expect(check(`, ${option}`)).toBe("");
    const plain = await init("--runtime", "hono", "--store", "memory", "--file", "own.mjs");
    expect(plain.err).not.toContain("tsconfig");
  });

  test.each([
    ["express", "session.mjs", "app.mjs"],
    ["hono", "session.js", "app.js"],
    ["bun", "session.ts", "app.ts"],
    ["deno", "session.ts", "app.ts"],
  ])("on %s starts an application that may import %s", async (runtime, file, app) => {
    project = new Project();
    const { err } = await init("--runtime", runtime, "--store", "memory", "--file", file);
    expect(err).toContain(`in ${app}: import { sessions } from "./${file}"`);
    expect(err.trimEnd().endsWith(` ${app}`)).toBe(true);
  });

  test.each([
    ["v20.19.0", false, true, "npx tsx --env-file=.env app.ts"],
    ["v22.18.0", true, false, "then node --env-file=.env app.ts"],
  ])("on Node %s", (version, isNew, isTold, start) => {
    const node = { version, hasSqlite: isNew, runsTypes: isNew };
    const answers = { runtime: "hono", store: "sqlite", file: "session.ts" } as const;
    const next = planInit(answers, { env: undefined, gitignore: undefined, node }, "x").next;
    const told = `Node 22.13 or later: node:sqlite is not in this one, ${version}`;
    expect(next.includes(told)).toBe(isTold);
    expect(next.at(-1)).toContain(start);
  });
});

const script = findBinary("script");

describe.skipIf(skipWithout(script, "bsdutils"))("at a terminal", () => {
  /** Runs the tool with a terminal, and types an answer to each question. */
  async function talk(
    args: string[],
    answers: readonly (readonly [asked: string, typed: string])[],
  ) {
    const running = await project.start(args, { terminal: script });
    for (const [asked, typed] of answers) {
      await running.printed(asked);
      running.type(typed);
    }
    const { code, out } = await running.ended;
    return { code, shown: out };
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
