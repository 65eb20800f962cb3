/** src/routes/+server.ts: loads and actions have the same `locals`. */
import { redirect, type RequestEvent } from "@sveltejs/kit";

export function GET({ locals: { session } }: RequestEvent): Response {
  session.views = (session.views ?? 0) + 1;
  return new Response(`${session.views} views`);
}

export async function POST({ locals: { session } }: RequestEvent): Promise<Response> {
  await session.logout();
  redirect(303, "/");
}
