/** A subject's sessions as the application shows them: by handles that open nothing. */
import { fromBase64Url, toBase64Url } from "../base64url.ts";
import type { Signer } from "../cookie/signer.ts";
import { lastVisit } from "./lifecycle.ts";
import { macOf } from "./session_handle.ts";
import type { SessionManager } from "./session_manager.ts";
import { textIn, timeIn } from "./session_metadata.ts";
import { MOST_MOVES, sessionsOf, type SubjectSession } from "./sessions_of.ts";
import { endSessions, idsOf } from "./subject_sessions.ts";

/** One session of a subject. Times are milliseconds since the epoch. */
export interface Device {
  /** Names it to `revoke()`; no cookie, no id, and of no use to anyone else. */
  readonly handle: string;
  /** When the session began. */
  readonly createdAt: number | undefined;
  /** When it was last seen, as far as the store was told. */
  readonly lastSeenAt: number | undefined;
  /** When it ends if nobody comes; `null`: never by itself, or the store does not tell. */
  readonly expiresAt: number | null;
  /** What `login()` called it. */
  readonly label?: string | undefined;
  /** Whether it is the session that was given as `current`. */
  readonly current: boolean;
}

/** A session that is at hand: by what it is whichever id it has, and by its id. */
export interface OwnSession {
  readonly id: string;
  readonly device: string | undefined;
}

/** A MAC of what the session is, and the subject it belongs to. */
const HANDLE = /^([\w-]{43})\.([\w-]+)$/;

export class Devices {
  readonly #manager: SessionManager;
  readonly #signer: () => Signer;

  constructor(manager: SessionManager, signer: () => Signer) {
    this.#manager = manager;
    this.#signer = signer;
  }

  /** A subject's live sessions, the one seen last first. */
  async list(subject: string, current: OwnSession | undefined): Promise<Device[]> {
    const devices: Device[] = [];
    const seen = new Set<string>();
    for await (const found of this.#of("list", subject)) {
      const { cookie, notes, expires, keptUntil = null, key } = found;
      // While its id is being replaced a session has two records.
      if (seen.has(key)) continue;
      seen.add(key);
      devices.push({
        handle: await this.#handleOf(subject, key),
        createdAt: timeIn(notes, "createdAt"),
        lastSeenAt: lastVisit(cookie, notes, expires, this.#manager.settings.rules),
        expiresAt: expires ?? keptUntil,
        label: textIn(notes, "label"),
        current: current !== undefined && isSame(found, current),
      });
    }
    return devices.sort((one, other) => (other.lastSeenAt ?? 0) - (one.lastSeenAt ?? 0));
  }

  /**
   * Ends the session that a handle, or its id, names; where there is none any more,
   * nothing is to do. By a handle it is found wherever it moves meanwhile.
   */
  async revoke(name: string): Promise<void> {
    const [, mac, coded] = HANDLE.exec(name) ?? [];
    const subject = coded === undefined ? undefined : decode(coded);
    if (subject === undefined) return await this.#manager.end(undefined, name, "revoked");
    for (let moves = 0; moves < MOST_MOVES; moves++) {
      const found = await this.#named("revoke", subject, mac!);
      if (found === undefined) return;
      await this.#manager.end(undefined, found, "revoked");
    }
  }

  /** Ends a subject's sessions but the one that is named, and says how many. */
  async revokeAll(subject: string, except: OwnSession | string | undefined): Promise<number> {
    const spared = typeof except === "object" && except !== null
      ? await this.#nameOf(subject, except)
      : await this.#sparedBy(subject, except);
    const { settings } = this.#manager;
    const count = await endSessions(settings, subject, spared);
    // The store says how many, and not which.
    for (let told = 0; told < count; told++) settings.events.emit("destroyed", {});
    return count;
  }

  async #sparedBy(subject: string, except: string | undefined): Promise<string | undefined> {
    const [, mac] = HANDLE.exec(except ?? "") ?? [];
    return mac === undefined ? except : await this.#named("revokeAll", subject, mac);
  }

  async #nameOf(subject: string, own: OwnSession): Promise<string> {
    for await (const found of this.#of("revokeAll", subject)) {
      if (isSame(found, own)) return found.name;
    }
    return own.id;
  }

  /** The session of a handle. By any secret: a handle may be older than the newest. */
  async #named(method: string, subject: string, mac: string): Promise<string | undefined> {
    for await (const { key, name } of this.#of(method, subject)) {
      const value = `s:${signedText(subject, key)}.${plainBase64(mac)}`;
      if (await this.#signer().unsign(value) !== undefined) return name;
    }
    return undefined;
  }

  async *#of(method: string, subject: string): AsyncGenerator<SubjectSession> {
    const { settings } = this.#manager;
    yield* sessionsOf(settings, subject, await idsOf(method, settings, subject));
  }

  async #handleOf(subject: string, key: string): Promise<string> {
    return `${await macOf(this.#signer(), signedText(subject, key))}.${encode(subject)}`;
  }
}

function isSame({ key, name }: SubjectSession, { id, device }: OwnSession): boolean {
  return key === device || name === id;
}

/** What is signed can be no id: it has lines. */
function signedText(subject: string, key: string): string {
  return `websession.handle\n${encode(subject)}\n${key}`;
}

function encode(text: string): string {
  return toBase64Url(new TextEncoder().encode(text));
}

function decode(text: string): string | undefined {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) return undefined;
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    // The last character has bits to spare: only one of the texts that they make was handed out.
    return encode(decoded) === text ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function plainBase64(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/");
}
