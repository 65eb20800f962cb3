/** A subject's sessions as the application shows them: by handles that open nothing. */
import type { Signer } from "../cookie/signer.ts";
import type { StoredSession } from "../store.ts";
import { askStore } from "./ask_store.ts";
import { lastVisit } from "./lifecycle.ts";
import type { SessionManager } from "./session_manager.ts";
import { parseStored } from "./session_json.ts";
import { notesIn, subjectIn, timeIn } from "./session_metadata.ts";
import { endSessions, idsOf } from "./subject_sessions.ts";

/** One session of a subject. Times are milliseconds since the epoch. */
export interface Device {
  /** Names it to `revoke()`; no cookie, no id, and of no use to anyone else. */
  readonly handle: string;
  /** When the session began. */
  readonly createdAt: number | undefined;
  /** When it was last seen, as far as the store was told. */
  readonly lastSeenAt: number | undefined;
  /** When it ends; `null`: never by itself. */
  readonly expiresAt: number | null;
  /** What `login()` called it. */
  readonly label?: string | undefined;
  /** Whether it is the session that was given as `current`. */
  readonly current: boolean;
}

/** A MAC of the id, and the subject it belongs to. */
const HANDLE = /^([\w-]{43})\.([\w-]+)$/;
const MAC_LENGTH = 43;
/** So many records are read at the same time. */
const AT_ONCE = 16;

export class Devices {
  readonly #manager: SessionManager;
  readonly #signer: () => Signer;

  constructor(manager: SessionManager, signer: () => Signer) {
    this.#manager = manager;
    this.#signer = signer;
  }

  /** A subject's live sessions, the one seen last first. */
  async list(subject: string, current: string | undefined): Promise<Device[]> {
    const ids = await idsOf("list", this.#manager.settings, subject);
    const devices: Device[] = [];
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE).map((id) => this.#device(subject, id, current));
      for (const device of await Promise.all(some)) if (device !== undefined) devices.push(device);
    }
    return devices.sort((one, other) => (other.lastSeenAt ?? 0) - (one.lastSeenAt ?? 0));
  }

  /** Ends the session that a handle, or its id, names; where there is none any more, nothing is to do. */
  async revoke(name: string): Promise<void> {
    const id = await this.#idOf("revoke", name);
    if (id !== undefined) await this.#manager.end(undefined, id);
  }

  /** Ends a subject's sessions but the one that is named, and says how many. */
  async revokeAll(subject: string, except: string | undefined): Promise<number> {
    const spared = except === undefined ? undefined : await this.#idOf("revokeAll", except);
    return await endSessions(this.#manager.settings, subject, spared);
  }

  async #device(
    subject: string,
    id: string,
    current: string | undefined,
  ): Promise<Device | undefined> {
    const { settings } = this.#manager;
    const stored = await askStore(settings, [id, subject], () => settings.store.read(id));
    return stored && await this.#described(subject, id, stored, current);
  }

  async #described(
    subject: string,
    id: string,
    stored: StoredSession,
    current: string | undefined,
  ): Promise<Device | undefined> {
    const parsed = parseStored(stored);
    if (parsed === undefined || this.#manager.isOver(stored, parsed)) return undefined;
    const notes = notesIn(parsed.data);
    if (subjectIn(notes) !== subject) return undefined;
    const { expires } = stored;
    const { rules } = this.#manager.settings;
    return {
      handle: await this.#handleOf(subject, id),
      createdAt: timeIn(notes, "createdAt"),
      lastSeenAt: lastVisit(parsed.data["cookie"], notes, expires, rules),
      expiresAt: expires,
      label: typeof notes.label === "string" ? notes.label : undefined,
      current: id === current,
    };
  }

  async #handleOf(subject: string, id: string): Promise<string> {
    const signed = await this.#signer().sign(signedText(subject, id));
    return `${urlSafe(signed.slice(-MAC_LENGTH))}.${encode(subject)}`;
  }

  /** The id that a handle names, if its session lives; anything else is an id. */
  async #idOf(method: string, name: string): Promise<string | undefined> {
    const [, mac, coded] = HANDLE.exec(name) ?? [];
    const subject = coded === undefined ? undefined : decode(coded);
    if (subject === undefined) return name;
    for (const id of await idsOf(method, this.#manager.settings, subject)) {
      // By any secret: a handle may be older than the newest.
      const value = `s:${signedText(subject, id)}.${plainBase64(mac!)}`;
      if (await this.#signer().unsign(value) !== undefined) return id;
    }
    return undefined;
  }
}

/** What is signed can be no id: it has lines. */
function signedText(subject: string, id: string): string {
  return `websession.handle\n${encode(subject)}\n${id}`;
}

function encode(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return urlSafe(btoa(binary).replace(/=+$/, ""));
}

function decode(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(plainBase64(text)), (char) => char.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

function plainBase64(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/");
}
