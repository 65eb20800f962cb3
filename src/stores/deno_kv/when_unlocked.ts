/** Half a second on average, then the lock is a fault. */
const MAX_LOCKED = 100;

/**
 * Several processes on one local file (`deno serve --parallel`) find it locked
 * now and then, and Deno does not wait. Nothing was done: ask again.
 */
export async function whenUnlocked<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const isLocked = error instanceof Error && error.message.includes("database is locked");
      if (!isLocked || attempt === MAX_LOCKED) throw error;
    }
    // Not all after the same time, or they meet again.
    const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, random / 25));
  }
}
