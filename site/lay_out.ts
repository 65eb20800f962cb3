/** Reads the repository's own texts, and writes them as the pages that VitePress is given. */
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { jsrEntries } from "../scripts/entries.ts";
import { PAPERS } from "../scripts/papers.ts";
import { frameworkPages } from "./pages/frameworks.ts";
import { homePage } from "./pages/home.ts";
import { targetsOf, withLinks } from "./pages/links.ts";
import { type Page, SECTIONS } from "./pages/page.ts";
import { paperPage } from "./pages/papers.ts";
import { readmePages } from "./pages/readme.ts";
import { storePage } from "./pages/stores.ts";
import { repositoryUrl } from "./repository.ts";

/** What the configuration of VitePress reads: the navigation is made here as well. */
export interface Navigation {
  readonly groups: readonly {
    text: string;
    items: readonly { text: string; link: string }[];
  }[];
  readonly repository: string | undefined;
}

/** Files of the repository, by their names in it. */
const filesOf = (pattern: string): string[] =>
  globSync(pattern).map((file) => file.split(sep).join("/")).sort();

/** Every page but the home page, in the order of the navigation. */
export function pagesOf(read: (file: string) => string): Page[] {
  const readme = read("README.md");
  const docs = filesOf("docs/*.md");
  const papers = [
    ...docs,
    ...PAPERS.filter((file) => file.endsWith(".md")),
    "CONTRIBUTING.md",
  ];
  const stores = Object.entries(jsrEntries).filter(([entry]) => entry.startsWith("./stores/"));
  return [
    ...readmePages(readme),
    ...stores.map(([entry, file]) =>
      storePage(entry.slice("./stores/".length), readme, read(file))
    ),
    ...frameworkPages(read("examples/README.md"), read),
    ...papers.map((file) => paperPage(file, read(file))),
  ];
}

/** Headings and names as they are read in a list, where nothing is set in code. */
const plain = (title: string): string => title.replaceAll("`", "");

/** Writes pages, pictures and navigation into a folder. Reads the repository it runs in. */
export function layOut(folder: string): Page[] {
  const read = (file: string): string => readFileSync(file, "utf8");
  const pages = pagesOf(read);
  const pictures = PAPERS.filter((file) => file.endsWith(".svg")).concat(
    filesOf("docs/*.png"),
  );
  const repository = repositoryUrl(JSON.parse(read("package.json")));
  const targets = {
    pages: targetsOf(pages),
    pictures: new Set(pictures),
    repository,
  };

  rmSync(folder, { recursive: true, force: true });
  const write = (path: string, text: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const page of pages) {
    write(
      `pages/${page.path}.md`,
      `# ${page.title}\n\n${withLinks(page, targets)}\n`,
    );
  }
  const { matter, page } = homePage(read("README.md"), pages);
  write("pages/index.md", `${matter}\n${withLinks(page, targets)}\n`);
  for (const picture of pictures) {
    cpSync(picture, join(folder, "pages/public", picture));
  }

  const groups = SECTIONS.map((text) => {
    const own = pages.filter(({ section }) => section === text);
    const items = own.map(({ title, path }, at) => {
      const isTaken = own.slice(0, at).some((other) => other.title === title);
      return {
        text: plain(title) + (isTaken ? ` (${basename(path)})` : ""),
        link: `/${path}.html`,
      };
    });
    return { text, items };
  });
  const navigation: Navigation = { groups, repository };
  write("navigation.json", JSON.stringify(navigation));
  return pages;
}
