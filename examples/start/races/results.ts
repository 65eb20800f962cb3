/** What comes of the two races: on our side, and on that of express-session. */

/** Which of the things that were put into the basket were in it afterwards. */
export interface BasketRace {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** How a slow request and a logout ended. */
export interface LogoutEnd {
  /** Whom the logged-out cookie opens a session of: `null`, nobody. */
  readonly after: string | null;
}

export interface LogoutRace {
  readonly ours: LogoutEnd;
  readonly theirs: LogoutEnd;
}

/** How many requests put something into the basket at once. */
export const REQUESTS = 20;

/** What came of a race in one sentence, for those who hear the page. */
export function basketText({ ours, theirs }: BasketRace): string {
  return `websession kept ${ours.length} of ${REQUESTS}, express-session ${theirs.length}.`;
}

/** Likewise. */
export function logoutText({ ours, theirs }: LogoutRace): string {
  const state = ({ after }: LogoutEnd) => after === null ? "logged out" : "logged in again";
  return `With websession ${state(ours)}, with express-session ${state(theirs)}.`;
}
