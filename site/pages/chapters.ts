/** A page of Markdown, cut at its headings. */
import { slug } from "./page.ts";

export interface Chapter {
  readonly title: string;
  /** All below its heading, down to the next one of its level or above. */
  readonly body: string;
}

const FENCE = /^```[\s\S]*?^```[^\S\n]*$/gm;

/** Runs `change` on what is prose: code blocks stay as they are. */
export function inProse(
  text: string,
  change: (prose: string) => string,
): string {
  let end = 0;
  let changed = "";
  for (const { 0: fence, index } of text.matchAll(FENCE)) {
    changed += change(text.slice(end, index)) + fence;
    end = index + fence.length;
  }
  return changed + change(text.slice(end));
}

/** The text with its code blocks blanked, character for character: places in it are places in the text. */
const blanked = (text: string): string =>
  text.replace(FENCE, (fence) => fence.replace(/[^\n]/g, " "));

/** What stands above the first heading of a level, and the chapters below. */
export function chaptersOf(
  text: string,
  level: number,
): { lead: string; chapters: Chapter[] } {
  const heading = new RegExp(`^#{1,${level}} (.*)$`, "gm");
  const found = [...blanked(text).matchAll(heading)]
    .filter(({ 0: line }) => line.startsWith("#".repeat(level) + " "));
  const chapters = found.map(({ 0: line, 1: title, index }, at) => ({
    title: title!,
    body: text.slice(index + line.length, found[at + 1]?.index).trim(),
  }));
  return { lead: text.slice(0, found[0]?.index).trim(), chapters };
}

/** The anchors of a text's headings. */
export function anchorsOf(text: string): string[] {
  return [...blanked(text).matchAll(/^#+ (.*)$/gm)].map(([, title]) => slug(title!));
}

/** Headings one or two levels higher, so that a chapter can be a page of its own. */
export function raised(text: string, levels: number): string {
  return inProse(
    text,
    (prose) => prose.replace(new RegExp(`^#{${levels}}(?=#+ )`, "gm"), ""),
  );
}

/** The first code block of a language, with its fence. */
export function fencesIn(text: string): string[] {
  return text.match(FENCE) ?? [];
}
