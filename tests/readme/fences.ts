/** The code that a page shows, block by block. */

export interface Fence {
  readonly language: string;
  /** The heading it stands under. */
  readonly chapter: string;
  /** The file it says it is: a first line that is a comment with a name. */
  readonly file: string | undefined;
  readonly code: string;
  /** What it is called in lists: the file, or the chapter with a number from its second block on. */
  readonly key: string;
}

export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  const counts = new Map<string, number>();
  let chapter = "";
  for (const [, title, language, code] of text.matchAll(/^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) chapter = title;
    if (code === undefined) continue;
    const file = /^\/\/ (\S+\.tsx?)\n/.exec(code)?.[1];
    const count = (counts.get(chapter) ?? 0) + (file === undefined ? 1 : 0);
    if (file === undefined) counts.set(chapter, count);
    const key = file ?? (count === 1 ? chapter : `${chapter}, ${count}`);
    fences.push({ language: language ?? "", chapter, file, code, key });
  }
  return fences;
}
