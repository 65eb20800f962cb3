/** An application in workerd whose visitors count in one session; the query names its store. */
import type { D1Client } from "../../../src/stores/sqlite.ts";
import type { DurableObjectNamespaceLike } from "../../../src/stores/cloudflare.ts";
import type { SessionStore } from "../../../src/store.ts";
import { createSessions, type Sessions } from "../../../mod.ts";
import { durableObjectStore } from "../../../src/stores/cloudflare.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";

export { SessionObject } from "../../../src/stores/cloudflare.ts";

interface Env {
  SESSIONS: DurableObjectNamespaceLike;
  DB: D1Client;
}

type Data = Record<string, unknown>;

const STORES: Record<string, (env: Env) => SessionStore> = {
  "durable objects": ({ SESSIONS }) => durableObjectStore({ namespace: SESSIONS }),
  d1: ({ DB }) => sqliteStore({ client: DB }),
};

const kept = new Map<string, Sessions<Data>>();

/** One for all requests of this isolate, or one for each, as applications do it. */
function sessionsFor(name: string, isShared: boolean, env: Env): Sessions<Data> {
  const make = () =>
    createSessions<Data>({ secret: "x".repeat(32), store: STORES[name]!(env), ioTimeout: 60_000 });
  if (!isShared) return make();
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name)!;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("store") ?? "";
    if (pathname === "/schema") {
      await sqliteStore({ client: env.DB }).createSchema();
      return new Response();
    }
    const sessions = sessionsFor(name, searchParams.has("shared"), env);
    return await sessions.wrap(async (_, session) => {
      if (pathname === "/begin") session["n"] = 0;
      if (pathname === "/add") {
        await session.update((data) => {
          data["n"] = Number(data["n"]) + 1;
          data[searchParams.get("key")!] = 1;
        });
      }
      return Response.json(JSON.parse(JSON.stringify(session)));
    })(request);
  },
};
