/** proxy.ts (middleware.ts in Next 15): who is not logged in is sent away. */
import { type NextRequest, NextResponse } from "next/server";
import { sessions } from "./sessions";

export async function proxy(request: NextRequest): Promise<Response> {
  const session = await sessions.open(request);
  const answer = session.subject === undefined
    ? NextResponse.redirect(new URL("/login", request.url))
    : NextResponse.next();
  return sessions.commit(session, answer);
}
