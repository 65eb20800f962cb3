/**
 * What the builds of the library share in one process: an application may load the CommonJS
 * build for Express and the ESM build for the Web, with one store for both.
 */

/** Grows where what is shared changes its shape: builds of another shape go by themselves. */
const SHAPE = 1;

/** The one of a name in this process, made by whichever build asks first. */
export function sharedByBuilds<Shared extends object>(name: string, make: () => Shared): Shared {
  const key = Symbol.for(`websession.${name}.${SHAPE}`);
  const all = globalThis as unknown as Record<symbol, Shared | undefined>;
  return all[key] ??= make();
}
