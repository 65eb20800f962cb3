/** The doctor finds what was planted, each mistake by its name, and has nothing to say of what is right. */
import { serve } from "@hono/node-server";
import express, { type Express } from "express";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { ATTRIBUTES, NAMES } from "../../src/cli/doctor/option_names.ts";
import type { CookieOptions } from "../../src/cookie/cookie_attributes.ts";
import session, { type SessionOptions } from "../../src/express/mod.ts";
import { sqliteSchema } from "../../src/stores/sqlite.ts";
import type { HonoSessionOptions } from "../../src/web/hono.ts";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { Project } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const SECRET = "a secret of more than thirty-two bytes, as it should be";
const DAY = 86_400_000;

/** A store in the text of a module, which is asked nothing. */
const STORE = "{ create() {}, read() {}, commit() {}, touch() {}, rotate() {}, destroy() {} }";

const GOOD: SessionOptions = {
  warn: false,
  secret: SECRET,
  resave: false,
  saveUninitialized: false,
  cookie: { secure: "auto", sameSite: "lax", maxAge: DAY },
};

let project: Project;
const servers: Server[] = [];

beforeAll(() => {
  project = new Project("redis", "pg", "mysql2");
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(() => project.remove());

/** Serves an application and answers where. */
async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An Express application with these options: `/login` begins a session, `/` does not. */
function app(options: SessionOptions, change: (app: Express) => void = () => {}): Express {
  const made = express();
  made.set("trust proxy", 1);
  change(made);
  made.use(session(options));
  made.get("/", (_req, res) => void res.send("hello"));
  made.get("/login", (req, res) => {
    (req.session as unknown as Record<string, unknown>).user = "anna";
    res.send("hello anna");
  });
  return made;
}

/** What the doctor says: the codes of its findings, sorted, and how it ended. */
async function examine(...args: string[]): Promise<{ codes: string[]; code: number | null }> {
  const { code, out, err } = await project.run(["doctor", ...args, "--json"]);
  if (code !== 0 && code !== 3) throw new Error(err);
  const lines = out.split("\n").filter((line) => line !== "");
  const codes = lines.map((line) => (JSON.parse(line) as { code: string }).code);
  return { codes: codes.sort(), code };
}

const WELL = { codes: [], code: 0 };
const found = (...codes: string[]) => ({ codes: codes.sort(), code: 3 });

describe("nothing is wrong with", () => {
  test("an Express application as README.md has it", async () => {
    const url = await listen(app(GOOD));
    expect(await examine(`${url}/`)).toEqual(WELL);
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(WELL);
  });

  test("a fetch application with nothing but a secret", async () => {
    const sessions = createSessions<{ user: string }>({ secret: SECRET });
    const server = serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: sessions.wrap((request, session) => {
        if (new URL(request.url).pathname === "/login") session.user = "anna";
        return new Response("hello");
      }),
    }) as Server;
    servers.push(server);
    await new Promise((resolve) =>
      server.listening ? resolve(0) : server.once("listening", resolve)
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await examine(`${url}/`)).toEqual(WELL);
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(WELL);
  });

  test("its options", async () => {
    const text = `export default { secret: process.env.SECRET, store: ${STORE}, resave: false, ` +
      'saveUninitialized: false, cookie: { secure: "auto", sameSite: "lax", maxAge: 86_400_000 } };';
    writeFileSync(join(project.folder, "good.mjs"), text);
    const ended = await project.run(["doctor", "--options", "good.mjs"], { env: { SECRET } });
    expect(ended).toMatchObject({ code: 0, out: "" });
    expect(ended.err).toContain("Nothing is wrong");
  });

  test("a SQLite file in WAL mode with the table", async () => {
    const file = join(project.folder, "good.db");
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA journal_mode = WAL; ${sqliteSchema()}`);
    expect(await examine("--store", "sqlite:good.db")).toEqual(WELL);
    database.close();
  });
});

/** One mistake in an application that is otherwise as it should be. */
const PLANTED: readonly (readonly [code: string, options: SessionOptions])[] = [
  ["not-http-only", { ...GOOD, cookie: { ...GOOD.cookie, httpOnly: false } }],
  ["no-same-site", { ...GOOD, cookie: { secure: "auto", maxAge: DAY } }],
  ["not-secure", { ...GOOD, cookie: { sameSite: "lax", maxAge: DAY } }],
  ["path", { ...GOOD, cookie: { ...GOOD.cookie, path: "/admin" } }],
  ["too-long", { ...GOOD, cookie: { ...GOOD.cookie, maxAge: 500 * DAY } }],
  ["known-secret", { ...GOOD, secret: "keyboard cat" }],
  ["short-id", { ...GOOD, genid: () => String(Math.round(performance.now() * 1000)) }],
  ["no-cookie", { ...GOOD, cookie: { ...GOOD.cookie, secure: true }, proxy: false }],
];

describe("it finds one planted mistake, and that alone:", () => {
  test.each(PLANTED)("%s", async (code, options) => {
    // Where the path does not cover the page the middleware does not even begin a session there.
    const made = code === "path" ? pathApp(options) : app(options);
    const url = await listen(made);
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(found(code));
  });

  test("anonymous: a session for whoever looks", async () => {
    const url = await listen(app({ ...GOOD, saveUninitialized: true }));
    expect(await examine(`${url}/`)).toEqual(found("anonymous"));
  });

  test("cacheable: an answer with a cookie that caches may share", async () => {
    const url = await listen(app(GOOD, (made) => {
      made.use((_req, res, next) => (res.set("Cache-Control", "public, max-age=60"), next()));
    }));
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(found("cacheable"));
  });

  test("not-kept: a secret of its own in every process", async () => {
    let visits = 0;
    const url = await listen((req, res) => {
      app({ ...GOOD, secret: `${SECRET}, of process ${++visits}` })(req, res);
    });
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(found("not-kept"));
  });

  test.each([
    ["shared and not behind a cache's back", "shared", () => "s%3Aone-id-for-everybody-here.x"],
    ["same-site-none", "same-site-none", () => `${Math.random()}; SameSite=None`],
    ["partitioned", "partitioned", () => `${Math.random()}; SameSite=Lax; Partitioned`],
  ])("%s, by hand", async (_name, code, value) => {
    const url = await listen((_req, res) => {
      const attributes = code === "shared" ? "; HttpOnly; Secure; SameSite=Lax" : "; HttpOnly";
      res.setHeader("Set-Cookie", `sid=${value()}${attributes}`).end();
    });
    const { codes } = await examine(`${url}/`, "--starts-session");
    expect(codes).toContain(code);
    expect(codes.filter((each) => ![code, "not-secure", "not-kept"].includes(each))).toEqual([]);
  });

  test.each([
    ["prefix", "__Host-sid=1; HttpOnly; Secure; SameSite=Lax; Path=/app", ["prefix", "path"]],
    ["too-large", `sid=${"x".repeat(4200)}; HttpOnly; Secure; SameSite=Lax`, ["too-large"]],
  ])("%s, by hand", async (_name, header, codes) => {
    let visits = 0;
    const url = await listen((req, res) => {
      // Once for each of two visitors, and not again for who comes back.
      if (req.headers.cookie === undefined) {
        res.setHeader("Set-Cookie", header.replace("=", `=${++visits}`));
      }
      res.end();
    });
    expect(await examine(`${url}/`, "--starts-session")).toEqual(found(...codes));
  });

  test("twice: something ahead of the middleware sets a cookie of its name, without a path", async () => {
    const url = await listen(app({ ...GOOD, name: "sid2" }, (made) => {
      made.use((_req, res, next) => (res.append("Set-Cookie", "sid2=abc; HttpOnly"), next()));
    }));
    expect(await examine(`${url}/login`, "--starts-session")).toEqual(found("twice"));
  });

  test("and finds it behind a password, which it shows nobody", async () => {
    const inner = app({ ...GOOD, cookie: { ...GOOD.cookie, httpOnly: false } });
    const url = await listen((req, res) => {
      const isKnown = req.headers.authorization === `Basic ${btoa("me:p:w%")}`;
      if (!isKnown) return void res.writeHead(401).end();
      inner(req, res);
    });
    const page = `${url.replace("//", "//me:p:w%25@")}/login`;
    expect(await examine(page, "--starts-session")).toEqual(found("not-http-only"));
    const { out, err } = await project.run(["doctor", page, "--starts-session"]);
    expect(out + err).not.toContain("p:w");
  });

  test("in options, several at once, each with its remedy", async () => {
    const text = "module.exports = { secret: 'short', resave: true, saveUninitialized: true, " +
      "cookie: { maxAge: 3600, httpOnly: false } };";
    writeFileSync(join(project.folder, "bad.cjs"), text);
    expect(await examine("--options", "bad.cjs")).toEqual(
      found(
        ...["short-secret", "resave", "anonymous", "memory", "milliseconds"],
        ...["not-secure", "not-http-only", "no-same-site"],
      ),
    );
    const { out } = await project.run(["doctor", "--options", "bad.cjs"]);
    expect(out.match(/^ {2}→ /gm)).toHaveLength(8);
    expect(out).not.toContain("'short'");
  });

  test.each([
    ["web", 'secret, store, cookie: { samesite: "lax" }', "cookie.samesite", "cookie.sameSite"],
    [
      "express",
      'secret, store, resave: false, saveUninitialised: false, cookie: { secure: "auto", sameSite: "lax" }',
      "saveUninitialised",
      "saveUninitialized",
    ],
    ["web", "secret, store, httpOnly: true", "httpOnly", "cookie: { httpOnly }"],
    ["web", "secret, store, noStore: true, unset: 1", "unset", undefined],
  ])("an option that %s does not have: %s", async (entry, options, name, meant) => {
    const text = `const secret = ${JSON.stringify(SECRET)}; const store = ${STORE}; ` +
      `export const options = { ${options} };`;
    writeFileSync(join(project.folder, "misspelt.mjs"), text);
    expect(await examine("--options", "misspelt.mjs")).toEqual(found("unknown-option"));
    const { out, err } = await project.run(["doctor", "--options", "misspelt.mjs"]);
    expect(out).toContain(`There is no option "${name}"`);
    if (meant !== undefined) expect(out).toContain(`→ ${meant}, if that was meant`);
    expect(err).toContain(
      entry === "web" ? "options of createSessions() or Hono" : "of the Express",
    );
  });

  test("in a SQLite file: no table, and readers locked out", async () => {
    const database = new DatabaseSync(join(project.folder, "bad.db"));
    database.exec("CREATE TABLE other (a)");
    database.close();
    expect(await examine("--store", "sqlite:bad.db")).toEqual(found("no-schema", "journal-mode"));
    const [{ out }, { err }] = [
      await project.run(["doctor", "--store", "sqlite:bad.db"]),
      await project.run(["count", "--store", "sqlite:bad.db"]),
    ];
    for (const said of [out, err]) {
      expect(said).toContain("npx websession schema --store … --apply");
      expect(said).not.toContain("createSchema");
    }
  });
});

describe("a module of options", () => {
  const options = `{ secret: ${JSON.stringify(SECRET)}, store: ${STORE} }`;
  test.each([
    ["default.mjs", `export default ${options};`],
    ["named.mjs", `export const options = ${options}; export const other = 1;`],
    ["awaits.mjs", `export const options = await Promise.resolve(${options});`],
    ["whole.cjs", `module.exports = ${options};`],
    ["property.cjs", `exports.options = ${options};`],
    ["compiled.cjs", `exports.__esModule = true; exports.default = ${options};`],
    ["typed.mts", `const options: object = ${options}; export { options };`],
    // What it opens, as the connection of a store, keeps the tool from nothing.
    ["open.mjs", `setInterval(() => {}, 1e6); export const options = ${options};`],
  ])("is read: %s", async (file, text) => {
    writeFileSync(join(project.folder, file), text);
    expect(await examine("--options", file)).toEqual(WELL);
  });

  test.each([
    ["neither.mjs", "export const sessions = 1;", "neither a default export nor"],
    ["list.mjs", "export default [];", "is no options"],
    ["others.mjs", "export default { wrap() {}, list() {} };", "is no options"],
  ])("is refused where it exports none, and no mistake is made up: %s", async (file, text, why) => {
    writeFileSync(join(project.folder, file), text);
    const { code, out, err } = await project.run(["doctor", "--options", file]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(why);
  });

  test("is read for the entry that it is told, or that its options tell, and says so", async () => {
    writeFileSync(join(project.folder, "either.mjs"), `export default ${options};`);
    const run = async (...args: string[]) =>
      (await project.run(["doctor", "--options", "either.mjs", ...args])).err;
    expect(await run()).toContain("was read as options of createSessions() or Hono (");
    expect(await run("--entry", "express")).toContain(
      "was read as options of the Express middleware\n",
    );
    expect(await examine("--options", "either.mjs", "--entry", "express"))
      .toEqual(found("not-secure", "no-same-site", "resave", "anonymous"));
  });

  test("with a function for the cookie says what it could not look at, and makes up nothing", async () => {
    writeFileSync(
      join(project.folder, "given.mjs"),
      `export default { ...${options}, resave: false, saveUninitialized: false, cookie: () => ({}) };`,
    );
    const { code, out, err } = await project.run(["doctor", "--options", "given.mjs"]);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toContain("cookie is a function of the request; a visit shows what it gives");
  });

  test("may have every option that the types have, and no other", () => {
    // The compiler says when one is missing on either side.
    const names: {
      express: readonly (keyof SessionOptions)[];
      web: readonly (keyof HonoSessionOptions)[];
      cookie: readonly (keyof CookieOptions)[];
    } = { ...NAMES, cookie: ATTRIBUTES };
    type Lacking =
      | Exclude<keyof SessionOptions, typeof NAMES.express[number]>
      | Exclude<keyof HonoSessionOptions, typeof NAMES.web[number]>
      | Exclude<keyof CookieOptions, typeof ATTRIBUTES[number]>;
    const lacking: [Lacking] extends [never] ? 0 : Lacking = 0;
    expect([lacking, Object.keys(names)]).toEqual([0, ["express", "web", "cookie"]]);
  });
});

/** One that gives its cookie, whatever its path is. */
function pathApp(options: SessionOptions): Parameters<typeof createServer>[1] {
  const inner = app(options);
  return (req, res) => {
    // As a proxy does that puts the application under another name.
    req.url = `/admin${req.url}`;
    const mounted = express();
    mounted.set("trust proxy", 1);
    mounted.use("/admin", inner);
    mounted(req, res);
  };
}

describe.skipIf(skipRedis)("Redis", () => {
  test("that keeps what it is given is well", async () => {
    const server = await startRedis("--appendonly", "yes");
    const store = `redis://127.0.0.1:${server.port}`;
    expect(await examine("--store", store)).toEqual(WELL);
    server.cli("CONFIG", "SET", "maxmemory", "100mb");
    expect(await examine("--store", store)).toEqual(WELL);
    server.cli("CONFIG", "SET", "maxmemory-policy", "volatile-ttl");
    expect(await examine("--store", store)).toEqual(WELL);
    await server.stop();
  });

  test("that evicts, and forgets when it restarts, is not", async () => {
    const server = await startRedis("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
    const store = `redis://127.0.0.1:${server.port}`;
    expect(await examine("--store", store)).toEqual(found("evicts", "no-persistence"));
    await server.stop();
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres", () => {
  test("as it comes lacks the table alone; with settings that lose sessions it is told each", async () => {
    const server = await startPostgres();
    const at = ["--store", server.url];
    expect(await examine(...at)).toEqual(found("no-schema"));
    await project.run(["schema", "--apply", ...at]);
    expect(await examine(...at)).toEqual(WELL);
    await server.stop();
  });

  test("with settings that lose sessions is told each", async () => {
    const server = await startPostgres([
      ...["default_transaction_isolation=serializable", "synchronous_commit=off", "fsync=off"],
    ]);
    expect(await examine("--store", server.url))
      .toEqual(found("no-schema", "isolation", "not-flushed", "not-flushed"));
    await server.stop();
  });
});

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("MariaDB", () => {
  test("as it comes lacks the table alone", async () => {
    const server = await startMariadb();
    const at = ["--store", server.url];
    expect(await examine(...at)).toEqual(found("no-schema"));
    await project.run(["schema", "--apply", ...at]);
    expect(await examine(...at)).toEqual(WELL);
    await server.stop();
  });

  test("with settings that lose sessions is told each", async () => {
    const server = await startMariadb([
      ...["--transaction-isolation=READ-UNCOMMITTED", "--innodb-flush-log-at-trx-commit=2"],
      "--sql-mode=",
    ]);
    const at = ["--store", server.url];
    await project.run(["schema", "--apply", ...at]);
    expect(await examine(...at)).toEqual(found("isolation", "not-flushed", "not-strict"));
    await server.stop();
  });
});

test("strangers' servers are left alone, and what is no URL is refused", async () => {
  for (
    const page of ["https://example.com/", "http://127.0.0.1.example.com/", "ftp://localhost/"]
  ) {
    const { code, out } = await project.run(["doctor", page]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  }
  expect((await project.run(["doctor"])).code).toBe(2);
});
