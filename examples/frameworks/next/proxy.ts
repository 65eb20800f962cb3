/** proxy.ts: who is not logged in is sent away. In Next 15.5: middleware.ts, with `runtime: "nodejs"` in its config. */
import { type NextRequest, NextResponse } from "next/server";
import { sessions } from "@/lib/sessions";

export const config = { matcher: ["/account/:path*"] };

export async function proxy(request: NextRequest): Promise<Response> {
  const session = await sessions.open(request);
  const answer = session.subject === undefined
    ? NextResponse.redirect(new URL("/login", request.url))
    : NextResponse.next();
  return sessions.commit(session, answer);
}
