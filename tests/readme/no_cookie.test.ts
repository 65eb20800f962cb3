/** README's chapter "No cookie?" promises nothing that docs/troubleshooting.md, and so the console, does not say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../package/pack.ts";
import { sentencesOf } from "./promised.ts";

const [, chapter = ""] = readFileSync(join(root, "README.md"), "utf8").split("## No cookie?\n");
const rows = [...chapter.split(/^## /m)[0]!.matchAll(/^\| (.*) \| (.*) \|$/gm)].slice(2)
  .map(([, wrong, remedy]) => ({
    wrong: wrong!,
    remedy: remedy!,
    anchor: /\(docs\/troubleshooting\.md#([\w-]+)\)/.exec(wrong!)?.[1],
  }));

const told = [...sentencesOf("Web"), ...sentencesOf("Express")];
const anchorOf = (heading: string) =>
  heading.toLowerCase().replace(/[^\w -]/g, "").replaceAll(" ", "-");

/** Rows about which a server can know nothing. */
const SILENT = [
  "nothing was written to the session",
  "the browser's own request is cross-site: `fetch()` from another origin",
];

describe.each(rows)("$wrong", ({ wrong, remedy, anchor }) => {
  test("its remedy is in what is printed", () => {
    if (SILENT.includes(wrong)) return void expect(anchor).toBeUndefined();
    const sentences = told.filter(([heading]) => anchorOf(heading) === anchor)
      .flatMap(([, lines]) => lines);
    expect(sentences).not.toEqual([]);
    // Of what stands in code, all is said by one entry or the other.
    const said = sentences.join("\n");
    for (const [, code] of remedy.matchAll(/`([^`]+)`/g)) expect(said).toContain(code);
  });
});

test("it has the reasons that are printed, and two that only browsers know", () => {
  const anchors = rows.flatMap(({ anchor }) => anchor ?? []);
  expect([anchors.length, rows.length]).toEqual([8, 10]);
});

test("no sentence of the console is missing in docs/", () => {
  const texts = [
    ...readFileSync(join(root, "src/warnings.ts"), "utf8").matchAll(
      /^ {2}\w+:\s+(["'])(.*)\1,$/gm,
    ),
  ].map(([, , text]) => text!.replaceAll("\\", ""));
  expect(texts.length).toBeGreaterThan(20);
  // Those about devices are on a page of their own, and read there by tests/dbsc/warnings.test.ts.
  const pages = ["troubleshooting", "device-bound-sessions"]
    .map((name) => readFileSync(join(root, `docs/${name}.md`), "utf8")).join("\n");
  for (const text of texts) expect(pages).toContain(text);
});
