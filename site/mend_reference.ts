/** Mends what deno doc gets wrong: links, and the names that modules are imported by. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { ICON } from "../examples/start/page/icon.ts";
import { anchorsIn, deadLinks, decoded } from "./dead_links.ts";

/** On a phone long names are broken, code scrolls by itself, and the search has a line of its own. */
const NARROW = "@media (width < 768px) { " +
  ".ddoc, .ddoc * { min-width: 0; max-width: 100%; overflow-wrap: anywhere } " +
  ".ddoc pre { overflow-x: auto } " +
  ".ddoc #topnav, .ddoc #topnav > div { height: auto; flex-wrap: wrap } }";
const HEAD = `<link rel="icon" href="${ICON}"><style>${NARROW}</style></head>`;

/** What a page says of how its module is imported. */
const USAGE = /<div class="usageContent">[\s\S]*?<\/button>/g;

/**
 * deno doc numbers a type's members through in the type's own page, and from 0 in its lists; and
 * some headings link to themselves by an id they do not have. The first get the member's number,
 * the others the page. Modules are to be imported by `name`, which it leaves out.
 */
export function mendReference(folder: string, name: string): void {
  const dead = new Map<string, Set<string>>();
  for (const { page, link } of deadLinks(folder)) {
    dead.set(page, (dead.get(page) ?? new Set()).add(link));
  }
  const anchors = new Map<string, readonly string[]>();
  const anchorsOf = (file: string): readonly string[] => {
    const found = anchors.get(file) ??
      [...anchorsIn(readFileSync(join(folder, file), "utf8"))];
    anchors.set(file, found);
    return found;
  };
  for (
    const page of globSync("**/*.html", { cwd: folder }).map((file) => file.replaceAll(sep, "/"))
  ) {
    const mended = (link: string): string => {
      const [path = "", anchor = ""] = link.split("#");
      if (path === "") return "#content";
      const target = posix.join(posix.dirname(page), path);
      const member = anchor.replace(/\d+$/, "");
      const meant = anchorsOf(target).find((id) => id.replace(/\d+$/, "") === member);
      return meant === undefined ? path : `${path}#${meant}`;
    };
    const file = join(folder, page);
    const up = "../".repeat(page.split("/").length);
    const html = readFileSync(file, "utf8")
      .replace(/href="([^"]*)"/g, (whole, value: string) => {
        const link = decoded(value);
        return dead.get(page)?.has(link) ? `href="${mended(link)}"` : whole;
      })
      .replaceAll(
        USAGE,
        (usage) =>
          usage.replace(
            /from &quot;(?:\.|([\w/-]+))&quot;/g,
            (_, module?: string) => `from &quot;${[name, module].filter(Boolean).join("/")}&quot;`,
          ),
      )
      .replace("</head>", HEAD)
      .replace(
        '<ul class="breadcrumbs">',
        (list) => `<a href="${up}index.html" class="contextLink">documentation</a>&emsp;${list}`,
      );
    writeFileSync(file, html);
  }
}
