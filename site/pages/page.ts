/** A page of the site, before it is written. */

/** The groups of the navigation, in their order. */
export const SECTIONS = [
  "Start",
  "Tasks",
  "Stores",
  "Frameworks",
  "Moving here",
  "In depth",
  "The project",
] as const;

export type Section = typeof SECTIONS[number];

export interface Page {
  /** Where it stands on the site, without its ending: `stores/redis`. */
  readonly path: string;
  readonly title: string;
  readonly section: Section;
  /** Markdown below the title; its links are as they stand in `source`. */
  readonly text: string;
  /** The file of the repository that its links are relative to. */
  readonly source: string;
  /** Whom a link to a file, or to a heading of it, is led to: `README.md#stores` → the heading here. */
  readonly shows: Readonly<Record<string, string>>;
}

/** A heading's anchor, as the registries make it that show the same files. */
export function slug(title: string): string {
  return title.trim().toLowerCase().replace(/[^\w -]/g, "").replaceAll(
    " ",
    "-",
  );
}

/** The name of a page: words of letters and digits. */
export function pathName(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
