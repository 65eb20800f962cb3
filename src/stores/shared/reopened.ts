/** A connection that is opened again whenever it was lost. */
import { afterQuietly } from "../../clock.ts";
import type { MaybePromise } from "../../store.ts";

/** How long to wait before a connection that was lost is opened again, at first and at most. */
const PAUSE = 100;
const LONGEST_PAUSE = 30_000;

/** Closes a connection. */
type Close = () => MaybePromise<unknown>;

/**
 * Opens a connection and answers how to close it. It calls `lost` as soon as the connection is of
 * no use any more, and has closed it where it rejects.
 */
export type OpenConnection = (lost: () => void) => Promise<Close>;

/** What is open at a time. */
class Reopened {
  readonly #open: OpenConnection;
  readonly #isBack: () => void;
  #close: Close | undefined;
  #isOver = false;
  #cancel: (() => void) | undefined;

  constructor(open: OpenConnection, isBack: () => void) {
    this.#open = open;
    this.#isBack = isBack;
  }

  async open(): Promise<void> {
    let [isLost, isOpen] = [false, false];
    const lost = () => {
      if (isLost) return;
      isLost = true;
      if (!isOpen || this.#close === undefined) return;
      void quietly(this.#close);
      this.#again(PAUSE);
    };
    const close = await this.#open(lost);
    if (isLost) {
      await quietly(close);
      throw new Error("The connection was lost while it was opened");
    }
    this.#close = close;
    isOpen = true;
  }

  #again(pause: number): void {
    if (this.#isOver) return;
    this.#cancel = afterQuietly(pause, () => {
      this.open().then(
        () => this.#isOver ? this.close() : this.#isBack(),
        () => this.#again(Math.min(pause * 2, LONGEST_PAUSE)),
      );
    });
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#cancel?.();
    const close = this.#close;
    this.#close = undefined;
    await close?.();
  }
}

/** What is lost already may say so when it is closed. */
async function quietly(close: Close): Promise<void> {
  try {
    await close();
  } catch {
    // It is closed either way.
  }
}

/**
 * Opens a connection, and again whenever it was lost; answers what ends that.
 *
 * @param isBack Is called each time that it is there again.
 * @throws What the first `open` rejects with.
 */
export async function reopened(
  open: OpenConnection,
  isBack: () => void,
): Promise<() => Promise<void>> {
  const connection = new Reopened(open, isBack);
  await connection.open();
  return () => connection.close();
}
