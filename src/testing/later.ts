/** Waiting, and not for longer than that. */

/** How long a call in an outage may take to fail before it counts as unanswered, in milliseconds. */
const PATIENCE = 2_000;

/** Resolves after so many milliseconds. */
export function later(ms: number): Promise<"late"> {
  return new Promise((resolve) => setTimeout(() => resolve("late"), ms));
}

/** What comes of a call in an outage, or "late" where it has no answer; its failure is then nobody's. */
export async function inOutage<T>(asked: Promise<T>): Promise<T | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), PATIENCE);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}
