/** Reads what stores tell each other over a channel. */
import type { SessionNotice } from "../../watchable_store.ts";

/** How a channel's words are read: ids, subjects, and the id that a subject keeps. */
export interface NoticeWords {
  id(word: string): string;
  subject(word: string): string;
  except(word: string): string;
}

/** Anybody may publish on a channel: what is no notice is none. */
export function noticeIn(message: string, read: NoticeWords): SessionNotice | undefined {
  let words: unknown;
  try {
    words = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) return undefined;
  const [what, one = "", other = ""] = words as string[];
  if (what === "missed") return { what };
  if (what === "gone") return { what, id: read.id(one) };
  if (what === "moved") return { what, id: read.id(one), to: read.id(other) };
  if (what !== "subject") return undefined;
  const except = other === "" ? undefined : read.except(other);
  return { what, subject: read.subject(one), except };
}
