/** `createSessions()` as an entry under test. */
import { createSessions } from "../../mod.ts";
import { type Entry, type EntryOptions, readCookies, SECRET } from "./entries.ts";

export function webEntry({ cookie: attributes, ...options }: EntryOptions): Entry {
  const sessions = createSessions({
    secret: SECRET,
    name: "sid",
    cookie: { maxAge: 900_000, ...attributes },
    ...options,
  });
  return {
    async request(cookie, handler, { status = 200, aborts = false } = {}) {
      let result: unknown;
      const handle = sessions.wrap(async (_request, session) => {
        result = await handler({
          session,
          get subject() {
            return session.subject;
          },
          login: (subject, given) => session.login(subject, given),
          logout: () => session.logout(),
          update: ((change: never) => session.update(change)) as never,
          take: (key) => session.take(key),
          flash: ((...given: [string, string]) => session.flash(...given)) as never,
        });
        return new Response(new ReadableStream(), { status });
      });
      const headers: Record<string, string> = cookie === undefined
        ? {}
        : { cookie: `sid=${cookie}` };
      try {
        const response = await handle(new Request("https://example.com/", { headers }));
        if (aborts) await response.body?.cancel();
        const read = readCookies(response.headers.getSetCookie(), cookie);
        return { ...read, status: response.status, errors: [], result };
      } catch (error) {
        return { ...readCookies([], cookie), status: 500, errors: [error], result };
      }
    },
    on: (name, listener) => void sessions.on(name, listener as never),
    list: async (subject) => (await sessions.list(subject)).map(({ handle }) => handle),
    revokeAll: (subject) => sessions.revokeAll(subject),
  };
}
