/** Sessions in a Cloudflare Worker, kept in Durable Objects. */
import { createSessions, type SessionHandler, type Sessions } from "../mod.ts";
import {
  type DurableObjectNamespaceLike,
  durableObjectStore,
  SessionObject,
} from "../src/stores/cloudflare.ts";

// The class the binding SESSIONS names in wrangler.jsonc.
export { SessionObject };

interface Env {
  SECRET: string;
  SESSIONS: DurableObjectNamespaceLike;
}
interface Data {
  views: number;
}

// Bindings come with the first request; what is made of them serves all that follow.
let sessions: Sessions<Data> | undefined;
const handle: SessionHandler<Data> = (_request, session) => {
  session.views = (session.views ?? 0) + 1;
  return new Response(`${session.views} views`);
};

export default {
  fetch(request: Request, { SECRET, SESSIONS }: Env): Promise<Response> {
    sessions ??= createSessions({
      secret: SECRET,
      store: durableObjectStore({ namespace: SESSIONS }),
    });
    return sessions.wrap(handle)(request);
  },
};
