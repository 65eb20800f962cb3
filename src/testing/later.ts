/** Waiting, and not for longer than that. */

/** Resolves after so many milliseconds. */
export function later(ms: number): Promise<"late"> {
  return new Promise((resolve) => setTimeout(() => resolve("late"), ms));
}

/** What comes of a promise, or "late" where it takes longer; its failure is then nobody's. */
export async function orLate<T>(asked: Promise<T>, ms: number): Promise<T | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
    asked.catch(() => {});
  }
}
