/**
 * Fresh ids that are signed before somebody needs them. For one signature by
 * itself Web Crypto goes to another thread and back; among others it costs a
 * tenth of that. So ids are signed in batches, as many as were asked for lately.
 */
import { RecentMap } from "./recent_map.ts";
import type { Signer, Unsigned } from "./signer.ts";
import type { MaybePromise } from "../store.ts";

/** The most ids that are kept ready. */
const MOST = 32;

interface Signed {
  readonly id: string;
  readonly value: string;
}

export class PresignedIds implements Signer {
  readonly #signer: Signer;
  readonly #generate: () => string;
  readonly #ready: Signed[] = [];
  /** The values of ids that were drawn, until they are asked for. */
  readonly #drawn = new RecentMap<string>(4 * MOST);
  /** How many signatures were asked for since the last batch. */
  #demand = 0;
  #isSigning = false;

  constructor(signer: Signer, generate: () => string) {
    this.#signer = signer;
    this.#generate = generate;
  }

  /** A fresh id; its signature is there already where ids are in demand. */
  draw(): string {
    const signed = this.#ready.pop();
    if (signed === undefined) {
      this.#signBatch();
      return this.#generate();
    }
    this.#drawn.set(signed.id, signed.value);
    return signed.id;
  }

  sign(id: string): MaybePromise<string> {
    this.#demand++;
    return this.#drawn.get(id) ?? this.#signer.sign(id);
  }

  unsign(value: string): MaybePromise<Unsigned | undefined> {
    return this.#signer.unsign(value);
  }

  /** Whoever only looks at ids asks for no signature: then there is nothing to be done. */
  async #signBatch(): Promise<void> {
    const count = Math.min(MOST, 2 * this.#demand);
    if (count === 0 || this.#isSigning) return;
    this.#demand = 0;
    this.#isSigning = true;
    try {
      const ids = Array.from({ length: count }, this.#generate);
      const values = await Promise.all(ids.map((id) => this.#signer.sign(id)));
      for (const [index, value] of values.entries()) this.#ready.push({ id: ids[index]!, value });
    } catch {
      // The request that asks for a signature itself is told.
    } finally {
      this.#isSigning = false;
    }
  }
}
