/** A world in which only the program decides what happens next, and what time it is. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";

/** Something that waits for its turn. */
interface Item {
  readonly label: string;
  readonly go: () => void;
}

interface Timer extends Item {
  readonly isLimit: boolean;
  /** It may fire at any moment: it is a pause, or nobody will answer in time. */
  isDue: boolean;
  /** Is told when it has fired. */
  told: (() => void) | undefined;
}

/** Draws who goes next: a number from 0 up to, not including, `count`. */
export type Choose = (count: number) => number;

/** Pauses between two tries are shorter than this; everything longer is a limit to waiting. */
const LONGEST_PAUSE = 1000;
/** So many turns of the event loop without news mean that nothing more comes by itself. */
const QUIET_TURNS = 4;
/** No program takes so many steps: one that does runs for ever. */
const MOST_STEPS = 50_000;
const STEPS_BETWEEN_COLLECTIONS = 12;

const START = Date.UTC(2026, 0, 1);

export class World {
  /** The time, as every clock in this world shows it. */
  now = START;
  /** What happened, in order: the shrunk program is printed with it. */
  readonly trace: string[] = [];
  /** A call that is being made will not be answered in time: its timer is the next. */
  #onNextLimit: (() => void) | undefined;
  /** Those who wait for a limit that cannot be told from others: the next that is reached by all. */
  readonly #unclaimed: (() => void)[] = [];
  #step = 0;
  #news = 0;
  readonly #items: Item[] = [];
  readonly #timers: Timer[] = [];
  readonly #choose: Choose;
  readonly #gc: (() => void) | undefined;

  constructor(choose: Choose, gc?: () => void) {
    this.#choose = choose;
    this.#gc = gc;
  }

  /** A moment of its own: of two ticks the later has the greater number. */
  tick(): number {
    this.#news++;
    return ++this.#step;
  }

  /** Waits until chance says go. */
  turn(label: string): Promise<void> {
    this.#news++;
    return new Promise((go) => void this.#items.push({ label, go }));
  }

  /** The clock handed to the library. Its timers fire when the program lets them, in no time. */
  readonly clock = {
    now: (): number => this.now,
    after: (ms: number, act: () => void): () => void => {
      this.#news++;
      const isLimit = ms > LONGEST_PAUSE;
      const told = isLimit ? this.#onNextLimit : undefined;
      if (isLimit) this.#onNextLimit = undefined;
      const timer: Timer = {
        label: isLimit ? "time is up" : "a pause is over",
        isLimit,
        isDue: told !== undefined || !isLimit,
        told,
        go: () => {
          act();
          timer.told?.();
        },
      };
      this.#timers.push(timer);
      return () => remove(this.#timers, timer);
    },
  };

  /** Resolves when the library has stopped waiting for the call that is being made. */
  givenUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#onNextLimit = resolve;
      setImmediate(() => {
        if (this.#onNextLimit !== resolve) return;
        this.#onNextLimit = undefined;
        // The call is a part of one that is being waited for already, and nobody knows which.
        this.#unclaimed.push(resolve);
      });
    });
  }

  /** Lets everything happen, one step at a time. `false`: somebody waits for ever. */
  async run(work: readonly Promise<unknown>[]): Promise<boolean> {
    let isDone = false;
    void Promise.allSettled(work).then(() => isDone = true);
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      await this.#quiet();
      const due = this.#timers.filter((timer) => timer.isDue);
      const able: Item[] = [...this.#items, ...due];
      // A store that takes its time is waited for only where nothing else can happen.
      const isIdle = able.length === 0;
      if (isIdle && (isDone || this.#timers.length === 0)) return isDone;
      if (isIdle) able.push(this.#timers[0]!);
      const next = able[able.length === 1 ? 0 : this.#choose(able.length)]!;
      remove(this.#items, next);
      remove(this.#timers as Item[], next);
      this.trace.push(next.label);
      if (steps % STEPS_BETWEEN_COLLECTIONS === 0) this.#gc?.();
      next.go();
      if (isIdle) { for (const told of this.#unclaimed.splice(0)) told(); }
    }
    return false;
  }

  /** Whatever can go on without a word of ours does so first. */
  async #quiet(): Promise<void> {
    let seen = -1;
    for (let turns = 0; turns < QUIET_TURNS; turns++) {
      await new Promise(setImmediate);
      if (seen !== this.#news) turns = 0;
      seen = this.#news;
    }
  }
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

/**
 * Runs `act` where `Date` shows the world's time, and where Web Crypto answers at
 * once: on threads of its own, no run could be repeated.
 */
export async function within<T>(world: World, act: () => Promise<T>): Promise<T> {
  const RealDate = globalThis.Date;
  const { subtle } = globalThis.crypto;
  globalThis.Date = new Proxy(RealDate, {
    construct: (real, args) => Reflect.construct(real, args.length === 0 ? [world.now] : args),
    get: (real, name) => name === "now" ? () => world.now : Reflect.get(real, name),
  });
  // deno-lint-ignore no-explicit-any
  const own: any = {
    importKey: (_format: string, raw: Uint8Array) => Promise.resolve({ raw }),
    sign: (_name: string, key: { raw: Uint8Array }, data: Uint8Array) =>
      Promise.resolve(mac(key.raw, data)),
    verify: (_name: string, key: { raw: Uint8Array }, given: Uint8Array, data: Uint8Array) =>
      Promise.resolve(Buffer.from(given).equals(mac(key.raw, data))),
  };
  Object.assign(own, {
    digest: (_name: string, data: Uint8Array) =>
      Promise.resolve(createHash("sha256").update(data).digest()),
    encrypt: (by: Cipher, key: { raw: Uint8Array }, data: Uint8Array) =>
      Promise.resolve(sealed(by, key.raw, data)),
    decrypt: (by: Cipher, key: { raw: Uint8Array }, data: Uint8Array) =>
      Promise.resolve(opened(by, key.raw, data)),
  });
  for (const name of Object.keys(own)) {
    Object.defineProperty(subtle, name, { value: own[name], configurable: true });
  }
  try {
    return await act();
  } finally {
    globalThis.Date = RealDate;
    for (const name of Object.keys(own)) {
      delete (subtle as unknown as Record<string, unknown>)[name];
    }
  }
}

function mac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest();
}

interface Cipher {
  readonly iv: Uint8Array;
}

const TAG = 16;

function sealed({ iv }: Cipher, key: Uint8Array, data: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

function opened({ iv }: Cipher, key: Uint8Array, data: Uint8Array): Buffer {
  const cipher = createDecipheriv("aes-256-gcm", key, iv);
  cipher.setAuthTag(data.subarray(data.length - TAG));
  return Buffer.concat([cipher.update(data.subarray(0, data.length - TAG)), cipher.final()]);
}
