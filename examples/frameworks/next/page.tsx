/** app/page.tsx: a server component may read a session, and set no cookie. */
import { cookies } from "next/headers";
import { sessions } from "@/lib/sessions";

export default async function Page() {
  const session = await sessions.open(cookies());
  return <p>{session.subject ?? "nobody"}</p>;
}
