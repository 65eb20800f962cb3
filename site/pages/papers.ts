/** The pages that are files of the repository already: docs/, SECURITY.md and their like. */
import { anchorsOf, chaptersOf } from "./chapters.ts";
import type { Page, Section } from "./page.ts";

/** Of the papers, those that are about something to do. */
const TASKS = ["docs/command-line.md", "docs/troubleshooting.md", "SECURITY.md"];

function sectionOf(file: string): Section {
  if (TASKS.includes(file)) return "Tasks";
  if (file.startsWith("docs/migrating-")) return "Moving here";
  return file.startsWith("docs/") ? "In depth" : "The project";
}

/** Where a file stands on the site. */
export function pathOfPaper(file: string): string {
  return file.replace(/\.md$/, "").replace(/README$/, "index").toLowerCase();
}

/** The page that a file is. */
export function paperPage(file: string, markdown: string): Page {
  const [{ title, body } = { title: file, body: markdown }] = chaptersOf(markdown, 1).chapters;
  const shows: Record<string, string> = { [file]: "" };
  for (const anchor of anchorsOf(markdown)) shows[`${file}#${anchor}`] = anchor;
  return {
    path: pathOfPaper(file),
    title,
    section: sectionOf(file),
    text: body,
    source: file,
    shows,
  };
}
