/** Walks over every key of a store, page by page. */
import type { StoredSession } from "../../store.ts";
import type { Area, Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import { toStored } from "./answers.ts";
import { IdSet } from "./id_set.ts";
import { Prefixes } from "./prefixes.ts";
import { PAGE } from "./scripts_scan.ts";

/** All sessions of a store, on every server that has some. */
export class Scan {
  readonly prefixes: Prefixes;
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #composed: readonly string[];
  readonly #count: string;
  readonly #now: () => number;

  /** `composed`: the beginnings of keys, as scripts are told them. */
  constructor(
    runner: Runner,
    names: Names,
    composed: readonly string[],
    count: string,
    now: () => number,
  ) {
    this.prefixes = new Prefixes(runner, names, now);
    this.#runner = runner;
    this.#names = names;
    this.#composed = composed;
    this.#count = count;
    this.#now = now;
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    // A scan may show a key twice.
    const seen = new IdSet();
    for await (const page of this.#pages("all", (await this.#areas())[0]!)) {
      for (const [marked, found] of page as [id: string, found: string][]) {
        const id = this.#names.id(marked.slice(1));
        const stored = toStored(found);
        if (stored !== undefined && seen.add(id)) yield [id, stored];
      }
    }
  }

  async length(): Promise<number> {
    const seen = new IdSet();
    for await (const page of this.#pages("ids", (await this.#areas())[0]!)) {
      for (const id of page) seen.add(String(id));
    }
    return seen.size;
  }

  async clear(): Promise<void> {
    for (const area of await this.#areas()) {
      for await (const _page of this.#pages(area.drop, area));
    }
    await this.prefixes.signOff();
  }

  async #areas(): Promise<Area[]> {
    return this.#names.areas(await this.prefixes.inner());
  }

  /** Pages of every server, one step of its cursor each. */
  async *#pages(
    what: string,
    { begins, others }: Area,
  ): AsyncGenerator<unknown[]> {
    const pattern = begins.replace(/[*?[\]\\^-]/g, "\\$&") + "*";
    const skip = new TextEncoder().encode(begins).length;
    const told = [
      pattern,
      this.#count,
      what,
      String(skip),
      ...this.#composed,
      ...others,
    ];
    for (const run of await this.#runner.nodes()) {
      let cursor = "0";
      do {
        const args = [String(Math.floor(this.#now())), cursor, ...told];
        const [next, page] = await run(PAGE, args) as [string, unknown[]];
        yield page;
        cursor = next.slice(1);
      } while (cursor !== "0");
    }
  }
}
