/** Finds every link of built pages that leads to no file, or to no place in one. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join, posix, sep } from "node:path";

export interface DeadLink {
  readonly page: string;
  readonly link: string;
}

const TEXTS: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
  "&#x27;": "'",
  "&#x2F;": "/",
};
/** An attribute's value. */
export const decoded = (value: string): string =>
  value.replace(
    /&(?:amp|lt|gt|quot|#39|#x27|#x2F);/g,
    (entity) => TEXTS[entity]!,
  );

const attributes = (html: string, names: string): string[] =>
  [...html.matchAll(
    new RegExp(`\\s(?:${names})=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "g"),
  )]
    .map(([, double, single, bare]) => decoded(double ?? single ?? bare!));

/** A page's markup without what its scripts hold. */
const markup = (html: string): string => html.replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, "");

/** The places of a page that a link may name. */
export const anchorsIn = (html: string): ReadonlySet<string> =>
  new Set(attributes(markup(html), "id|name"));

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/**
 * The dead links of all pages in a folder, which is served under `base`. Links to other
 * hosts are not followed: what they lead to is theirs.
 */
export function deadLinks(folder: string, base = "/"): DeadLink[] {
  const anchors = new Map<string, ReadonlySet<string>>();
  const anchorsOf = (file: string): ReadonlySet<string> => {
    const known = anchors.get(file);
    if (known !== undefined) return known;
    const found = anchorsIn(readFileSync(join(folder, file), "utf8"));
    anchors.set(file, found);
    return found;
  };
  /** The file that a server answers with, if there is one. */
  const served = (path: string): string | undefined => {
    const file = path.endsWith("/") || path === "" ? `${path}index.html` : path;
    const place = join(folder, file);
    return existsSync(place) && statSync(place).isFile() ? file : undefined;
  };
  const pages = globSync("**/*.html", { cwd: folder }).map((file) => file.split(sep).join("/"));
  return pages.sort().flatMap((page) => {
    const links = new Set(
      attributes(markup(readFileSync(join(folder, page), "utf8")), "href|src"),
    );
    return [...links].filter((link) => {
      if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link)) return false;
      const [path = "", anchor = ""] = link.split("#");
      const target = unescaped(path.split("?")[0]!);
      if (target.startsWith("/") && !target.startsWith(base)) return true;
      const file = target === ""
        ? page
        : target.startsWith("/")
        ? served(target.slice(base.length))
        : served(posix.join(posix.dirname(page), target).replace(/^\.\//, ""));
      if (file === undefined) return true;
      return anchor !== "" && file.endsWith(".html") &&
        !anchorsOf(file).has(unescaped(anchor));
    }).map((link) => ({ page, link }));
  });
}
