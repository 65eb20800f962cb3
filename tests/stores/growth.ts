/** Measures for the tests of growth. */

/** A data text of usual size: 330 bytes. */
export const JSON_TEXT: string = JSON.stringify({
  cookie: {
    originalMaxAge: 86_400_000,
    expires: "2099-01-01T00:00:00.000Z",
    httpOnly: true,
    path: "/",
    sameSite: "lax",
    secure: true,
  },
  user: { id: 123_456, name: "Somebody With A Name", roles: ["reader", "writer"] },
  csrf: "0123456789abcdef0123456789abcdef",
  cart: [{ sku: "A-1000", n: 1 }, { sku: "B-2000", n: 2 }],
  views: 17,
});

/** The median of `count` calls, in microseconds. */
export async function median(count: number, act: (n: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await act(n);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[count >> 1]! * 1000;
}

/**
 * Medians of each job over rounds that alternate between the jobs, so that what
 * else the machine does falls on all of them. The best round counts.
 */
export async function compare<Name extends string>(
  rounds: number,
  count: number,
  jobs: Record<Name, (n: number) => unknown>,
): Promise<Record<Name, number>> {
  const best = {} as Record<Name, number>;
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(jobs) as Name[]) {
      const time = await median(count, jobs[name]);
      best[name] = Math.min(best[name] ?? Infinity, time);
    }
  }
  return best;
}

/**
 * How long nothing else could run while `act` ran, at worst: milliseconds that
 * this thread computed between two turns of the event loop, and that passed on
 * the clock, where the disk and the other processes of the machine count too.
 */
export async function longestBlock(
  act: () => Promise<unknown>,
): Promise<{ computing: number; passing: number }> {
  let last = { computing: threadTime(), passing: performance.now() };
  const longest = { computing: 0, passing: 0 };
  const look = (): void => {
    const now = { computing: threadTime(), passing: performance.now() };
    longest.computing = Math.max(longest.computing, now.computing - last.computing);
    longest.passing = Math.max(longest.passing, now.passing - last.passing);
    last = now;
  };
  const timer = setInterval(look, 1);
  await act();
  look();
  clearInterval(timer);
  return longest;
}

interface CpuUsage {
  readonly user: number;
  readonly system: number;
}

function threadTime(): number {
  const { threadCpuUsage } = process as { threadCpuUsage?: () => CpuUsage };
  if (threadCpuUsage === undefined) return performance.now();
  const { user, system } = threadCpuUsage.call(process);
  return (user + system) / 1000;
}

/** Microseconds as they are printed. */
export const us = (time: number): string => `${time.toFixed(time < 100 ? 1 : 0)} µs`;
