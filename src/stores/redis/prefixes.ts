/**
 * Who else keeps sessions on this server.
 *
 * The keys of a store with the prefix `sess:adm:` look like sessions of one with `sess:`, and ids
 * are any text. So each store says which prefix it uses, and whoever walks over all keys passes
 * by those of longer prefixes.
 */
import type { Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import { unmark } from "./answers.ts";
import { ANNOUNCE, SIGN_OFF } from "./scripts_scan.ts";

/** How often it is said again: the server may have been emptied, or have evicted the list. */
const EVERY = 60_000;

/** The prefixes in use, as the server knows them. */
export class Prefixes {
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #now: () => number;
  #announced = -Infinity;

  constructor(runner: Runner, names: Names, now: () => number) {
    this.#runner = runner;
    this.#names = names;
    this.#now = now;
  }

  /** Says that this one is in use, if that was not said lately. Never rejects. */
  announce(): Promise<unknown> | undefined {
    if (Math.abs(this.#now() - this.#announced) < EVERY) return undefined;
    // Without the right to say so the store works on; other stores may then take its keys for theirs.
    return this.inner().catch(() => undefined);
  }

  /** Those that begin with this one. */
  async inner(): Promise<string[]> {
    this.#announced = this.#now();
    return unmark(await this.#runner.run(ANNOUNCE, ...this.#told()));
  }

  /** Takes this one back, until it is said again. */
  async signOff(): Promise<void> {
    this.#announced = -Infinity;
    await this.#runner.run(SIGN_OFF, ...this.#told());
  }

  #told(): [keys: string[], args: string[]] {
    return [[this.#names.prefixes()], [
      String(Math.floor(this.#now())),
      this.#names.prefix,
    ]];
  }
}
