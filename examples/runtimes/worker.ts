/** Sessions in a Worker, kept in Durable Objects: the binding SESSIONS names the class. */
import { createSessions, type Sessions } from "websession/web";
import { type DurableObjectNamespaceLike, durableObjectStore } from "websession/stores/cloudflare";
export { SessionObject } from "websession/stores/cloudflare";

// Bindings come with the first request; what is made of them serves all that follow.
let sessions: Sessions<{ views: number }> | undefined;

export default {
  fetch(request: Request, env: { SECRET: string; SESSIONS: DurableObjectNamespaceLike }) {
    const store = () => durableObjectStore({ namespace: env.SESSIONS });
    sessions ??= createSessions({ secret: env.SECRET, store: store() });
    return sessions.wrap((_request, session) => {
      session.views = (session.views ?? 0) + 1;
      return new Response(`${session.views} views`);
    })(request);
  },
};
