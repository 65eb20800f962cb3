/** What is typed wrongly changes nothing, says so, and is told from what went wrong by its exit code. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nameOf, parseStore } from "../../src/cli/store_address.ts";
import { idIn } from "../../src/cli/find_session.ts";
import { handleOf, isHandle } from "../../src/cli/session_summary.ts";
import { sqliteSchema } from "../../src/stores/sqlite.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { Project, root, toolProgram } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let project: Project;
let before: Buffer;
const STORE = ["--store", "sqlite:sessions.db"];
const bytes = () => readFileSync(join(project.folder, "sessions.db"));

beforeAll(() => {
  project = new Project();
  const database = new DatabaseSync(join(project.folder, "sessions.db"));
  database.exec(sqliteSchema());
  database.close();
  before = bytes();
});
afterAll(() => project.remove());

describe("usage", () => {
  test.each([
    [["nonsense"]],
    [["help", "foo"]],
    [["doctor", "--options", ""]],
    [["doctor", "http://127.0.0.1:1/", "--cookie", ""]],
    [["doctor", "http://a%zz:b@127.0.0.1:1/"]],
    [["count", "--subject", "", ...STORE]],
    [["inspect", "--subject", "", ...STORE]],
    [["revoke", "--subject", "", "--yes", ...STORE]],
    [["revoke", "--subject", "a", "--except", "", "--yes", ...STORE]],
    [["count", "--store", "mysql://u:p%zz@127.0.0.1/app"]],
    [["count"]],
    [["count", "--store", "ftp://localhost/x"]],
    [["count", "--store", "sqlite:"]],
    [["count", "--store", "sqlite::memory:"]],
    [["count", "--store", "sqlite:sessions.db#no-name"]],
    [["count", "--store", "redis://"]],
    [["count", "--store", "postgres://h/d#a.b.c"]],
    [["count", "--store", "mysql://h/d#a.b"]],
    [["count", ...STORE, "more"]],
    [["count", ...STORE, "--colour"]],
    [["secret", "--bytes", "8"]],
    [["secret", "--bytes", "1e9"]],
    [["secret", "--name", "a b"]],
    [["schema"]],
    [["schema", "--for", "oracle"]],
    [["schema", "--for", "postgres#a-b"]],
    [["schema", "--for", "postgres", "--apply"]],
    [["schema", "--store", "redis://localhost", "--apply"]],
    [["inspect", "one", "--subject", "two", ...STORE]],
    [["inspect", "--data", ...STORE]],
    [["inspect", "--limit", "0", ...STORE]],
    [["revoke", ...STORE]],
    [["revoke", "one", "--all", "--yes", ...STORE]],
    [["revoke", "one", "--except", "two", "--yes", ...STORE]],
    [["revoke", "--all", "--subject", "one", "--yes", ...STORE]],
    [["revoke", "", "--yes", ...STORE]],
    [["sweep", "--limit", "-1", "--yes", ...STORE]],
    [["copy", "--from", "sqlite:sessions.db", "--yes"]],
  ])("%j ends with 2, prints nothing to stdout, changes nothing", async (args) => {
    const { code, out, err } = await project.run(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^error: /);
    expect(bytes().equals(before)).toBe(true);
    expect(project.files()).toEqual(["sessions.db"]);
  });

  test("asked for help it helps, and ends with 0", async () => {
    for (const args of [["--help"], ["help", "revoke"], ["copy", "--help"]]) {
      const { code, out } = await project.run(args);
      expect(code).toBe(0);
      expect(out).toContain("Usage: websession");
    }
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect((await project.run(["--version"])).out).toBe(`${version}\n`);
  });
});

describe("what was typed wrongly is said, in words that help:", () => {
  test.each([
    [["help", "foo"], "unknown command 'foo'"],
    [["help", "revokes"], "Did you mean revoke?"],
    [["doctor", "--options", ""], "It is empty"],
    [["count", "--store", "postgres://u:p@127.0.0.1:xx/app"], "The port in the URL"],
    [["count", "--store", "mysql://u:p@127.0.0.1:99999/app"], "The port in the URL"],
    [["count", "--store", "redis://[::1]:x"], "The port in the URL"],
    [["count", "--store", "redis://u:p@:6379"], "no host"],
    [["count", "--store", "postgres:///app"], "no host"],
    [["count", "--store", "postgres://u:p%zz@127.0.0.1/app"], "a % itself is written %25"],
    [["count", "--store", "postgres://u:p[w@a b/app"], "cannot be read"],
  ])("%j", async (args, words) => {
    const { err } = await project.run(args);
    expect(err).toContain(words);
    expect(err).not.toContain("u:p");
  });

  test("a session whose name begins with - is not taken for an option, once it stands behind --", async () => {
    const id = "-KaAyHnQ2mV7cXw0pLd9sRtU4bEfGjZk";
    for (const command of [["inspect"], ["revoke", "--yes"]]) {
      const refused = await project.run([...command, id, ...STORE]);
      expect(refused).toMatchObject({ code: 2, out: "" });
      expect(refused.err).toContain("stands behind --");
      expect(refused.err).not.toContain("KaAyHnQ");
      expect(await project.run([...command, ...STORE, "--", id])).toMatchObject({ code: 5 });
    }
    expect((await project.run(["revoke", "--colour", ...STORE])).err)
      .toContain("unknown option '--colour'");
  });
});

test("a handle never begins with -, which would make an option of it", () => {
  const handles = Array.from({ length: 2000 }, (_, at) => handleOf(`session ${at}`));
  expect(handles.filter((handle) => !/^\w[\w-]{11}$/.test(handle) || !isHandle(handle))).toEqual(
    [],
  );
  expect(new Set(handles).size).toBe(2000);
});

describe.skipIf(!existsSync("/dev/full"))("an answer that cannot be written", () => {
  test.each([[["secret"]], [["--help"]], [["schema", "--for", "sqlite"]]])(
    "is told: %j",
    async (args) => {
      const full = openSync("/dev/full", "w");
      const { status, stderr } = spawnSync(process.execPath, [await toolProgram(), ...args], {
        cwd: project.folder,
        encoding: "utf8",
        stdio: ["ignore", full, "pipe"],
      });
      closeSync(full);
      expect(stderr).toContain("error: The answer could not be written: ENOSPC");
      expect(status).toBe(1);
    },
  );

  test("but for the notes beside it", async () => {
    const full = openSync("/dev/full", "w");
    const { status, stdout } = spawnSync(process.execPath, [
      await toolProgram(),
      "sweep",
      "--yes",
      ...STORE,
    ], {
      cwd: project.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", full],
    });
    closeSync(full);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "0\n" });
  });
});

describe("what went wrong", () => {
  test("a client that the project has not is named, with what to install", async () => {
    const names = [["redis", "redis"], ["postgres", "pg"], ["mysql", "mysql2"]] as const;
    for (const [kind, client] of names) {
      const { code, err } = await project.run(["count", "--store", `${kind}://127.0.0.1:1/x`]);
      expect(code).toBe(1);
      expect(err).toContain(`npm install ${client}`);
    }
  });

  test("a server that is not there is, without its password", async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const all = new Project("redis", "pg", "mysql2");
    for (const kind of ["redis", "postgres", "mysql"]) {
      const url = `${kind}://anna:hunter2@127.0.0.1:${port}/app`;
      const { code, out, err } = await all.run(["count", "--store", url]);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("could not be opened");
      expect(err).not.toContain("hunter2");
    }
    all.remove();
  });

  test.skipIf(skipRedis)("what a store refuses ends the run as well", async () => {
    const server = await startRedis();
    for (const client of ["redis", "ioredis"]) {
      const own = new Project(client);
      const { code, err } = await own.run([
        "count",
        "--store",
        `redis://127.0.0.1:${server.port}#{a`,
      ]);
      expect(code).toBe(1);
      expect(err).toContain('"prefix"');
      own.remove();
    }
    await server.stop();
  });

  test("a file that is no database, or is not there, is left as it is", async () => {
    writeFileSync(join(project.folder, "text.db"), "this is no database, though it has its name");
    expect((await project.run(["count", "--store", "sqlite:text.db"])).code).toBe(1);
    expect((await project.run(["sweep", "--yes", "--store", "sqlite:no.db"])).code).toBe(
      1,
    );
    expect(project.has("no.db")).toBe(false);
  });

  test("a table that is another library's is named, and not altered", async () => {
    const file = join(project.folder, "other.db");
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE sessions (sid TEXT, sess TEXT, expired INTEGER)");
    database.close();
    const { code, err } = await project.run([
      "schema",
      "--apply",
      "--store",
      "sqlite:other.db#sessions",
    ]);
    expect(code).toBe(1);
    expect(err).toContain("connect-sqlite3");
    const doctor = await project.run(["doctor", "--json", "--store", "sqlite:other.db#sessions"]);
    expect(doctor.code).toBe(3);
    expect(doctor.out).toContain('"foreign-table"');
  });
});

test("WEBSESSION_STORE stands for --store", async () => {
  const env = { WEBSESSION_STORE: "sqlite:sessions.db" };
  expect(await project.run(["count"], { env })).toMatchObject({ code: 0, out: "0\n" });
});

test("who names no store is told where the name goes", async () => {
  const { code, err } = await project.run(["count"]);
  expect(code).toBe(2);
  expect(err).toBe(
    "error: required option '-s, --store <url>' not specified, nor the variable WEBSESSION_STORE\n",
  );
  const { err: of } = await project.run(["copy", "--from", "sqlite:sessions.db"]);
  expect(of).toBe("error: required option '--to <url>' not specified\n");
});

test("a secret is 32 random bytes or more, no two alike", async () => {
  const secrets = await Promise.all([1, 2].map(() => project.run(["secret"])));
  for (const { code, out } of secrets) {
    expect(code).toBe(0);
    expect(out).toMatch(/^[\w-]{43}\n$/);
  }
  expect(secrets[0]!.out).not.toBe(secrets[1]!.out);
  expect((await project.run(["secret", "--bytes", "64", "--name", "SECRET"])).out)
    .toMatch(/^SECRET=[\w-]{86}\n$/);
});

describe("the name of a store", () => {
  test.each([
    ["redis://h:1/2", { kind: "redis", url: "redis://h:1/2", prefix: "sess:" }],
    ["rediss://h#adm:", { kind: "redis", url: "rediss://h", prefix: "adm:" }],
    ["postgres://h/d#s.t", { kind: "postgres", url: "postgres://h/d", schema: "s", table: "t" }],
    ["mariadb://h/d", { kind: "mysql", url: "mariadb://h/d", table: "session" }],
    ["sqlite:a#b/c.db#t", { kind: "sqlite", file: "a#b/c.db", table: "t" }],
    ["sqlite:///abs/c.db", { kind: "sqlite", file: "/abs/c.db", table: "session" }],
  ])("%s", (text, address) => expect(parseStore(text)).toEqual(address));

  test("is shown without user, password and query", () => {
    expect(nameOf(parseStore("postgres://me:pw@h:5432/d?key=pw#a.b"))).toBe(
      "postgres://h:5432/d#a.b",
    );
    expect(nameOf(parseStore("redis://:pw@h/1"))).toBe("redis://h/1#sess:");
  });
});

test("the id in a cookie is found, signed or not", () => {
  const signature = `${"A".repeat(42)}/+`.slice(0, 43);
  expect(idIn(`s:id.with.dots.${signature}`)).toBe("id.with.dots");
  expect(idIn(encodeURIComponent(`s:id.${signature}`))).toBe("id");
  expect(idIn("plain-id")).toBe("plain-id");
  expect(idIn("100%-id")).toBe("100%-id");
});
