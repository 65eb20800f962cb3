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

/** The one of each object, made when it is first asked for, for as long as that object lives. */
export function onePer<Key extends object, One>(
  make: (key: Key) => One,
  known: WeakMap<Key, One> = new WeakMap(),
): (key: Key) => One {
  return (key) => {
    let one = known.get(key);
    if (one === undefined) known.set(key, one = make(key));
    return one;
  };
}

/** The one of each object in this process. */
export function sharedForEach<Key extends object, Shared>(
  name: string,
  make: (key: Key) => Shared,
): (key: Key) => Shared {
  return onePer(make, sharedByBuilds(name, () => new WeakMap()));
}
