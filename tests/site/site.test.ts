/** The documentation's site: one command builds it, nothing is missing, no link is dead, and it is for everybody. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { jsrEntries } from "../../scripts/entries.ts";
import { publishedFiles } from "../../scripts/subpath_files.ts";
import { buildSite, type BuiltSite, runSite } from "./built_site.ts";
import { siteInABrowser } from "./in_a_browser.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file));

let site: BuiltSite;
beforeAll(async () => {
  site = await buildSite();
});
afterAll(() => site?.end());

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  amp: "&",
};
/** What a page says, as one line without spaces and marks that only its source has. */
const squeezed = (text: string) => text.replace(/[\s`*|\\]/g, "");
const textOf = (path: string) =>
  squeezed(
    site.read(path).replace(/<(script|style)\b[\s\S]*?<\/\1>/g, "").replace(
      /<[^>]*>/g,
      "",
    )
      .replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name]!)
      .replace(/&ZeroWidthSpace;|\u200b/g, ""),
  );
const pagesIn = (folder: string) =>
  filesIn(join(site.folder, folder)).filter((file) => file.endsWith(".html"))
    .map((file) => file.slice(site.folder.length + 1));
const headings = (file: string) =>
  [
    ...readFileSync(file, "utf8").replace(/^```[\s\S]*?^```$/gm, "").matchAll(
      /^#+ (.*)$/gm,
    ),
  ]
    .map(([, title]) => squeezed(title!));

test("`npm run site` is the command that was run, and nothing of the site is published", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  expect(scripts.site).toBe("node site/main.ts");
  const { publish } = JSON.parse(readFileSync("jsr.json", "utf8"));
  expect(
    [...publishedFiles(), ...publish.include].filter((file) => /^site\b/.test(file)),
  ).toEqual([]);
});

test("each page of docs/, with each of its chapters, is a page", () => {
  const docs = readdirSync("docs").filter((file) => file.endsWith(".md"));
  expect(docs.length).toBeGreaterThan(13);
  for (const file of docs) {
    const text = textOf(`docs/${file.replace(".md", ".html")}`);
    for (const heading of headings(`docs/${file}`)) {
      expect(text.includes(heading), `${file} without ${heading}`).toBe(true);
    }
  }
});

test("each chapter of README.md, and each task of the session, is a page's title", () => {
  const readme = readFileSync("README.md", "utf8").replace(
    /^```[\s\S]*?^```$/gm,
    "",
  );
  const tasks = readme.slice(
    readme.indexOf("\n## The session"),
    readme.indexOf("\n## Stores"),
  );
  const titles = [
    ...readme.matchAll(/^## (.*)$/gm),
    ...tasks.matchAll(/^### (.*)$/gm),
  ];
  expect(titles.length).toBeGreaterThan(12);
  const shown = pagesIn("").filter((page) => !page.startsWith("reference"))
    .map((page) => /<h1[^>]*>([^<]*)/.exec(site.read(page))?.[1]?.trim());
  for (const [, title] of titles) expect(shown).toContain(title);
});

test("each store has a page that says what it promises, how it is made, and has its options", () => {
  const stores = Object.keys(jsrEntries).filter((entry) => entry.startsWith("./stores/"));
  expect(stores.length).toBeGreaterThan(12);
  const unlisted: string[] = [];
  for (const store of stores.map((entry) => entry.slice("./stores/".length))) {
    const page = `stores/${store}.html`;
    // The head of a column of README's table, or in its place what is no supported store.
    if (textOf(page).includes(squeezed("supported stores does not list it"))) unlisted.push(store);
    else expect(textOf(page), page).toContain("whatitpromises");
    expect(textOf(page), page).toContain(`websession/stores/${store}"`);
    expect(site.read(page), page).toContain(
      `/reference/stores/${store}/index.html`,
    );
    const usage = `from"@websession/websession/stores/${store}"`;
    expect(textOf(`reference/stores/${store}/index.html`), store).toContain(
      usage,
    );
  }
  expect(unlisted).toEqual(["mongodb"]);
});

test("each example of a framework or a runtime stands in a framework's page, whole", () => {
  const examples = ["examples/frameworks", "examples/runtimes"].flatMap(filesIn)
    .filter((file) => /\.tsx?$/.test(file));
  expect(examples.length).toBeGreaterThan(20);
  const texts = pagesIn("frameworks").map(textOf);
  for (const file of examples) {
    const code = squeezed(readFileSync(file, "utf8"));
    expect(texts.filter((text) => text.includes(code)).length, file).toBe(1);
  }
});

test("nobody's repository is made up, and no machine's path is told", () => {
  for (const page of pagesIn("")) {
    expect(site.read(page), page).not.toMatch(/to-be-named|file:\/\/\//);
    expect(site.read(page).includes(process.cwd()), page).toBe(false);
  }
});

describe("links", () => {
  const check = () => runSite("--links", "--out", site.folder);

  test("none is dead", async () => {
    expect(await check()).toEqual({ code: 0, printed: "No link is dead\n" });
  });

  test("a dead one fails the command, by name", async () => {
    const page = join(site.folder, "docs/planted.html");
    writeFileSync(
      page,
      '<a href="stores.html#redis">x</a><a href="stores.html#nowhere">y</a>',
    );
    const { code, printed } = await check().finally(() => rmSync(page));
    expect(printed).toBe(
      "docs/planted.html has a dead link: stores.html#nowhere\n",
    );
    expect(code).toBe(1);
  });
});

test("a folder with something else in it is left as it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "websession-no-site-"));
  writeFileSync(join(folder, "letter.txt"), "x");
  const { code, printed } = await runSite("--out", folder);
  const left = readdirSync(folder);
  rmSync(folder, { recursive: true });
  expect(left).toEqual(["letter.txt"]);
  expect(printed).toContain("nothing was changed");
  expect(code).toBe(1);
});

siteInABrowser(() => site);
