/** The home page, in README's words. */
import { chaptersOf } from "./chapters.ts";
import { type Page, SECTIONS } from "./page.ts";

/** Emphasis and code, where VitePress takes HTML; links have no place there. */
const inline = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replace(
    /\s*\n\s*/g,
    " ",
  )
    .replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
    .replace(/\*([^*]+)\*/g, "<em>$1</em>");

/** What a front matter holds: JSON is YAML, too. */
const frontMatter = (data: object): string => `---\n${JSON.stringify(data, null, 2)}\n---\n`;

export interface Home {
  /** What VitePress lays out: name, what it is, the two promises. */
  readonly matter: string;
  /** The rest of README's head, how it is installed, and where to go. */
  readonly page: Page;
}

/** The home page of README's head; links lead to the pages. */
export function homePage(readme: string, pages: readonly Page[]): Home {
  const { lead, chapters } = chaptersOf(readme, 2);
  const [, intro = "", bullets = "", rest = ""] =
    /^# .*\n+([\s\S]*?)\n\n((?:- \*\*[\s\S]*?\n\n)+)([\s\S]*)$/.exec(
      `${lead}\n\n`,
    ) ?? [];
  const promises = bullets.trim().split(/\n(?=- )/).map((bullet) => {
    const [, title = "", details = ""] = /^- \*\*([\s\S]*?)\*\*([\s\S]*)$/.exec(bullet) ?? [];
    const words = details.replace(/^[,.\s]+/, "");
    return {
      title: inline(title),
      details: inline(words[0]!.toUpperCase() + words.slice(1)),
    };
  });
  const start = chapters.find(({ title }) => title === "Start")!.body;
  const [install = ""] = /^\|[\s\S]*?\n\n/m.exec(start) ?? [];
  const lists = SECTIONS.map((section) => {
    const links = pages.filter((page) => page.section === section)
      .map(({ title, path }) => `[${title}](/${path}.html)`);
    return `- **${section}**: ${links.join(" · ")}`;
  });
  const text = [
    rest.trim(),
    "## Install",
    install.trim().replace("| | |", "| runtime | command |"),
    "## Where to go",
    lists.join("\n"),
    "- **Reference**: [every export, with its options, errors and examples](site:reference/index.html)",
  ].join("\n\n");
  const actions = [
    { theme: "brand", text: "Start", link: "/start.html" },
    { theme: "alt", text: "In an Express application", link: "/express.html" },
    { theme: "alt", text: "Stores", link: "/stores/index.html" },
  ];
  const hero = { name: "websession", tagline: inline(intro), actions };
  const page: Page = {
    path: "index",
    title: "websession",
    section: "Start",
    text,
    source: "README.md",
    shows: {},
  };
  return {
    matter: frontMatter({
      layout: "Home",
      sidebar: false,
      hero,
      features: promises,
    }),
    page,
  };
}
