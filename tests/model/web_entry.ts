/** The Web entries: `wrap()`, `open()` with `commit()`, and Hono. */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { createSessions } from "../../mod.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import {
  type Answer,
  type Any,
  type Asked,
  type Conclusion,
  type Entry,
  type Handler,
  inTime,
  IO_TIMEOUT,
  NAME,
  PlannedRedirect,
  type Scene,
  SECRET,
} from "./entries.ts";
import type { EntryName, Program } from "./program.ts";
import type { Shape } from "./stores.ts";
import type { World } from "./world.ts";

export function webEntry(program: Program, shape: Shape, world: World): Entry {
  const { life, rolling, resave, rotateAfter, entry } = program;
  const sessions: Any = createSessions({
    secret: SECRET,
    name: NAME,
    rolling: Boolean(rolling),
    resave: Boolean(resave),
    cookie: life === null ? {} : { maxAge: life },
    store: shape.web,
    clock: world.clock,
    ioTimeout: IO_TIMEOUT,
    ...rotateAfter !== undefined && { rotateAfter },
    // The model knows of cookies' ends alone.
    idleTimeout: Infinity,
    absoluteTimeout: Infinity,
  });
  return {
    request: (asked) => ask(entry, sessions, asked),
    revoke: (id) => sessions.revoke(id),
    expel: (id) => inTime(world, shape.web.destroy(id)),
    revokeAll: (subject, except) => sessions.revokeAll(subject, { except }),
  };
}

type Serve = (request: Request, handler: Handler, leave: () => void) => Promise<Response>;

const SERVE: Record<string, (sessions: Any) => Serve> = {
  wrap: (sessions) => (request, handler, leave) =>
    sessions.wrap(async (_: Request, session: Any) => {
      const conclusion = await handler(sceneOf(session, leave));
      if (conclusion.how === "throwRedirect") throw new PlannedRedirect("a planned redirect");
      return answerTo(conclusion, leave);
    })(request),
  open: (sessions) => async (request, handler, leave) => {
    const session = await sessions.open(request);
    let response: Response;
    try {
      response = answerTo(await handler(sceneOf(session, leave)), leave);
    } catch (error) {
      if (!(error instanceof Response)) throw error;
      response = error;
    }
    return await sessions.commit(session, response);
  },
  hono: (sessions) => async (request, handler, leave) => {
    const app = new Hono<Any>();
    let thrown: unknown;
    app.onError((error, c) => {
      if (error instanceof HTTPException) return error.getResponse();
      thrown = error;
      return c.text("an error page", 500);
    });
    app.use(honoSession({ sessions }));
    app.get("/", async (c: Any) => {
      const conclusion = await handler(sceneOf(c.var.session, leave));
      if (conclusion.how.startsWith("throw")) throw new HTTPException(401);
      return answerTo(conclusion, leave);
    });
    const response = await app.request(request);
    if (thrown !== undefined) failures.set(response, thrown);
    return response;
  },
};

/** What Hono answered by an error page. */
const failures = new WeakMap<Response, unknown>();

async function ask(
  entry: EntryName,
  sessions: Any,
  { cookie, handler }: Asked,
): Promise<Answer> {
  const client = new AbortController();
  const headers: Record<string, string> = cookie === undefined
    ? {}
    : { cookie: `${NAME}=${cookie}` };
  const request = new Request("https://example.com/", { headers, signal: client.signal });
  const errors: unknown[] = [];
  let response: Response;
  try {
    response = await SERVE[entry]!(sessions)(request, handler, () => client.abort());
  } catch (error) {
    // A thrown response is one, and of a redirect a framework makes one.
    if (error instanceof Response) response = error;
    else if (error instanceof PlannedRedirect) response = new Response(null, error);
    else return { status: undefined, setCookies: [], errors: [error] };
  }
  if (failures.has(response)) errors.push(failures.get(response));
  if (client.signal.aborted) {
    await response.body?.cancel();
    return { status: undefined, setCookies: [], errors };
  }
  await response.text();
  return { status: response.status, setCookies: response.headers.getSetCookie(), errors };
}

function sceneOf(session: Any, leave: () => void): Scene {
  return {
    session,
    get id() {
      return session.isNew || session.id === "" ? undefined : session.id;
    },
    get subject() {
      return session.subject;
    },
    own: (name) =>
      typeof session[name] === "function" ? (...args) => session[name](...args) : undefined,
    leave,
  };
}

function answerTo(conclusion: Conclusion, leave: () => void): Response {
  if (conclusion.how === "answer") return new Response("done", { status: conclusion.status });
  if (conclusion.how !== "stream") throw new Response(null, { status: conclusion.status });
  let isBegun = false;
  return new Response(
    new ReadableStream({
      async pull(controller) {
        if (!isBegun) {
          isBegun = true;
          return controller.enqueue(new TextEncoder().encode("begun "));
        }
        await conclusion.rest(leave);
        controller.close();
      },
    }),
  );
}
