/** Middleware for Koa 3: `app.use(session)`. */
import type { Middleware } from "koa";
import { createSessions, type Session } from "websession/web";

const sessions = createSessions<{ views: number }>(() => ({ secret: process.env["SECRET"]! }));
export const session: Middleware<{ session: Session<{ views: number }> }> = async (ctx, next) => {
  const headers = ctx.headers as HeadersInit;
  ctx.state.session = await sessions.open(new Request(ctx.href, { headers }));
  await next();
  const answer = new Response(null, { status: ctx.status });
  for (const [name, value] of (await sessions.commit(ctx.state.session, answer)).headers) {
    ctx.append(name, value);
  }
};
