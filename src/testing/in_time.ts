/** What has to be done before a session's end, on a clock that nobody stops. */
import type { Kit } from "./kit.ts";

/** The longest life that is waited for. */
const LONGEST = 60_000;

/**
 * Does something with sessions that end soon, and answers at which end. A server's clock runs, and
 * a slow store may be too late: then nothing was shown, and it is done once more with longer lives.
 *
 * @param life Milliseconds to the end on a server's clock; ten seconds on an injected one.
 * @param run Makes its sessions anew each time.
 * @throws What `run` throws in time.
 */
export async function inTime<T>(
  kit: Kit,
  life: number,
  run: (end: number) => Promise<T>,
): Promise<{ readonly end: number; readonly done: T }> {
  for (let ms = kit.exact ? 10_000 : life + 2 * kit.resolution;; ms *= 3) {
    const end = await kit.now() + ms;
    const isInTime = async () =>
      kit.exact || ms > LONGEST || await kit.now() < end - kit.resolution;
    try {
      const done = await run(end);
      if (await isInTime()) return { end, done };
    } catch (error) {
      if (await isInTime()) throw error;
    }
  }
}
