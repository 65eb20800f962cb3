/** app/actions.ts: a server action has Next's cookies; redirect() throws, so commit() comes before. */
"use server";
import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import { sessions } from "@/lib/sessions";

export async function login(form: FormData): Promise<void> {
  const session = await sessions.open(cookies());
  await session.login(String(form.get("user")));
  await sessions.commit(session);
  redirect("/");
}
