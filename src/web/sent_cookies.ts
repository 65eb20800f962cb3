/**
 * The attributes a session's cookies were sent with. A browser keeps a cookie by its name,
 * domain, path and partition (RFC 6265bis 5.7): a removal that differs in one removes nothing.
 */
import type { Cookie } from "../cookie/cookie.ts";
import { type Attributes, attributesIn, sameAttributes } from "../cookie/cookie_attributes.ts";
import { serializeRemoval } from "../cookie/set_cookie_header.ts";
import type { Notes } from "../core/session_metadata.ts";
import type { SessionState } from "../core/session_state.ts";

/** A request's session, as far as it matters here. */
interface Sender {
  readonly state: SessionState;
  readonly session: { readonly cookie: Cookie };
  /** What was known of its cookies before it was emptied. */
  readonly sentBefore: readonly Attributes[];
  freshCookie(): Cookie;
}

type CookieNotes = Notes & { readonly cookies?: readonly Attributes[] };

/** More than a few is no application's habit, and each is a header of the logout's response. */
const MOST = 4;

/** How this session's cookies may have been sent, apart from what the options say. */
export function sentAttributes({ state, session, sentBefore }: Sender): Attributes[] {
  return [...sentBefore, ...notedIn(state), attributesIn(session.cookie)];
}

/** Notes what the handler made of the cookie, for a logout to come; says whether it had to. */
export function noteAttributes(sender: Sender): boolean {
  const { state } = sender;
  const known: Attributes[] = [sender.freshCookie(), ...notedIn(state)];
  const before = known.length;
  for (const each of sentAttributes(sender)) {
    if (!known.some((other) => sameAttributes(each, other))) known.push(each);
  }
  if (known.length === before) return false;
  const notes: CookieNotes = { ...state.notes, cookies: known.slice(1).slice(-MOST) };
  state.notes = notes;
  return true;
}

/**
 * The Set-Cookie texts that remove cookies, whichever way they were sent.
 *
 * @param kept What is sent beside them, and must stay: a browser that had a second
 * cookie of the name, both of them good, would be heard with neither.
 */
export function removalsOf(
  sender: Sender,
  names: readonly string[],
  kept?: Attributes,
): string[] {
  if (names.length === 0) return [];
  const usual = sender.freshCookie().data;
  const texts = new Set<string>();
  for (const attributes of [usual, ...sentAttributes(sender)]) {
    if (kept !== undefined && isSameCookie(attributes, kept)) continue;
    for (const name of names) {
      try {
        texts.add(serializeRemoval(name, { ...usual, ...attributesIn(attributes) }));
      } catch {
        // What cannot be written was never sent.
      }
    }
  }
  return [...texts];
}

/** Whether the one takes the place of the other, where the name is the same. */
function isSameCookie(one: Attributes, other: Attributes): boolean {
  return one.path === other.path && one.domain === other.domain &&
    Boolean(one.partitioned) === Boolean(other.partitioned);
}

/** A record may hold anything: what makes no sense is none. */
function notedIn(state: SessionState): readonly Attributes[] {
  const { cookies } = state.notes as CookieNotes;
  return Array.isArray(cookies) ? cookies.filter(Boolean) : [];
}
