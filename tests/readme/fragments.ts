/** What stands around the pages' snippets that are no files of their own, so that they run; and what they print then. */

export interface Fragment {
  /** What the page takes for granted; `PAGE` there is the file itself. */
  readonly before?: string;
  readonly after: string;
  /** What it prints, line by line. */
  readonly says: readonly string[];
  /** The file it is for others, where they import it by name. */
  readonly file?: string;
  /** The server it needs. */
  readonly server?: "Redis" | "Postgres" | "MariaDB" | "memcached" | "DynamoDB";
}

const SECRET = "const secret = process.env.SECRET!;";

/** Two visits of one browser to a store's sessions. */
const VISITED = `
import { byFetch } from "./visits.ts";
import { createSessions as sessionsOf } from "websession/web";
const counting = sessionsOf<{ views: number }>({ secret: process.env.SECRET!, store });
await byFetch(counting.wrap((_request, session) => {
  session.views = (session.views ?? 0) + 1;
  return new Response(session.views + " views");
}), "GET /", "GET /");
process.exit(0);
`;
/** The same with the sessions that the page makes. */
const BY_SESSIONS = `
import { byFetch } from "./visits.ts";
await byFetch(sessions.wrap((_request, session) => {
  const { views = 0 } = session as { views?: number };
  Object.assign(session, { views: views + 1 });
  return new Response(views + 1 + " views");
}), "GET /", "GET /");
`;
const COUNTED = ["200 1 views", "200 2 views"];

/** By page, and by the key of a block there (see fences.ts). */
export const FRAGMENTS: Readonly<Record<string, Readonly<Record<string, Fragment>>>> = {
  "README.md": {
    "In an Express application, 2": {
      after: `
        import { byServer } from "./visits.ts";
        app.get("/", (req, res) => void res.json(req.session.items ?? null));
        await byServer(app, "POST /login", ["POST /cart", "POST /cart"], "GET /", "POST /logout", "GET /");
      `,
      says: ["302", "302", "302", "200 2", "302", "200 null"],
    },
    "Everywhere else": {
      after: `
        import { byFetch } from "./visits.ts";
        await byFetch(app.fetch, "GET /", "GET /");
      `,
      says: COUNTED,
    },
    "The session": {
      before: `
        import express from "express";
        import session from "websession";
        const app = express();
        app.use(session({ secret: process.env.SECRET!, resave: false, saveUninitialized: false }));
        app.post("/give", (req, res) => {
          Object.assign(req.session, { coupon: "ten", cart: ["tea"], items: 1 });
          res.send("given");
        });
        app.get("/", (req, res) => void res.json([req.session.cart, req.session.items]));
      `,
      after: `
        import { byServer } from "./visits.ts";
        await byServer(app, "POST /give", "POST /login", "GET /", "POST /give",
          "POST /coupon", "POST /coupon", "POST /pay", "POST /pay", "POST /password", "POST /logout", "GET /");
      `,
      says: [
        ...["200 given", "302", '200 [["tea"],null]', "200 given"],
        ...["200 user-7 used ten", "200 user-7 used nothing"],
        ...["200 Welcome back", "200", "302", "302", "200 [null,null]"],
      ],
    },
    "How long it lives, and where else": {
      before: `
        import { createSessions, lifetimes } from "websession/web";
        import { memoryStore } from "websession/stores/memory";
        ${SECRET}
        const store = memoryStore();
      `,
      after: `
        const ask = (handler: typeof login, cookie = "") =>
          handler(new Request("https://app.test/", { headers: { cookie } }));
        const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0]!.split(";")[0]!;
        const [cookie] = [cookieOf(await ask(login)), await ask(login)];
        const labels = async () => (await (await ask(devices, cookie)).json()).map(
          ({ label, current }: { label: string; current: boolean }) => label + " " + current,
        ).sort().join();
        console.log(await labels());
        const handles = (await (await ask(devices, cookie)).json()).map(({ handle }: { handle: string }) => handle);
        const eve = sessions.wrap((_request, session) => session.login("eve").then(() => new Response("in")));
        const end = async (by: string) => {
          const body = new URLSearchParams({ handle: handles[0] });
          const asked = { method: "POST", body, headers: { cookie: by } };
          return (await endDevice(new Request("https://app.test/", asked))).status;
        };
        console.log(await end(cookieOf(await ask(eve))));
        console.log(await labels());
        await ask(changePassword, cookie);
        console.log(await labels());
        await ask(login);
        handles.splice(0, 1, ...(await (await ask(devices, cookie)).json())
          .filter(({ current }: { current: boolean }) => !current)
          .map(({ handle }: { handle: string }) => handle));
        console.log(await end(cookie), await labels());
      `,
      says: [
        "Firefox on Linux false,Firefox on Linux true",
        "404",
        "Firefox on Linux false,Firefox on Linux true",
        "Firefox on Linux true",
        "200 Firefox on Linux true",
      ],
    },
    "Bound to a device": {
      before: `
        import { createSessions, type SessionHandler } from "websession/web";
        const sessions = createSessions<{ n: number }>({ secret: process.env.SECRET! });
        const handler: SessionHandler<{ n: number }> = async (request, session) => {
          if (request.url.endsWith("/login")) await session.login("ada");
          return new Response(session.subject ?? "nobody");
        };
      `,
      after: `
        import served from "PAGE";
        for (const path of ["/", "/login"]) {
          const answer = await served.fetch(new Request("https://app.test" + path));
          console.log(await answer.text(), answer.headers.has("secure-session-registration"));
        }
      `,
      says: ["nobody false", "ada true"],
    },
    "What its data look like": {
      before: `
        import { createSessions } from "websession/web";
        import { memoryStore } from "websession/stores/memory";
        import { z } from "zod";
        ${SECRET}
        const store = memoryStore();
      `,
      after: `
        const before = createSessions<{ items: string[] }>({ secret, store }).wrap((_request, session) => {
          session.items = ["milk"];
          return new Response("begun");
        });
        const ask = (cookie = "") => new Request("https://app.test/", { headers: { cookie } });
        const cookie = (await before(ask())).headers.getSetCookie()[0]!.split(";")[0]!;
        for (const asked of [ask(), ask(cookie), ask(cookie)]) console.log(await (await add(asked)).text());
      `,
      says: ['["tea"]', '["milk","tea"]', '["milk","tea","tea"]'],
    },
    "Who may begin one": {
      before: `
        import { createSessions } from "websession/web";
        ${SECRET}
        let left = 1;
        const limiter = { take: (_ip: string | null) => left-- > 0 };
      `,
      after: `
        const handler = sessions.wrap((_request, session) => {
          Object.assign(session, { cart: ["tea"] });
          return new Response("begun");
        });
        const begin = () => handler(new Request("https://app.test/")).then((answer) => answer.text(), ({ code }) => code);
        console.log(await begin());
        console.log(await begin());
      `,
      says: ["begun", "SESSION_REFUSED"],
    },
    "When the store is down": {
      before: `
        import { createSessions } from "websession/web";
        import { memoryStore } from "websession/stores/memory";
        import { faultyStore } from "websession/testing";
        ${SECRET}
        const store = faultyStore(memoryStore(), [2, 3].map((call) => ({ verb: "read", call, fault: "reject" } as const)));
      `,
      after: `
        import { byFetch } from "./visits.ts";
        const handler = sessions.wrap(async (request, session) => {
          if (request.method === "POST") await session.login("ada");
          return new Response(session.subject ?? "nobody");
        });
        await byFetch(handler, "POST /", "GET /", "GET /account", "GET /", "GET /");
      `,
      says: ["200 ada", "200 ada", "503 Back in a minute", "200 nobody", "200 ada"],
    },
    "Stores: websession/stores/redis": {
      server: "Redis",
      before: `
        import { createClient as connect } from "redis";
        const createClient = () => connect({ url: process.env.REDIS! });
      `,
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/postgres": {
      server: "Postgres",
      before: 'import pg from "pg";',
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/mysql": {
      server: "MariaDB",
      before: `
        import mysql from "mysql2/promise";
        const createPool = (_url: string) => mysql.createPool(process.env.MARIADB!);
      `,
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/dynamodb": {
      server: "DynamoDB",
      // Its endpoint, and whose it is, come from the environment.
      before: 'import { DynamoDB } from "@aws-sdk/client-dynamodb";',
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/sqlite": {
      before: 'import { DatabaseSync } from "node:sqlite";',
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/hash-ids": {
      before: `
        import { createSessions } from "websession/web";
        import { memoryStore } from "websession/stores/memory";
        ${SECRET}
        const store = memoryStore();
      `,
      after: BY_SESSIONS,
      says: COUNTED,
    },
    "Stores: websession/stores/memcached": {
      server: "memcached",
      before: `
        import { MemcacheClient as Client } from "memcache-client";
        class MemcacheClient extends Client {
          constructor(_options: { server: string }) {
            super({ server: process.env.MEMCACHED! });
          }
        }
      `,
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/unstorage": {
      before: 'import { createStorage } from "unstorage";',
      after: VISITED,
      says: COUNTED,
    },
    "Stores: websession/stores/cookie": {
      before: `import { createSessions } from "websession/web";
        ${SECRET}`,
      after: BY_SESSIONS,
      says: COUNTED,
    },
    "Stores: websession/stores/encrypt": {
      before: `
        import { createSessions } from "websession/web";
        import { memoryStore } from "websession/stores/memory";
        ${SECRET}
        const store = memoryStore();
        const key = crypto.getRandomValues(new Uint8Array(32));
      `,
      after: BY_SESSIONS,
      says: COUNTED,
    },
    "Stores: websession/testing": {
      after: "console.log([testStore, faultyStore, gateStore].map((each) => typeof each).join());",
      says: ["function,function,function"],
    },
  },
  "docs/migrating-hono.md": {
    "Moving to websession from @hono/session or hono-sessions": {
      before: `
        import { Hono } from "hono";
        import { type DurableObjectNamespaceLike, durableObjectStore } from "websession/stores/cloudflare";
        import { session } from "websession/hono";
        interface Data { counter: number }
        const app = new Hono<{ Bindings: { SECRET: string; SESSIONS: DurableObjectNamespaceLike } }>();
      `,
      after: `
        const env = { SECRET: process.env.SECRET!, SESSIONS: {
          idFromName() {}, get() {}, newUniqueId() {}, getByName() {},
        } };
        app.get("/", (c) => c.json("session" in c.var));
        console.log((await app.request("https://app.test/", {}, env as never)).status);
      `,
      says: ["200"],
    },
  },
  "docs/live-connections.md": {
    "WebSockets": {
      before: `
        import { createServer } from "node:http";
        import { Server } from "socket.io";
        import session, { signalOf } from "websession";
        const sessions = session({ secret: process.env.SECRET!, resave: false, saveUninitialized: false });
        const io = new Server(createServer());
      `,
      after: 'console.log("used"); process.exit(0);',
      says: ["used"],
    },
  },
  "docs/writing-a-store.md": {
    "Atomic is shown, not said": {
      file: "worker.ts",
      before: 'import { myStore } from "./my_store.ts";',
      after: "",
      says: [],
    },
    "Atomic is shown, not said, 2": {
      before: `
        import { Worker } from "node:worker_threads";
        import { remoteStore } from "websession/testing";
        import { myStore } from "./my_store.ts";
        async function create(url: string) {
      `,
      after: `}
        const { store, peer, close } = await create("peers.db");
        await store.createSchema();
        await store.create("a".repeat(32), { json: "{}", expires: null });
        console.log((await peer.read("a".repeat(32)))?.json);
        await close();
      `,
      says: ["{}"],
    },
  },
};

/** What the fragments import. */
export const HELPERS: Readonly<Record<string, string>> = {
  "my_store.ts": `
    import { DatabaseSync } from "node:sqlite";
    import { sqliteStore } from "websession/stores/sqlite";
    export const myStore = ({ url }: { url: string }) => sqliteStore({ client: new DatabaseSync(url) });
  `,
  "visits.ts": `
    import { createServer, type RequestListener } from "node:http";
    import type { AddressInfo } from "node:net";
    type Visit = string | string[];

    /** Visits with one browser's cookies, those of an array beside each other, and prints what was answered. */
    export async function byFetch(ask: (request: Request) => Response | Promise<Response>, ...visits: Visit[]) {
      const jar = new Map<string, string>();
      const visit = async (line: string) => {
        const [method = "", path] = line.split(" ");
        const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
        const answer = await ask(new Request("https://app.test" + path, { method, headers: { cookie } }));
        for (const each of answer.headers.getSetCookie()) {
          const [pair = ""] = each.split(";");
          const at = pair.indexOf("=");
          jar.set(pair.slice(0, at), pair.slice(at + 1));
        }
        const text = answer.status === 302 ? "" : await answer.text();
        return answer.status + (text === "" && answer.status < 400 ? "" : " " + text);
      };
      for (const each of visits) {
        for (const said of await Promise.all([each].flat().map(visit))) console.log(said);
      }
    }

    /** The same with an application of node:http, as from a proxy that ends TLS. */
    export async function byServer(app: RequestListener, ...visits: Visit[]) {
      const server = createServer(app);
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      const { port } = server.address() as AddressInfo;
      await byFetch(({ method, url, headers }) => {
        const cookie = headers.get("cookie") ?? "";
        return fetch("http://127.0.0.1:" + port + new URL(url).pathname, {
          method, redirect: "manual", headers: { cookie, "x-forwarded-proto": "https" },
        });
      }, ...visits);
      server.closeAllConnections();
      server.close();
    }
  `,
};

/** The tests that run what a page shows as files with a name. */
export const RUN_BY: Readonly<Record<string, string>> = {
  "README.md": "tests/readme/starts.test.ts",
  "docs/command-line.md": "tests/cli/transcript.test.ts",
  "docs/device-bound-sessions.md": "tests/dbsc/page.test.ts",
  "docs/live-connections.md": "tests/web/live_connections_page.test.ts",
  "docs/observability.md": "tests/web/observability_page.test.ts",
  "docs/testing-races.md": "tests/testing/races_page.test.ts",
  "docs/writing-a-store.md": "tests/testing/store_page.test.ts",
  "docs/migrating-cookie-session.md": "tests/web/migrating_pages.test.ts",
  "docs/migrating-express-session.md": "tests/web/migrating_pages.test.ts",
  "docs/migrating-fastify-session.md": "tests/web/migrating_pages.test.ts",
  "docs/migrating-hono.md": "tests/web/migrating_pages.test.ts",
  "docs/migrating-iron-session.md": "tests/web/migrating_pages.test.ts",
  "docs/migrating-lucia.md": "tests/web/migrating_pages.test.ts",
};
