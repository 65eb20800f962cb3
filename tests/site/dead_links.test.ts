/** A link that leads nowhere is found, of whichever kind, and no other is. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { deadLinks } from "../../site/dead_links.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "websession-links-"));
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "picture.svg"), "<svg/>");
  writeFileSync(join(folder, "index.html"), '<h1 id="top">x</h1>');
  writeFileSync(join(folder, "docs/stores.html"), '<h2 id="deno-kv">x</h2><a name=old>y</a>');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The dead links of docs/page.html, when it holds this. */
function found(html: string, base?: string): string[] {
  writeFileSync(join(folder, "docs/page.html"), `<h1 id="here">x</h1>${html}`);
  return deadLinks(folder, base).map(({ page, link }) => {
    expect(page).toBe("docs/page.html");
    return link;
  });
}

test.each([
  ["a page that is not there", '<a href="/docs/nowhere.html">x</a>', "/docs/nowhere.html"],
  ["a relative one", "<a href='stores/nowhere.html'>x</a>", "stores/nowhere.html"],
  ["one without quotes", "<a href=nowhere.html>x</a>", "nowhere.html"],
  ["one in entities", '<a href=".&#x2F;no&amp;where.html">x</a>', "./no&where.html"],
  ["a folder without a page", '<a href="/docs/">x</a>', "/docs/"],
  ["a folder for a page", '<a href="/docs">x</a>', "/docs"],
  ["a heading elsewhere", '<a href="/docs/stores.html#no">x</a>', "/docs/stores.html#no"],
  ["a heading of another page", '<a href="stores.html#here">x</a>', "stores.html#here"],
  ["a place in the page itself", '<a href="#no">x</a>', "#no"],
  ["a picture", '<img alt="x" src="../no.svg">', "../no.svg"],
  ["a place above the site", '<a href="../../index.html">x</a>', "../../index.html"],
])("dead is %s", (_, html, link) => {
  expect(found(html)).toEqual([link]);
});

test.each([
  ["a page and its heading", '<a href="/docs/stores.html#deno-kv">x</a>'],
  ["an anchor of the old kind", '<a href="stores.html#old">x</a>'],
  ["an escaped one", '<a href="stores%2Ehtml?q=1#deno%2Dkv">x</a>'],
  ["the page itself", '<a href="#here">x</a><a href="#">top</a>'],
  ["a folder with a page", '<a href="/">x</a><a href="../">x</a>'],
  ["a picture", '<img alt="x" src="../picture.svg">'],
  ["another host's", '<a href="https://a.test/x#y">x</a><a href="//a.test/">y</a>'],
  ["no link at all", '<script>\'<a href="/no.html">\'</script><a data-href="/no.html">x</a>'],
])("not dead is %s", (_, html) => {
  expect(found(html)).toEqual([]);
});

test("a site that is served below a path has its links below it", () => {
  const html =
    '<a href="/b/index.html#top">x</a><a href="/c/index.html">y</a><a href="/b/no">z</a>';
  expect(found(html, "/b/")).toEqual(["/c/index.html", "/b/no"]);
});
