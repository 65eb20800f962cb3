/** What is known of a session's device: one of our notes on the session, and so it ends as the session does. */
import { type Notes, textIn, timeIn } from "../core/session_metadata.ts";
import { type Algorithm, algorithmOf, type PublicKey } from "./public_key.ts";
import { SKEW, type Stamp } from "./stamps.ts";

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
  /** It has taken the place of another key. */
  readonly replaces?: boolean | undefined;
  /** When the device has shown its key last. */
  readonly seen: number;
  /** The challenges that were answered lately, by their names … */
  readonly used: readonly string[];
  /** … and what was made up to then counts as answered. */
  readonly floor: number;
}

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
  const note = notes.dbsc;
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
  return { ...notes, dbsc: device };
}

/** Whether a challenge was answered before. */
export function isUsed(device: DeviceNote, { madeAt, name }: Stamp, now: number): boolean {
  return madeAt <= floorAt(device, now) || device.used.includes(name);
}

/** The device when it has answered a challenge: none is ever answered twice, however many there are. */
export function answered(device: DeviceNote, { name }: Stamp, now: number): DeviceNote {
  const names = [...device.used, name].sort((one, other) => timeOf(one) - timeOf(other));
  // Of a clock that was ahead: these are remembered until their time comes again.
  const later = names.filter((each) => timeOf(each) > now + SKEW).slice(-MOST_USED);
  const reached = names.filter((each) => timeOf(each) <= now + SKEW);
  const forgotten = reached.splice(0, Math.max(0, reached.length - MOST_USED));
  const floor = Math.max(floorAt(device, now), ...forgotten.map(timeOf));
  return { ...device, seen: now, used: [...reached, ...later], floor };
}

/**
 * A floor that no challenge of now can reach is of a clock that was ahead and has been set back:
 * it would lock the device out until that time has come again.
 */
function floorAt({ floor }: DeviceNote, now: number): number {
  return floor <= now + SKEW ? floor : 0;
}

function timeOf(name: string): number {
  return parseInt(name, 36);
}

/** How the device signs. */
export function algorithmIn({ key }: DeviceNote): Algorithm {
  return algorithmOf(key);
}
