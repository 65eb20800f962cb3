/** Links of the repository's files, as they lead on the site. */
import { posix } from "node:path";
import { inProse } from "./chapters.ts";
import type { Page } from "./page.ts";
import { LED_ON } from "./readme.ts";

export interface Targets {
  /** A file of the repository, or a heading of one → a page, or a heading of it. */
  readonly pages: ReadonlyMap<string, string>;
  /** Pictures, which are copied as they are. */
  readonly pictures: ReadonlySet<string>;
  /** Where the repository is to be seen, if it has been named. */
  readonly repository: string | undefined;
}

/** Where the links to all that the pages show lead. */
export function targetsOf(pages: readonly Page[]): Map<string, string> {
  const targets = new Map([["README.md", "/"]]);
  for (const { path, shows } of pages) {
    for (const [key, anchor] of Object.entries(shows)) {
      targets.set(key, `/${path}.html${anchor === "" ? "" : `#${anchor}`}`);
    }
  }
  for (const [link, file] of Object.entries(LED_ON)) targets.set(link, targets.get(file)!);
  return targets;
}

const LINK = /(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g;

/**
 * A page's text with its links led to the site's pages. What the site does not have is led to the
 * repository, or stands as text for as long as that has no name.
 */
export function withLinks({ text, source }: Page, targets: Targets): string {
  const { pages, pictures, repository } = targets;
  return inProse(
    text,
    (prose) =>
      prose.replace(
        LINK,
        (whole, picture: string, label: string, target: string) => {
          if (target.startsWith("site:")) {
            return `[${label}](/${target.slice("site:".length)}){target="_self"}`;
          }
          if (/^([a-z]+:|\/)/.test(target)) return whole;
          const [path = "", anchor] = target.split("#");
          const file = path === "" ? source : posix.join(posix.dirname(source), path);
          if (
            picture !== "" && pictures.has(file)
          ) return `![${label}](/${file})`;
          const page = pages.get(
            anchor === undefined ? file : `${file}#${anchor}`,
          );
          if (page !== undefined) return `[${label}](${page})`;
          // A heading that a page of ours lacks is a dead link, and is to be found as one.
          if (pages.has(file)) return `[${label}](${pages.get(file)}#${anchor})`;
          return repository === undefined ? label : `[${label}](${repository}/blob/main/${file})`;
        },
      ),
  );
}
