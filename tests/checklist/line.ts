/** What a line of the checklist says, and how one is shown to hold. */

/** Where a line is promised: by both entries, the Web ones alone, certain stores, or the package as it is built. */
export type Where = "both" | "web" | "stores" | "build";

/** A piece of source, and what it becomes. */
export type Edit = readonly [file: string, from: string, to: string];

/** What is done to the source so that the line no longer holds: more than once where one guard stands behind another. */
export type Break = Edit | readonly Edit[];

export function editsOf(broken: Break): readonly Edit[] {
  return typeof broken[0] === "string" ? [broken as Edit] : broken as readonly Edit[];
}

/** The sources as a break leaves them, by their files. */
export function brokenTexts(
  broken: Break,
  read: (file: string) => string,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [file, from, to] of editsOf(broken)) {
    texts.set(file, (texts.get(file) ?? read(file)).replace(from, () => to));
  }
  return texts;
}

export interface Line {
  /** 1 to 93. */
  readonly number: number;
  readonly says: string;
  readonly on: Where;
  /**
   * Tests that show it and do not have its number in their title: file, then titles as
   * they stand in the source. Those that have it are found by it.
   */
  readonly also?: Readonly<Record<string, readonly string[]>>;
  /** Ways to break the source that turn its tests red, at each entry that promises it. */
  readonly breaks?: readonly Break[];
  /** Where no source can be broken from outside: the test that shows how the others would fail. */
  readonly selfTest?: readonly [file: string, title: string];
  /** What it does not say. */
  readonly note?: string;
  /** Why it is not met, or not wholly; nothing is promised then. */
  readonly open?: string;
}
