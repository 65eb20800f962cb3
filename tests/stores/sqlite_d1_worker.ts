/** Runs inside workerd: an application whose sessions are in D1. */
import { createSessions } from "../../mod.ts";
import { type D1Client, sqliteStore } from "../../src/stores/sqlite.ts";
import { visitor } from "./sql_visitor.ts";

interface Env {
  DB: D1Client;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    let queries = 0;
    const client: D1Client = {
      prepare: (text) => (queries++, env.DB.prepare(text)),
      batch: (statements) => env.DB.batch(statements),
    };
    const table = searchParams.get("table") ?? "session";
    const store = sqliteStore({ client, table, sweepInterval: 0 });
    const visit = visitor(createSessions({ secret: "x".repeat(32), store, ioTimeout: 60_000 }));
    const cookie = request.headers.get("cookie") ?? "";
    try {
      switch (pathname) {
        case "/schema":
          await store.createSchema();
          return Response.json({ queries });
        case "/begin":
          return Response.json({ cookie: await visit.begin() });
        case "/add":
          await visit.add(cookie, searchParams.get("writer")!);
          return Response.json({});
        case "/look":
          return Response.json(await visit.look(cookie));
        case "/fill":
          for (let n = 0; n < 1_200; n++) {
            await store.create(`id-${n}`, { json: "{}", expires: null, subject: "ada" });
          }
          return Response.json({});
        case "/list": {
          const ids = await store.list("ada");
          return Response.json({ many: new Set(ids).size, queries });
        }
        case "/end":
          return Response.json({ ended: await store.destroyAll("ada", "id-7"), queries });
        default:
          return Response.json({ error: "not here" });
      }
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
};
