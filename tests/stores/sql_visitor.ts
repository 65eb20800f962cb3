/** What the writers of one session do: count together, and keep a key each. */
import type { Sessions } from "../../mod.ts";

type Data = Record<string, unknown>;

const BASE = "https://app.test/";

export interface Visitor {
  /** The cookie of a new session. */
  begin(): Promise<string>;
  /** Counts one, and one of the writer's own. */
  add(cookie: string, writer: string): Promise<void>;
  /** The count, and how many keys there are beside it; fails unless they agree. */
  look(cookie: string): Promise<{ n: number; keys: number }>;
}

export function visitor(sessions: Sessions<Data>): Visitor {
  const handle = sessions.wrap(async (request, session) => {
    const { pathname } = new URL(request.url);
    const writer = pathname.slice("/add/".length);
    if (pathname === "/begin") session["n"] = 0;
    if (pathname.startsWith("/add/")) {
      await session.update((data) => {
        data["n"] = Number(data["n"]) + 1;
        data[writer] = Number(data[writer] ?? 0) + 1;
      });
    }
    const { n, ...own } = JSON.parse(JSON.stringify(session)) as Data;
    return Response.json({ n, own });
  });
  const ask = async (path: string, cookie?: string): Promise<Response> => {
    const response = await handle(new Request(BASE + path, { headers: cookie ? { cookie } : {} }));
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
    return response;
  };
  return {
    async begin() {
      const response = await ask("begin");
      return response.headers.get("set-cookie")!.split(";")[0]!;
    },
    async add(cookie, writer) {
      await ask(`add/${writer}`, cookie);
    },
    async look(cookie) {
      const { n, own } = await (await ask("look", cookie)).json() as { n: number; own: Data };
      const counts = Object.entries(own).filter(([key]) => /^[pw]\d/.test(key)).map(([, v]) => v);
      const sum = counts.reduce<number>((total, count) => total + Number(count), 0);
      if (sum !== n) throw new Error(`${n} were counted together, and ${sum} by the writers`);
      return { n, keys: counts.length };
    },
  };
}
