/** How VitePress lays the pages out; which there are, site/lay_out.ts has said. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { ICON } from "../../examples/start/page/icon.ts";
import type { Navigation } from "../lay_out.ts";
import { slug } from "../pages/page.ts";

const { groups, repository }: Navigation = JSON.parse(
  readFileSync(new URL("../.tmp/navigation.json", import.meta.url), "utf8"),
);
const reference = {
  text: "Reference",
  link: "/reference/index.html",
  target: "_self",
};

/** The groups that are long are shown in full on their own pages, and by their first page elsewhere. */
const LONG = ["Stores", "Frameworks"];
const sidebar = (shown?: string) => [
  ...groups.map(({ text, items }) => ({
    text,
    items: LONG.includes(text) && text !== shown ? items.slice(0, 1) : items,
  })),
  { text: "Reference", items: [{ ...reference, text: "Every export" }] },
];

export default {
  title: "websession",
  description: "Sessions for the Web platform",
  lang: "en",
  head: [["link", { rel: "icon", href: ICON }]],
  base: process.env.SITE_BASE ?? "/",
  srcDir: ".tmp/pages",
  outDir: process.env.SITE_OUT ?? "dist",
  cacheDir: ".tmp/cache",
  // Made beside, and checked by site/dead_links.ts as all others are.
  ignoreDeadLinks: [/^\/reference\//],
  markdown: {
    html: false,
    anchor: { slugify: slug },
    theme: {
      light: "github-light-high-contrast",
      dark: "github-dark-high-contrast",
    },
  },
  themeConfig: {
    nav: [
      { text: "Start", link: "/start.html" },
      { text: "Stores", link: "/stores/index.html" },
      { text: "Frameworks", link: "/frameworks/index.html" },
      reference,
    ],
    sidebar: {
      "/stores/": sidebar("Stores"),
      "/frameworks/": sidebar("Frameworks"),
      "/": sidebar(),
    },
    outline: [2, 3],
    search: { provider: "local" },
    ...(repository && { socialLinks: [{ icon: "github", link: repository }] }),
  },
};
