/** README's chapters, each a page; those of the session are tasks of their own. */
import { anchorsOf, chaptersOf, raised } from "./chapters.ts";
import { type Page, pathName, type Section, slug } from "./page.ts";

/** In which group a chapter stands; the others are tasks. */
const SECTION: Readonly<Record<string, Section>> = {
  "Start": "Start",
  "In an Express application": "Start",
  "Everywhere else": "Start",
  "The session": "Start",
  "Stores": "Stores",
  "Speed": "The project",
  "Developing": "The project",
};

/** What their pages are called, where the chapter's title does not say it. */
const PATH: Readonly<Record<string, string>> = {
  "In an Express application": "express",
  "Everywhere else": "web",
  "The session": "session",
  "Stores": "stores/index",
};

/** Chapters that only lead to a page of their own. */
const TOLD_IN: Readonly<Record<string, string>> = {
  "The command line": "docs/command-line.md",
  "Security": "SECURITY.md",
};

const DIVIDED = "The session";

function pageOf(
  title: string,
  body: string,
  levels: number,
  section: Section,
): Page {
  const shows: Record<string, string> = { [`README.md#${slug(title)}`]: "" };
  for (const anchor of anchorsOf(body)) shows[`README.md#${anchor}`] = anchor;
  const path = PATH[title] ?? pathName(title);
  return {
    path,
    title,
    section,
    text: raised(body, levels),
    source: "README.md",
    shows,
  };
}

/** Links to chapters that have another page → the file that is that page. */
export const LED_ON: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(TOLD_IN).map(([title, file]) => [`README.md#${slug(title)}`, file]),
);

/** The pages of README.md, but for its head, which is the home page. */
export function readmePages(readme: string): Page[] {
  return chaptersOf(readme, 2).chapters.flatMap(({ title, body }) => {
    if (title in TOLD_IN) return [];
    const section = SECTION[title] ?? "Tasks";
    if (title !== DIVIDED) return [pageOf(title, body, 1, section)];
    const { lead, chapters } = chaptersOf(body, 3);
    const tasks = chapters.map((task) => pageOf(task.title, task.body, 2, "Tasks"));
    const list = tasks.map((task) => `- [${task.title}](README.md#${slug(task.title)})`);
    return [
      pageOf(
        title,
        `${lead}\n\n### More of it\n\n${list.join("\n")}`,
        1,
        section,
      ),
      ...tasks,
    ];
  });
}
