/** What is known of a session's device: one of our notes on the session, and so it ends as the session does. */
import { type Notes, textIn, timeIn } from "../core/session_metadata.ts";
import { type Algorithm, algorithmOf, type PublicKey } from "./public_key.ts";

/** Times are milliseconds since the epoch. */
export interface DeviceNote {
  /** What the browser calls the session; it opens nothing. */
  readonly id: string;
  /** The session it belongs to, whichever id that has: it begins anew where somebody else logs in. */
  readonly of: string;
  /** The login that asked for the key: each asks once. */
  readonly login: number;
  readonly key: PublicKey;
  readonly since: number;
  /** When the device has shown its key last. */
  readonly seen: number;
  /** The challenges that were answered lately, by their names … */
  readonly used: readonly string[];
  /** … and what was made up to then counts as answered. */
  readonly floor: number;
}

const NAME = "dbsc";
/** So many answers are remembered one by one. */
const MOST_USED = 8;

type Loose = { readonly [Name in keyof DeviceNote]?: unknown };

/** The login a session has now: what a registration is for. */
export interface Login {
  readonly device: string;
  readonly at: number;
}

/** Who is logged in, if it is by our `login()`. */
export function loginIn(notes: Notes): Login | undefined {
  const device = textIn(notes, "device");
  const at = timeIn(notes, "authenticatedAt");
  return device === undefined || at === undefined ? undefined : { device, at };
}

/** The session's device; what is none, or another session's, is none. */
export function deviceNoteIn(notes: Notes): DeviceNote | undefined {
  const note = (notes as Record<string, unknown>)[NAME];
  if (typeof note !== "object" || note === null) return undefined;
  const { id, of, login, key, since, seen, used, floor } = note as Loose;
  // What no key can be made of has signed nothing.
  const isKey = typeof key === "object" && key !== null;
  const hasTexts = typeof id === "string" && of !== undefined && of === textIn(notes, "device");
  const hasTimes = [login, since, seen, floor].every(Number.isFinite);
  return isKey && hasTexts && hasTimes && Array.isArray(used) ? note as DeviceNote : undefined;
}

/** The notes with this device. */
export function withDevice(notes: Notes, device: DeviceNote): Notes {
  return { ...notes, [NAME]: device } as Notes;
}

/** Whether a challenge was answered before. */
export function isUsed({ used, floor }: DeviceNote, madeAt: number, name: string): boolean {
  return madeAt <= floor || used.includes(name);
}

/** The device when it has answered a challenge: none is ever answered twice, however many there are. */
export function answered(device: DeviceNote, name: string, now: number): DeviceNote {
  const used = [...device.used, name];
  const forgotten = used.splice(0, used.length - MOST_USED);
  const floor = Math.max(device.floor, ...forgotten.map(timeOf));
  return { ...device, seen: now, used, floor };
}

function timeOf(name: string): number {
  return parseInt(name, 36);
}

/** How the device signs. */
export function algorithmIn({ key }: DeviceNote): Algorithm {
  return algorithmOf(key);
}
