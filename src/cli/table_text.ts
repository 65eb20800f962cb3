/** Rows as aligned columns of text, and moments as people read them. */

/** Lines of aligned columns; the last is not padded. */
export function tableText(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, at) => widths[at] = Math.max(widths[at] ?? 0, cell.length));
  }
  return rows.map((row) =>
    row.map((cell, at) => at === row.length - 1 ? cell : cell.padEnd(widths[at]!)).join("  ")
  );
}

/** A moment in UTC, to the second. */
export function momentText(ms: number | null | undefined, none: string): string {
  if (ms === null || ms === undefined) return none;
  const date = new Date(ms);
  return Number.isNaN(date.valueOf()) ? none : `${date.toISOString().slice(0, 19)}Z`;
}

/** What came from a store, as one line that does nothing to a terminal. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "�");
}

/** "1 session", "2 sessions". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
