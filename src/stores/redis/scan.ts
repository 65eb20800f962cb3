/** Walks over every key of a store, page by page. */
import type { StoredSession } from "../../store.ts";
import type { Area, Names } from "./names.ts";
import type { Runner } from "./runner.ts";
import { toStored } from "./answers.ts";
import { IdSet } from "./id_set.ts";
import { Pace } from "./pace.ts";
import { Prefixes } from "./prefixes.ts";
import { PAGE } from "./scripts_scan.ts";

/** All sessions of a store, on every server that has some. */
export class Scan {
  readonly prefixes: Prefixes;
  readonly #runner: Runner;
  readonly #names: Names;
  readonly #composed: readonly string[];
  readonly #count: number;
  readonly #now: () => number;

  /** `composed`: the beginnings of keys, as scripts are told them. */
  constructor(
    runner: Runner,
    names: Names,
    composed: readonly string[],
    count: number,
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
    const paces: Pace[] = [];
    for (const area of await this.#areas()) {
      for await (const _page of this.#pages(area.drop, area, paces));
    }
    await this.prefixes.signOff();
  }

  async #areas(): Promise<Area[]> {
    return this.#names.areas(await this.prefixes.inner());
  }

  /** Pages of every server, one step of its cursor each, at that server's pace. */
  async *#pages(
    what: string,
    { begins, others }: Area,
    paces: Pace[] = [],
  ): AsyncGenerator<unknown[]> {
    const pattern = begins.replace(/[*?[\]\\^-]/g, "\\$&") + "*";
    const skip = String(new TextEncoder().encode(begins).length);
    const told = [what, skip, ...this.#composed, ...others];
    for (const [server, run] of (await this.#runner.nodes()).entries()) {
      const pace = paces[server] ??= new Pace(this.#count);
      let cursor = "0";
      do {
        const now = String(Math.floor(this.#now()));
        const args = [now, cursor, pattern, String(pace.count), ...told];
        const [next, page, left] = await run(PAGE, args) as [string, unknown[], number?];
        yield page;
        if (left !== undefined) pace.note(Number(left));
        cursor = next.slice(1);
      } while (cursor !== "0");
    }
  }
}
