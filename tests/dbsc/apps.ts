/** One small application on both entries, whose routes under /bound require the device. */
import { createServer, request as ask } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { createSessions } from "../../mod.ts";
import session, {
  bindDevices as bindOnExpress,
  login,
  logout,
  toExpressStore,
} from "../../src/express/mod.ts";
import { bindDevices, type DeviceOptions, type DevicePolicy } from "../../src/web/dbsc.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Fetch } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** The name of the session's cookie, on both. */
export const NAME = "__Host-sid";

export interface DeviceApp {
  readonly fetch: Fetch;
  /** Milliseconds pass, for the application alone. */
  pass(ms: number): void;
  /** What the devices have told: the event, and its reason. */
  readonly events: string[];
  end(): void;
}

const secret = "a secret of the tests, 32 bytes+";
const EVENTS = ["registered", "refreshed", "rejected", "stale", "ended"] as const;

function handClock() {
  let now = 1_800_000_000_000;
  return { now: () => now, after: () => () => {}, pass: (ms: number) => void (now += ms) };
}

/** Options that both entries have. */
export type AppOptions = Pick<DeviceOptions<unknown>, "maxAge" | "grace" | "path">;

function policyAt(path: string): DevicePolicy {
  if (path.startsWith("/off")) return "off";
  return path.startsWith("/bound") ? "require" : "prefer";
}

function listen(devices: { on: Any }): string[] {
  const events: string[] = [];
  for (const name of EVENTS) {
    devices.on(name, ({ reason }: { reason?: string }) => {
      events.push(reason === undefined ? name : `${name}: ${reason}`);
    });
  }
  return events;
}

function webApp(options: AppOptions = {}): DeviceApp {
  const clock = handClock();
  const sessions = createSessions({ secret, name: NAME, clock });
  const policy = (request: Request) => policyAt(new URL(request.url).pathname);
  const devices = bindDevices(sessions, { policy, ...options });
  const events = listen(devices);
  const fetch = devices.wrap(sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    const [, act, subject = "ada"] = pathname.split("/");
    if (act === "login") await session.login(subject);
    if (act === "logout") await session.logout();
    if (act === "rotate") await session.regenerate({ keep: true });
    if (act === "anew") await session.regenerate();
    return Response.json(devices.deviceOf(session) ?? null);
  }));
  return { fetch, pass: clock.pass, events, end: () => {} };
}

function expressApp(options: AppOptions = {}): DeviceApp {
  const clock = handClock();
  const store = toExpressStore(memoryStore());
  const app = express();
  app.set("trust proxy", true);
  app.use(session({
    ...{ secret, name: NAME, clock, store, resave: false, saveUninitialized: false },
    cookie: { secure: true, path: "/" },
  }));
  const policy = (req: Any) => policyAt(req.path);
  const devices = bindOnExpress({ policy, ...options });
  const events = listen(devices);
  app.use(devices);
  app.get(/.*/, async (req: Any, res) => {
    const [, act, subject = "ada"] = req.path.split("/");
    if (act === "login") await login(req, subject);
    if (act === "logout") await logout(req);
    if (act === "rotate") await req.session.regenerate({ keep: true });
    if (act === "anew") await req.session.regenerate();
    res.json(devices.deviceOf(req) ?? null);
  });
  return { ...served(app), pass: clock.pass, events };
}

/** A Node application as a fetch, behind a proxy that has the certificate. */
export function served(app: Any): { fetch: Fetch; end(): void } {
  const server = createServer(app);
  const listens = new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const fetch: Fetch = async (request) => {
    await listens;
    const { port } = server.address() as AddressInfo;
    const { pathname, host, protocol } = new URL(request.url);
    const forwarded = { host, "x-forwarded-proto": protocol.slice(0, -1) };
    const headers = { ...Object.fromEntries(request.headers), ...forwarded };
    return await new Promise((resolve, reject) => {
      const options = { port, path: pathname, method: request.method, headers };
      ask(options, async (res) => {
        let body = "";
        for await (const chunk of res) body += chunk;
        const given = new Headers();
        for (const [name, value] of Object.entries(res.headers)) {
          for (const each of [value].flat()) given.append(name, each!);
        }
        resolve(new Response(body, { status: res.statusCode!, headers: given }));
      }).on("error", reject).end();
    });
  };
  return { fetch, end: () => void server.close() };
}

export const APPS: Record<"Web" | "Express", (options?: AppOptions) => DeviceApp> = {
  Web: webApp,
  Express: expressApp,
};
