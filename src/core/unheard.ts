/** Calls that failed and that nobody awaits: the response fails by them, or listeners hear of it. */
import { isSessionGone } from "../errors.ts";
import type { EventHub } from "../events.ts";
import type { Calls } from "./calls.ts";

/** An error, whatever was thrown. */
export interface Unheard {
  readonly error: unknown;
}

/** How far a response is. */
export interface Ending {
  /** It says already that something is wrong. */
  readonly hasFailed: boolean;
  /** Nothing that comes later can be its failure. */
  readonly isLast: boolean;
}

/**
 * What the response is to fail by, if by anything: it would say that all went well. Where it has
 * failed anyway, or has left, or the session has ended meanwhile, listeners are told instead.
 */
export function unheardFailure(
  calls: Calls,
  events: EventHub,
  idNow: () => string | undefined,
  { hasFailed, isLast }: Ending,
): Unheard | undefined {
  const tell = (error: unknown) => {
    if (isSessionGone(error)) events.emit("discarded", { reason: "gone" }, idNow());
    else events.emit("error", { error, during: "save" }, idNow());
  };
  if (isLast) calls.tellFromHereOn(tell);
  let failure: Unheard | undefined;
  for (const unheard of calls.unheard()) {
    if (hasFailed || failure !== undefined || isSessionGone(unheard.error)) tell(unheard.error);
    else failure = unheard;
  }
  return failure;
}
