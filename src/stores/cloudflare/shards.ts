/** The objects that share the sessions: which one to ask, how to ask several. */
import type { Answer, ObjectVerb } from "./session_object.ts";
import type { Pending } from "./session_rows.ts";

/** What the store needs of a `DurableObjectNamespace` binding. */
export interface DurableObjectNamespaceLike {
  /** The id of the object of this name. */
  idFromName(name: string): unknown;
  /** A stub of the object. */
  // deno-lint-ignore no-explicit-any -- the binding takes its own id type only
  get(id: any): {
    fetch(url: string, init: { method: string; body: string }): Promise<{
      readonly ok: boolean;
      readonly status: number;
      json(): Promise<unknown>;
    }>;
  };
}

/**
 * The verbs that may be done twice: their call is made again, once, when an object was
 * restarted, moved or cut off in the middle of it. Whether another verb took place is not known.
 */
const TWICE: ReadonlySet<ObjectVerb> = new Set<ObjectVerb>([
  ...["read", "touch", "prepare", "activate", "cancel", "moved", "destroy"] as const,
  ...["destroyEach", "destroySubject", "movedEach", "subject", "subjectEach"] as const,
  ...["page", "length", "clear", "sweep"] as const,
]);

/** Every object of one store. */
export class Shards {
  readonly count: number;
  readonly #namespace: DurableObjectNamespaceLike;
  readonly #prefix: string;

  constructor(namespace: DurableObjectNamespaceLike, count: number, prefix: string) {
    this.#namespace = namespace;
    this.count = count;
    this.#prefix = prefix;
  }

  /** Spreads ids evenly (FNV-1a). */
  of(id: string): number {
    let hash = 0x811c9dc5;
    for (let at = 0; at < id.length; at++) {
      hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
    }
    return (hash >>> 0) % this.count;
  }

  every(): number[] {
    return Array.from({ length: this.count }, (_, shard) => shard);
  }

  /** Asks the object of an id. */
  ask<V extends ObjectVerb>(id: string, verb: V, ...args: unknown[]): Promise<Answer<V>> {
    return this.call(this.of(id), verb, ...args);
  }

  callAll<V extends ObjectVerb>(verb: V, ...args: unknown[]): Promise<Answer<V>[]> {
    return Promise.all(this.every().map((shard) => this.call(shard, verb, ...args)));
  }

  async call<V extends ObjectVerb>(
    shard: number,
    verb: V,
    ...args: unknown[]
  ): Promise<Answer<V>> {
    const body = JSON.stringify([verb, ...args]);
    const { ok, status, answer } = await this.#send(shard, body).catch((error) => {
      // To ask again makes an object no less busy.
      if (!TWICE.has(verb) || Object(error).overloaded === true) throw error;
      return this.#send(shard, body);
    });
    if (!ok) throw new Error(`The session object answered with status ${status}`);
    return answer as Answer<V>;
  }

  /** By a stub of its own: one that has failed once may fail for ever. */
  async #send(
    shard: number,
    body: string,
  ): Promise<{ ok: boolean; status: number; answer: unknown }> {
    const stub = this.#namespace.get(this.#namespace.idFromName(`${this.#prefix}-${shard}`));
    const response = await stub.fetch("https://session.object/", { method: "POST", body });
    const { ok, status } = response;
    return { ok, status, answer: ok ? await response.json() : undefined };
  }

  /** Asks each object once about all that is its own. */
  async askEach<
    V extends "destroyEach" | "movedEach" | "subjectEach",
    Item extends readonly unknown[],
  >(
    verb: V,
    items: readonly Item[],
    idOf: (item: Item) => string,
    ...args: unknown[]
  ): Promise<Answer<V>[]> {
    const byShard = new Map<number, Item[]>();
    for (const item of items) {
      const shard = this.of(idOf(item));
      const own = byShard.get(shard);
      if (own === undefined) byShard.set(shard, [item]);
      else own.push(item);
    }
    const asked = [...byShard].map(([shard, own]) => this.call(shard, verb, own, ...args));
    return await Promise.all(asked);
  }

  /** Those of the pending rows whose rotation took place. */
  async movedOf(pending: readonly [id: string, from: string][]): Promise<[string, string][]> {
    return (await this.askEach("movedEach", pending, ([, from]) => from)).flat();
  }

  /** Asks again once the record is known to be live; `undefined`: it is not. */
  async settled<T>(id: string, ask: () => Promise<T | Pending>): Promise<T | undefined> {
    let answer = await ask();
    // Settled once, a record is pending no more, unless another rotation takes the id.
    while (isPending(answer)) {
      if (!await this.settle(id, answer.pending)) return undefined;
      answer = await ask();
    }
    return answer;
  }

  /** Whether the rotation `from` → `id` took place; if so, finishes it. */
  async settle(id: string, from: string): Promise<boolean> {
    if (!await this.ask(from, "moved", from, id)) return false;
    return await this.ask(id, "activate", id, from);
  }
}

function isPending(answer: unknown): answer is Pending {
  return typeof answer === "object" && answer !== null && "pending" in answer;
}
