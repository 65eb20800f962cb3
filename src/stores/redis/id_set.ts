/** Very many ids, each once. */

/** How many parts share them: one that grows moves all it has at once. */
const PARTS = 256;

/**
 * Ids that a walk over all keys has met, kept as bytes: through a million texts that live on the
 * engine's collection of garbage would go one by one, for a tenth of a second in which nobody
 * else has a turn.
 */
export class IdSet {
  readonly #parts: (Part | undefined)[] = Array.from({ length: PARTS });
  readonly #encoder = new TextEncoder();
  #scratch = new Uint8Array(256);
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds an id as it came from a server, well-formed; `false` if it is there already. */
  add(id: string): boolean {
    // A code unit takes three bytes at most.
    if (this.#scratch.length < 3 * id.length) this.#scratch = new Uint8Array(3 * id.length);
    const { written } = this.#encoder.encodeInto(id, this.#scratch);
    const bytes = this.#scratch.subarray(0, written);
    const hash = hashOf(bytes);
    const isNew = (this.#parts[hash % PARTS] ??= new Part()).add(bytes, hash);
    if (isNew) this.#size++;
    return isNew;
  }
}

/** A hash table with open addressing. */
class Part {
  /** The ids, one behind the other. */
  #bytes = new Uint8Array(256);
  /** Where each ends. */
  #ends = new Uint32Array(8);
  #hashes = new Uint32Array(8);
  #count = 0;
  /** Which id stands in a slot, from 1; half of them are 0 or more. */
  #slots = new Uint32Array(16);

  add(id: Uint8Array, hash: number): boolean {
    let slot = this.#slotOf(hash);
    for (let one = this.#slots[slot]!; one !== 0; one = this.#slots[slot]!) {
      if (this.#is(one - 1, id, hash)) return false;
      slot = this.#next(slot);
    }
    const start = this.#startOf(this.#count);
    const end = start + id.length;
    while (end > this.#bytes.length) this.#bytes = doubled(this.#bytes);
    if (this.#count === this.#ends.length) this.#grow();
    this.#bytes.set(id, start);
    this.#ends[this.#count] = end;
    this.#hashes[this.#count] = hash;
    this.#place(this.#count++);
    return true;
  }

  #is(one: number, id: Uint8Array, hash: number): boolean {
    const start = this.#startOf(one);
    if (this.#hashes[one] !== hash || this.#ends[one]! - start !== id.length) return false;
    return id.every((byte, at) => this.#bytes[start + at] === byte);
  }

  #grow(): void {
    this.#ends = doubled(this.#ends);
    this.#hashes = doubled(this.#hashes);
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let one = 0; one < this.#count; one++) this.#place(one);
  }

  #place(one: number): void {
    let slot = this.#slotOf(this.#hashes[one]!);
    while (this.#slots[slot] !== 0) slot = this.#next(slot);
    this.#slots[slot] = one + 1;
  }

  #startOf(one: number): number {
    return one === 0 ? 0 : this.#ends[one - 1]!;
  }

  /** All hashes of a part are alike in their last bits. */
  #slotOf(hash: number): number {
    return Math.floor(hash / PARTS) % this.#slots.length;
  }

  #next(slot: number): number {
    return (slot + 1) % this.#slots.length;
  }
}

function doubled<T extends Uint8Array | Uint32Array>(old: T): T {
  const bigger = new (old.constructor as new (length: number) => T)(2 * old.length);
  bigger.set(old);
  return bigger;
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
