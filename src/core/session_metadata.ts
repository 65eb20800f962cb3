/** Our own notes inside a session: one reserved key, plain data to express-session. */
import type { Data } from "./session_data.ts";

export const META = "$websession";

export interface Meta {
  /** Who is logged in. */
  subject?: string;
  /** When the login happened: milliseconds since the epoch. */
  authenticatedAt?: number;
  /** Messages for the next request, by type. */
  flash?: Record<string, string[]>;
}

export function metaOf(session: Data): Meta | undefined {
  const meta = session[META];
  return typeof meta === "object" && meta !== null ? meta as Meta : undefined;
}

export function subjectOf(session: Data): string | undefined {
  const subject = metaOf(session)?.subject;
  return typeof subject === "string" ? subject : undefined;
}
