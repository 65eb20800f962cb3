/** A second device for those who have only one browser at hand. */
import { createSessions, type SessionOptions } from "../../mod.ts";

/** Logs somebody in from nowhere: a session like any other, whose cookie is thrown away. */
export function makePhone(options: SessionOptions): (user: string) => Promise<void> {
  const sessions = createSessions(options);
  return async (user) => {
    const session = await sessions.open(new Request("http://localhost/"));
    await session.login(user, { label: "A pretend phone" });
    await sessions.commit(session, new Response());
  };
}
