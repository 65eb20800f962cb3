/** What registration, refresh and the routes of an application share. */
import type { Signer } from "../cookie/signer.ts";
import type { MaybePromise } from "../store.ts";
import { BoundValues } from "./bound_cookie.ts";
import type { DeviceEventHub } from "./device_events.ts";
import type { Login } from "./device_note.ts";
import type { ResolvedDeviceOptions } from "./device_options.ts";
import { type Stamp, Stamps } from "./stamps.ts";

/** A browser registers right after the login; a chip may take its time to make a key. */
export const ANSWER_TO_LOGIN = 120_000;
/** A challenge that was handed out ahead is answered when the cookie ends, or soon after. */
const ANSWER_TO_REFRESH = 60_000;

/** A challenge a refresh has answered. */
export interface AnsweredStamp extends Stamp {
  /** Its device was asked once more. */
  readonly isLast: boolean;
}

export class Protocol {
  readonly options: ResolvedDeviceOptions<never>;
  readonly events: DeviceEventHub;
  readonly stamps: Stamps;
  readonly values: BoundValues;
  readonly now: () => number;
  /** How old a challenge may be that a refresh answers. */
  readonly longestAnswer: number;

  constructor(
    options: ResolvedDeviceOptions<never>,
    events: DeviceEventHub,
    signer: Signer,
    now: () => number,
  ) {
    this.options = options;
    this.now = now;
    this.events = events;
    this.stamps = new Stamps(signer, now);
    this.values = new BoundValues(this.stamps, options.maxAge);
    this.longestAnswer = options.maxAge + ANSWER_TO_REFRESH;
  }

  /** What is to be signed at the next refresh. */
  challengeFor(identifier: string): MaybePromise<string> {
    return this.stamps.make(refreshOf(identifier));
  }

  /** What a challenge says that a refresh answers, and whether it was the last one. */
  async answeredBy(identifier: string, challenge: string): Promise<AnsweredStamp | undefined> {
    for (const purpose of [refreshOf(identifier), lastRefreshOf(identifier)]) {
      const stamp = await this.stamps.read(purpose, challenge, this.longestAnswer);
      if (stamp !== undefined) return { ...stamp, isLast: purpose !== refreshOf(identifier) };
    }
    return undefined;
  }
}

/** A challenge for whoever has just logged in … */
export function registrationOf({ device, at }: Login): string {
  return `register\n${device}\n${at}`;
}

/** … one for a device that is known … */
export function refreshOf(identifier: string): string {
  return `refresh\n${identifier}`;
}

/** … and the last one where its session was not found: it may have been moved in that very moment. */
export function lastRefreshOf(identifier: string): string {
  return `last refresh\n${identifier}`;
}
