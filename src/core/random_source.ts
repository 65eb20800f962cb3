/** The platform's secure random source. */

type RandomSource = Pick<Crypto, "getRandomValues">;

/** What serves where the global one is hidden, as Jest 27 does it. */
let other: RandomSource | undefined;

/** Names the source of a process without a global `crypto`. */
export function provideRandomSource(source: RandomSource): void {
  other = source;
}

/** Fills what it is given with random bits. */
export function randomValues<Values extends Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>(
  values: Values,
): Values {
  const { crypto = other } = globalThis as { crypto?: RandomSource };
  return crypto!.getRandomValues(values);
}
