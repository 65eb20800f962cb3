/** What an application is told of a session's device. */
import { type Notes, subjectIn } from "../core/session_metadata.ts";
import { algorithmIn, deviceNoteIn, loginIn } from "./device_note.ts";
import { ANSWER_TO_LOGIN } from "./protocol.ts";
import type { Algorithm } from "./public_key.ts";

/** A session's device. Times are milliseconds since the epoch. */
export interface DeviceState {
  /**
   * `bound`: it has registered a key. `pending`: the login is not two minutes old, and a key may
   * still come. `unsupported`: none came, or the login was not by `login()`.
   */
  readonly status: "unsupported" | "pending" | "bound";
  /** When the key was registered. */
  readonly since?: number | undefined;
  /** When the device has shown its key last. */
  readonly lastSeenAt?: number | undefined;
  /** How it signs. */
  readonly algorithm?: Algorithm | undefined;
  /**
   * Whether this very request came with a cookie that the device has renewed lately. Always `false`
   * where the policy is `"off"`: nothing is looked at there.
   */
  readonly fresh: boolean;
}

/** The device of whoever is logged in; `undefined` where nobody is. */
export function deviceStateIn(
  notes: Notes,
  now: number,
  fresh: boolean,
): DeviceState | undefined {
  if (subjectIn(notes) === undefined) return undefined;
  const device = deviceNoteIn(notes);
  if (device !== undefined) {
    const { since, seen: lastSeenAt } = device;
    return { status: "bound", since, lastSeenAt, algorithm: algorithmIn(device), fresh };
  }
  const login = loginIn(notes);
  const isPending = login !== undefined && now - login.at <= ANSWER_TO_LOGIN;
  return { status: isPending ? "pending" : "unsupported", fresh: false };
}
