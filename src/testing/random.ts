/** Seeded chance, so that a failed race can be run again. */
export interface Random {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  /** One of the given things. */
  pick<T>(things: readonly T[]): T;
  /** Lets between 0 and `most` turns of the microtask queue pass. */
  pause(most: number): Promise<void>;
}

/** A small generator (a Weyl sequence with mixed bits): even enough for schedules, not for secrets. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let bits = state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return (bits ^ (bits >>> 15)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick: <T>(things: readonly T[]): T => things[below(things.length)] as T,
    async pause(most) {
      for (let turns = below(most + 1); turns > 0; turns--) await undefined;
    },
  };
}

/** A seed nobody chose. */
export function freshSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
