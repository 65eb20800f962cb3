/** What a store tells while a case watches it. */
import type { SessionNotice } from "../watchable_store.ts";
import type { Kit } from "./kit.ts";
import { check } from "./assert.ts";
import { unlessRefused } from "./unless_refused.ts";

/** What is heard while a case runs, and where it has to come from. */
export class Heard {
  readonly notices: SessionNotice[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #patience: number;

  /** @param patience The longest that a notice may be on its way, in milliseconds. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  readonly hear = (notice: SessionNotice): void => {
    this.notices.push(notice);
    for (const look of this.#waiting) look();
  };

  /** The first notice that fits, as soon as it is there. */
  async first(fits: (notice: SessionNotice) => boolean, what: string): Promise<SessionNotice> {
    const found = () => this.notices.find(fits);
    if (found() === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#patience);
        const look = () => {
          if (found() === undefined) return;
          clearTimeout(timer);
          this.#waiting.delete(look);
          resolve();
        };
        this.#waiting.add(look);
      });
    }
    const notice = found();
    check(notice !== undefined, `watch() told nothing of ${what} in ${this.#patience} ms`);
    return notice;
  }

  /** Counts what was heard as nothing. */
  forget(): void {
    this.notices.length = 0;
  }

  /** Everything that names one of these ids, or a subject. */
  of(...names: readonly string[]): SessionNotice[] {
    return this.notices.filter((notice) => {
      if (notice.what === "missed") return false;
      if (notice.what === "subject") return names.includes(notice.subject);
      return names.includes(notice.id) || notice.what === "moved" && names.includes(notice.to);
    });
  }
}

/** Whether a notice says that a session ended, by its id or with its subject. */
export const ends = (id: string, subject?: string) => (notice: SessionNotice): boolean => {
  if (notice.what === "gone") return notice.id === id;
  return notice.what === "subject" && notice.subject === subject && notice.except !== id;
};

/** Watches the store while something runs. */
export async function watched(kit: Kit, run: (heard: Heard) => Promise<void>): Promise<void> {
  const heard = new Heard(kit.patience);
  await until(await kit.store.watch!(heard.hear), () => run(heard));
}

/** Runs something, and stops to watch afterwards: who cannot stop after a failure hides it not. */
export async function until(stop: () => unknown, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    await unlessRefused(stop);
    throw error;
  }
  await stop();
}

/** Waits until what was told before has been heard: one more is, and notices keep their order. */
export async function settled(kit: Kit, heard: Heard): Promise<void> {
  const { id } = await kit.make();
  await kit.peer.destroy(id);
  await heard.first(ends(id), "a session that was destroyed later");
}
