/** What the published pages link to, and the sources name, is published with them: on npm and on JSR. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { PAPERS } from "../../scripts/papers.ts";
import { root, run, tarball } from "../package/pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let packed: Set<string>;
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pagesIn = (folder: string) =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));

const PAGES = [
  "README.md",
  ...PAPERS.filter((paper) => paper.endsWith(".md")),
  ...pagesIn("docs"),
  ...pagesIn("examples"),
];

/** A page without what stands in it as code. */
const prose = (page: string) =>
  read(page).replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`]*`/g, "");

/** Where a page's links lead: a path from the root, and a heading there. */
function linksOf(page: string): { path: string; anchor: string | undefined }[] {
  return [...read(page).replace(/^```[\s\S]*?^```$/gm, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor] = target.split("#");
      return { path: path === "" ? page : normalize(join(dirname(page), path)), anchor };
    });
}

/** The names that registries give to a page's headings. */
function anchorsOf(page: string): string[] {
  return [...read(page).replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#+ (.*)$/gm)].map(
    ([, title]) => title!.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-"),
  );
}

beforeAll(async () => {
  const listed = await run("tar", ["-tzf", await tarball()]);
  packed = new Set(listed.trim().split("\n").map((name) => name.replace(/^package\//, "")));
});

test.each(PAGES)("%s is in the tarball, and so is all it links to", (page) => {
  expect(packed).toContain(page);
  for (const { path, anchor } of linksOf(page)) {
    expect(packed, `${page} links to ${path}`).toContain(path);
    if (anchor !== undefined) {
      expect(anchorsOf(path), `${page} links to ${path}#${anchor}`).toContain(anchor);
    }
  }
  // A bracket without its target is a link that was forgotten.
  expect(prose(page)).not.toMatch(/\[[^\]]+\]\(\s*\)/);
});

test("they have links at all", () => {
  expect(PAGES.length).toBeGreaterThan(14);
  expect(linksOf("README.md").length).toBeGreaterThan(20);
});

test("the pages that documentation comments name are in the tarball", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts")).map((file) => join("src", file)).concat("mod.ts");
  const named = sources.flatMap((file) => {
    const comments = read(file).match(/\/\*\*[\s\S]*?\*\//g) ?? [];
    return comments.flatMap((comment) =>
      comment.match(/\b(?:(?:docs|examples|bench)\/[\w/.-]+\.\w+|[A-Z]+\.md)\b/g) ?? []
    );
  });
  expect(named).toContain("docs/device-bound-sessions.md");
  for (const path of named) expect(packed).toContain(path);
});

test("JSR has the same pages, and what they link to", async () => {
  const env = { DENO_TLS_CA_STORE: "system", NO_COLOR: "1" };
  const publish = "deno publish --dry-run -c jsr.json --allow-dirty --no-check 2>&1";
  const printed = await run("sh", ["-c", publish], root, env);
  const files = [...printed.matchAll(/file:\/\/(\S+) \(/g)]
    .map(([, file]) => file!.slice(root.length));
  for (const page of PAGES) {
    expect(files).toContain(page);
    for (const { path } of linksOf(page)) expect(files, `${page} links to it`).toContain(path);
  }
});
