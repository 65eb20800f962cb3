/** What no source of the library may contain, whatever it is for. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "./pack.ts";

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"));

/** The names a source reads or calls, comments and texts left aside. */
function* namesIn(text: string): Generator<string> {
  const source = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
  const nodes: ts.Node[] = [source];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (ts.isPropertyAccessExpression(node)) yield node.getText();
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const [first] = node.arguments ?? [];
      yield isImport && first !== undefined && !ts.isStringLiteral(first)
        ? "import of a computed name"
        : node.expression.getText();
    }
    nodes.push(...node.getChildren(source));
  }
}

const FORBIDDEN = ["Math.random", "eval", "Function", "import of a computed name"];

test("S01 S92 no chance but the secure source's, no code made of text, no module of an unknown name", () => {
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) {
    const found = [...namesIn(readFileSync(join(root, "src", file), "utf8"))]
      .filter((name) => FORBIDDEN.some((each) => name === each || name.endsWith(`.${each}`)));
    expect(found, file).toEqual([]);
  }
});

test.each([
  ["Math.random();", "Math.random"],
  ["globalThis.Math.random();", "globalThis.Math.random"],
  ['new Function("return 1");', "Function"],
  ['eval("1");', "eval"],
  ["await import(name);", "import of a computed name"],
])("… and a source with %s would be found", (text, name) => {
  expect([...namesIn(text)]).toContain(name);
});
