/** Which tests show which line: by the number in their titles, and by name. */
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import type { Line } from "./line.ts";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** A test by where it stands, and its title as it stands there. */
export interface Titled {
  readonly file: string;
  readonly title: string;
}

const FOLDERS = ["tests", "src/testing"];
/** No tests, or about the checklist itself. */
const LEFT_OUT =
  /^tests\/(package\/fixtures|interop\/app|checklist\/(?:lines|checklist\.test|security_page))/;

const files: readonly string[] = FOLDERS.flatMap((folder) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => file.endsWith(".ts") && !LEFT_OUT.test(file))
);
const texts = new Map(files.map((file) => [file, readFileSync(root + file, "utf8")]));

/** The lines a title names: `S07 …`, `S43 S44 …`, `S7: …`. */
export function numbersIn(title: string): number[] {
  return [...title.matchAll(/\bS(\d{1,2})\b/g)].map(([, digits]) => Number(digits));
}

/** Every text of a file that may be a title, with the placeholders it has in the source. */
function textsIn(file: string): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(file, texts.get(file) ?? "", ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isTemplateExpression(node)) found.push(node.getText(source).slice(1, -1));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The titles in the tests that name a line. */
export function taggedTitles(): Titled[] {
  const tagged = files.filter((file) => /\bS\d{1,2}\b/.test(texts.get(file)!));
  return tagged.flatMap((file) =>
    textsIn(file).filter((text) => numbersIn(text).length > 0).map((title) => ({ file, title }))
  );
}

/** Whether a title stands in a file, letter by letter. */
export function hasTitle({ file, title }: Titled): boolean {
  return texts.has(file) && textsIn(file).includes(title);
}

/** The tests that a line names by their titles. */
export function namedTitles({ also = {} }: Line): Titled[] {
  return Object.entries(also).flatMap(([file, titles]) => titles.map((title) => ({ file, title })));
}

/** What matches a title as a runner shows it. */
export function patternOf(title: string): string {
  const placeholders = /%[sdifjoO#]|%%|\$\{[^}]*\}|\$\w+(?:\.\w+)*/;
  return title.split(new RegExp(placeholders, "g"))
    .map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")).join("[^]*");
}

/** The test files that run what stands in a module. */
export function runnersOf(module: string): string[] {
  const reached = new Set([module]);
  for (const file of reached) for (const other of importersOf(file)) reached.add(other);
  return [...reached].filter((file) => file.endsWith(".test.ts"));
}

/** What other programs run for a test file, case by case, under their titles. */
const ELSEWHERE: readonly (readonly [file: string, runner: string])[] = [
  ["tests/stores/cloudflare/worker.ts", "tests/stores/cloudflare.test.ts"],
  ["tests/stores/deno_kv.deno.ts", "tests/stores/deno_kv.test.ts"],
];

let importers: Map<string, string[]> | undefined;

function importersOf(file: string): readonly string[] {
  if (importers === undefined) {
    importers = new Map(ELSEWHERE.map(([file, runner]) => [file, [runner]]));
    for (const [each, text] of texts) {
      for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
        if (!fileName.startsWith(".")) continue;
        const target = posix.join(posix.dirname(each), fileName);
        importers.set(target, [...importers.get(target) ?? [], each]);
      }
    }
  }
  return importers.get(file) ?? [];
}

/** Which entry a test asks: by its folder, or by the table it is a row of. */
export function entriesOf(file: string, ancestors: readonly string[] = []): readonly string[] {
  const [first = ""] = ancestors;
  if (/^(?:Web|webSigner|fetch|hono)\b|\(Web\)$/i.test(first)) return ["Web"];
  if (/^(?:Express|nodeSigner|ours)\b|\(Express\)$/i.test(first)) return ["Express"];
  if (file.startsWith("tests/web/")) return ["Web"];
  if (file.startsWith("tests/express/")) return ["Express"];
  if (/^tests\/(races|promises|conformance|model|runtimes|checklist)\//.test(file)) {
    return ["Express", "Web"];
  }
  return [];
}
