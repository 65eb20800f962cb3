/** Two session middlewares on one request: the first one's session is set aside for the second one's. */
import { flash, login } from "../../../src/express/mod.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Any } from "./libraries.ts";
import { sessionsWith, type Visit, visit } from "./visit.ts";

export interface TwoMiddlewares {
  readonly a: Any;
  readonly b: Any;
  /** Of ada, whom the first knows, and of bob, whom the second does. */
  readonly cookies: readonly string[];
  /** Both sessions of the request that is under way. */
  readonly held: { a: Any; b: Any };
  during(act: (req: Any) => unknown): Promise<Visit>;
}

export async function twoMiddlewares(): Promise<TwoMiddlewares> {
  const [a, b] = ["a", "b"].map((name) => sessionsWith({ name, store: memoryStore() }));
  const known = async (sessions: Any, subject: string) => {
    const { cookie } = await visit(sessions, async (req) => {
      Object.assign(req.session, { n: subject, m: 1 });
      await login(req, subject);
      flash(req, "info", `hello ${subject}`);
    });
    return cookie!;
  };
  const cookies = [await known(a, "ada"), await known(b, "bob")];
  const held: Any = {};
  const both = (req: Any, res: Any, next: Any) => {
    a(req, res, (error: unknown) => {
      if (error) return next(error);
      held.a = req.session;
      req.session = undefined;
      b(req, res, (error: unknown) => {
        held.b = req.session;
        next(error);
      });
    });
  };
  return { a, b, cookies, held, during: (act) => visit(both, act, { cookie: cookies.join("; ") }) };
}
