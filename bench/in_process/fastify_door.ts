/** @fastify/session above Fastify's own floor, beside the Express entry above its own. */
import fastifyCookie from "@fastify/cookie";
import fastifySession from "@fastify/session";
import fastify from "fastify";
import { cookieHeader, SECRET } from "../lib/cookies.ts";
import { dataOf } from "../lib/payload.ts";
import type { Contestant } from "../lib/rounds.ts";
import type { Scenario } from "../scenarios.ts";
import { expressDoor, RUNNERS } from "./express_door.ts";

const MAX_AGE = 24 * 60 * 60 * 1000;

// deno-lint-ignore no-explicit-any
type Loose = any;
type Act = Scenario["act"] | "seed";

let seeding: Record<string, unknown> = {};

const ACTS: Readonly<Record<Act, (request: Loose) => unknown>> = {
  nothing: () => {},
  ask: ({ session }) => needNobody(session.user),
  read: ({ session }) => {
    if (session.user === undefined) {
      throw new Error("The session was not found");
    }
  },
  write: ({ session }) => {
    session.views = (session.views ?? 0) + 1;
  },
  login: async (request) => {
    await request.session.regenerate();
    request.session.user = {
      id: "u-1",
      name: "Ada Lovelace",
      roles: ["reader"],
    };
  },
  logout: ({ session }) => session.destroy(),
  seed: ({ session }) => Object.assign(session, seeding),
};

function needNobody(user: unknown): void {
  if (user !== undefined) throw new Error("Nobody should be there");
}

function appOf(act: Act, options: object | undefined): Loose {
  const app: Loose = fastify();
  if (options !== undefined) {
    app.register(fastifyCookie);
    app.register(fastifySession, options);
  }
  const run = ACTS[act];
  app.get("/", async (request: Loose) => {
    const pending = run(request);
    if (pending !== undefined) await pending;
    return "ok";
  });
  return app;
}

/** Fastify's floor, its session plugin, then the floor of `node:http` and ours. */
export function fastifyDoor(scenario: Scenario): Contestant[] {
  const bare = appOf("nothing", undefined);
  const store: Loose = new (fastifySession as Loose).MemoryStore();
  const options = {
    secret: SECRET,
    store,
    saveUninitialized: false,
    cookie: { secure: false, maxAge: MAX_AGE },
  };
  const app = appOf(scenario.act, options);
  const seeder = appOf("seed", options);
  const headersOf = (cookie: string | undefined) => cookie === undefined ? {} : { cookie };
  let cookies: (string | undefined)[] = [undefined];
  let seeded = false;
  const { bytes, act, visitors } = scenario;
  const [floor, ours] = expressDoor(scenario, RUNNERS["connect style"]!);
  return [
    {
      name: "Fastify floor",
      request: () => bare.inject({ url: "/", headers: headersOf(cookies[0]) }),
    },
    {
      name: "@fastify/session",
      async prepare(count) {
        if (seeded && act !== "login" && act !== "logout") return;
        seeded = true;
        store.store.clear();
        if (bytes === 0) return;
        cookies = [];
        for (let index = 0; index < (visitors || count); index++) {
          seeding = dataOf(bytes, index);
          const { headers } = await seeder.inject({ url: "/" });
          cookies.push(
            cookieHeader([headers["set-cookie"]].flat() as string[]),
          );
        }
      },
      request: (index) =>
        app.inject({
          url: "/",
          headers: headersOf(cookies[index % cookies.length]),
        }),
    },
    { ...floor!, name: "node:http floor" },
    { ...ours!, floor: "node:http floor" },
  ];
}

/** Runs each act once and checks what it must have done. */
export async function checkFastifyDoor(): Promise<void> {
  const store: Loose = new (fastifySession as Loose).MemoryStore();
  const options = {
    secret: SECRET,
    store,
    saveUninitialized: false,
    cookie: { secure: false },
  };
  const run = (act: Act, cookie?: string) =>
    appOf(act, options).inject({
      url: "/",
      headers: cookie === undefined ? {} : { cookie },
    });
  const must = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`@fastify/session: ${what}`);
  };
  const login = await run("login");
  must(
    login.statusCode === 200 && login.headers["set-cookie"] !== undefined,
    "login sets a cookie",
  );
  const cookie = cookieHeader([login.headers["set-cookie"]].flat());
  must(
    (await run("read", cookie)).statusCode === 200,
    "read finds the session",
  );
  must((await run("write", cookie)).statusCode === 200, "write answers");
  must((await run("logout", cookie)).statusCode === 200, "logout answers");
  must(store.store.size === 0, "logout removes the record");
}
