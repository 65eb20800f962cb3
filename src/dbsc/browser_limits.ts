/** How often browsers renew a short cookie, as far as Chromium tells. */

/** It renews with a request in so many last milliseconds of the cookie … */
const AHEAD = 120_000;
/** … and signs for one site, all hosts and logins taken together, six times in so many. */
const QUOTA_INTERVAL = 540_000;
/** So far apart renewals stay below that, with one to spare for a login. */
const APART = 120_000;

/**
 * Whether a browser in steady use always has a short cookie, or is believed until it may sign
 * again: else routes that require the device refuse their own visitors for minutes.
 */
export function canKeepUp(
  { maxAge, grace }: { readonly maxAge: number; readonly grace: number },
): boolean {
  return maxAge >= AHEAD + APART || maxAge + grace >= QUOTA_INTERVAL;
}
