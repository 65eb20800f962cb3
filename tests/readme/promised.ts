/** What docs/troubleshooting.md promises to be printed, read from that page. */
import { readFileSync } from "node:fs";

const page = readFileSync(new URL("../../docs/troubleshooting.md", import.meta.url), "utf8");

export type Entry = "Web" | "Express";

/** A line of code, without its backticks. */
const plain = (code: string): string => code.replace(/^(`+)(.*)\1$/, "$2");

/** The sentences of an entry, by the heading they stand under. */
export function sentencesOf(entry: Entry): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const part of page.split(/^### /m).slice(1)) {
    const [heading = ""] = part.split("\n");
    const lines = [...part.matchAll(/^- (\w+): (`.*`)$/gm)];
    const sentences = lines.filter(([, of]) => of === entry).map(([, , code]) => plain(code!));
    if (sentences.length > 0) found.set(heading, sentences);
  }
  return found;
}

/** The errors of likely mistakes, by what was done. */
export function refusals(): Map<string, string> {
  const [, table = ""] = page.split("## What is refused\n");
  const rows = [...table.matchAll(/^\| (.*?) \| (`.*`) \|$/gm)];
  return new Map(rows.map(([, mistake, code]) => [mistake!, plain(code!)]));
}
