/** How often what was done, in tables: a hole is a point. */
import { DEEDS, ENDINGS, ENTRIES, FAULT_KINDS, type Program, STORES } from "./program.ts";

/** What ran, as far as it is counted. */
interface Ran {
  readonly program: Program;
  readonly counts: ReadonlyMap<string, number>;
  readonly broken: readonly { readonly deed: string; readonly how: string }[];
}

const OPTIONS = ["rolling", "rotateAfter", "resave", "isAuto", "gc"] as const;
const COLUMNS = [...ENTRIES, ...STORES];
/** What is counted where it happens; rows that nothing ever fills are shown all the same. */
const ROWS = [
  ...ENDINGS.map((name) => `ends ${name}`),
  ...DEEDS.flatMap((deed) => FAULT_KINDS.map((how) => `fault ${deed} ${how}`)),
];

export class Tally {
  readonly #cells = new Map<string, Map<string, number>>(ROWS.map((row) => [row, new Map()]));

  add({ program, counts, broken }: Ran): void {
    const { entry, store, life, waves } = program;
    const add = (row: string, count = 1) => {
      const cells = this.#cells.get(row) ?? new Map<string, number>();
      this.#cells.set(row, cells);
      for (const column of [entry, store]) cells.set(column, (cells.get(column) ?? 0) + count);
    };
    add("all programs");
    for (const name of OPTIONS) if (program[name]) add(`option ${name}`);
    add(`option life: ${life === null ? "none" : "some"}`);
    for (const { later, requests } of waves) {
      if (later !== undefined) add("time goes by");
      if (requests.length > 16) add("a burst");
      if (requests.length > 1) add("requests together", requests.length);
    }
    for (const [name, count] of counts) add(name, count);
    for (const { deed, how } of broken) add(`fault ${deed} ${how}`);
  }

  toString(): string {
    const rows = [...this.#cells].sort(([one], [other]) => one < other ? -1 : 1);
    const widths = COLUMNS.map((name) => Math.max(6, name.length));
    const line = (title: string, cells: readonly string[]) =>
      title.padEnd(24) + cells.map((cell, index) => cell.padStart(widths[index]! + 1)).join("");
    return [
      line("", COLUMNS),
      ...rows.map(([row, cells]) => {
        return line(row, COLUMNS.map((column) => String(cells.get(column) ?? ".")));
      }),
    ].join("\n");
  }
}
