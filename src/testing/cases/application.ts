/** The cases of an application on the store, which browsers visit. */
import type { Kit, StoreCase } from "../kit.ts";
import type { AnyStore } from "../types.ts";
import { check, same } from "../assert.ts";
import { HOUR, isOrdered } from "../kit.ts";
import { together } from "../together.ts";
import { createSessions } from "../../web/fetch.ts";
import type { Sessions } from "../../web/make_sessions.ts";

interface Data {
  count?: number;
  token?: string;
  [item: `item${number}`]: string;
}

const ORIGIN = "https://store.test";
const SECRET = "a secret of the kit, which signs nothing else";
/** Cookies count by `Date.now`, which runs, from where the injected clock may be hours away. */
const MAX_AGE = 24 * HOUR;
const APART = 2 * HOUR;

/** The smallest application that asks a store for everything. */
class Application {
  readonly sessions: Sessions<Data>;
  readonly #handle: (request: Request) => Promise<Response>;

  constructor(kit: Kit, store: AnyStore) {
    this.sessions = createSessions<Data>({
      secret: SECRET,
      store,
      clock: kit.clock,
      cookie: { maxAge: MAX_AGE },
    });
    this.#handle = this.sessions.wrap(async (request, session) => {
      const [, verb, value = ""] = new URL(request.url).pathname.split("/");
      switch (verb) {
        case "set":
          session[`item${Number(value)}`] = value;
          break;
        case "count":
          await session.update((data) => void (data.count = (data.count ?? 0) + 1));
          break;
        case "offer":
          session.token = value;
          break;
        case "take":
          return Response.json(await session.take("token") ?? null);
        case "login":
          await session.login(value, { keep: true });
          break;
        case "logout":
          await session.logout();
          break;
      }
      const { cookie: _, ...data } = { ...session } as Record<string, unknown>;
      return Response.json({ data, subject: session.subject ?? null });
    });
  }

  async visit(browser: Browser, path: string): Promise<Record<string, unknown> | string | null> {
    const request = new Request(`${ORIGIN}/${path}`, { headers: browser.headers() });
    const response = await this.#handle(request);
    browser.keep(response);
    const answer = await response.text();
    check(response.status === 200, `GET /${path} answered ${response.status}: ${answer}`);
    return JSON.parse(answer) as Record<string, unknown>;
  }

  /** What a visitor's session holds. */
  async data(browser: Browser): Promise<Record<string, unknown>> {
    return (await this.visit(browser, "look") as { data: Record<string, unknown> }).data;
  }
}

/** What a browser keeps: one cookie. */
class Browser {
  cookie: string;

  constructor(cookie = "") {
    this.cookie = cookie;
  }

  headers(): Record<string, string> {
    return this.cookie === "" ? {} : { cookie: this.cookie };
  }

  keep(response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      this.cookie = /max-age=0\b|expires=thu, 01 jan 1970/i.test(line) ? "" : pair;
    }
  }
}

/** Two processes of one application. */
function applications(kit: Kit): [Application, Application] {
  const one = new Application(kit, kit.store);
  return [one, kit.peer === kit.store ? one : new Application(kit, kit.peer)];
}

/** The same promises, asked for by requests. */
export const applicationCases: readonly StoreCase[] = [
  {
    name: "an application keeps its visitors' data, logs them in and out, and forgets them in time",
    async run(kit) {
      const [app, other] = applications(kit);
      const [ada, eve] = [new Browser(), new Browser()];
      await app.visit(ada, "set/1");
      await app.visit(eve, "set/2");
      check(ada.cookie !== "" && ada.cookie !== eve.cookie, "a visitor has no cookie of her own");
      same(await other.data(ada), { item1: "1" }, "a visitor's data");
      const before = new Browser(ada.cookie);
      const { subject } = await other.visit(ada, "login/ada") as { subject: string };
      same(subject, "ada", "subject after a login");
      same(await app.data(ada), { item1: "1" }, "data that the login keeps");
      same(await app.data(before), {}, "data under the cookie from before the login");
      if (kit.store.list) same((await app.sessions.list("ada")).length, 1, "sessions of a subject");
      const copy = new Browser(ada.cookie);
      await app.visit(ada, "logout");
      same(await other.data(copy), {}, "data under a copy of a cookie that was logged out");
      if (kit.store.list) same(await app.sessions.list("ada"), [], "sessions after the logout");
      same(await app.data(eve), { item2: "2" }, "another visitor's data");
      if (!kit.exact) return;
      await kit.pass(MAX_AGE + kit.resolution + APART);
      same(await other.data(eve), {}, "data of a visitor whose session has ended");
    },
  },
  {
    name: "an application that logs a subject out everywhere reaches every browser",
    when: ({ subject }) => subject === true,
    async run(kit) {
      const [app, other] = applications(kit);
      const browsers = [new Browser(), new Browser(), new Browser()];
      for (const browser of browsers) {
        await other.visit(browser, "set/1");
        await app.visit(browser, "login/ada");
      }
      same(await app.sessions.revokeAll("ada"), 3, "revokeAll()");
      for (const browser of browsers) same(await other.data(browser), {}, "data after revokeAll()");
    },
  },
  {
    name: "parallel requests of an application lose nothing, and revive no logout",
    when: isOrdered,
    async run(kit) {
      const apps = applications(kit);
      const browser = new Browser();
      await apps[0].visit(browser, "offer/once");
      const visit = (path: string, at: number) => async () => {
        await kit.random.pause(6);
        return await apps[at % 2]!.visit(new Browser(browser.cookie), path);
      };
      const eight = Array.from({ length: 8 }, (_, at) => at);
      const answers = await together([
        ...eight.map((at) => visit(`set/${at}`, at)),
        ...eight.map((at) => visit("count", at)),
        ...eight.map((at) => visit("take", at)),
      ]);
      same(answers.filter((answer) => answer === "once").length, 1, "takers of one token");
      const items = Object.fromEntries(eight.map((at) => [`item${at}`, String(at)]));
      const kept = Object.entries(await apps[1].data(browser)).sort();
      same(kept, Object.entries({ ...items, count: 8 }).sort(), "data after parallel requests");
      await together([
        ...eight.map((at) => visit(`set/${at}`, at)),
        visit("logout", 0),
        ...eight.map((at) => visit("count", at + 1)),
      ].map((run) => () => run().catch(refused)));
      for (const app of apps) {
        same(await app.data(browser), {}, "data under a cookie that was logged out meanwhile");
      }
    },
  },
];

/** A request that finds its session logged out meanwhile may say so. */
function refused(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code === "SESSION_GONE") return undefined;
  throw error;
}
