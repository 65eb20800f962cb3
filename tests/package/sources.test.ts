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

/** The tool reads the file of options that whoever runs it names. */
const NAMED_BY_ITS_USER = ["cli/project_modules.ts"];

test("S01 S92 no chance but the secure source's, no code made of text, no module of an unknown name", () => {
  expect(files.length).toBeGreaterThan(100);
  for (const file of files) {
    const found = [...namesIn(readFileSync(join(root, "src", file), "utf8"))]
      .filter((name) => FORBIDDEN.some((each) => name === each || name.endsWith(`.${each}`)))
      .filter((name) =>
        !(NAMED_BY_ITS_USER.includes(file) && name === "import of a computed name")
      );
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

const MADE = ["Map", "Set", "WeakMap", "WeakSet"];

/** What a source keeps beyond a call, and changes: its own in each build of the library. */
function* keptIn(text: string): Generator<string> {
  const source = ts.createSourceFile("source.ts", text, ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
    for (const { name, type, initializer } of statement.declarationList.declarations) {
      const isReadonly = type?.getText().startsWith("Readonly") ?? false;
      const isMade = initializer !== undefined && ts.isNewExpression(initializer) &&
        MADE.includes(initializer.expression.getText());
      if (!isConst || (isMade && !isReadonly)) yield name.getText();
    }
  }
}

const REQUEST = "goes by a request, which one build serves";
const ADAPTER = "goes by what createSessions() made, which one build knows";
const EXPRESS = "that entry is one build only";
const CACHE = "a cache: without it the same comes out";

/** What each build may have of its own, and why that harms nobody. */
const KEPT: Record<string, Record<string, string>> = {
  "cookie/cookie_json.ts": { written: CACHE },
  "cookie/date_text.ts": { isoTime: CACHE, iso: CACHE, utcSecond: CACHE, utc: CACHE },
  "cookie/set_cookie_header.ts": { written: CACHE },
  "core/before_create.ts": { allowed: REQUEST },
  "core/random_source.ts": { other: "the platform's" },
  "core/session_id.ts": { pool: "random bits, used once", used: "random bits, used once" },
  "core/session_lock.ts": { locking: REQUEST },
  "core/session_signal.ts": { byState: REQUEST },
  "express/debug.ts": { before: EXPRESS },
  "express/deprecate.ts": { told: EXPRESS },
  "express/device_mistakes.ts": { passed: EXPRESS },
  "express/response_cookie.ts": { sound: "what was in order last: each build looks once more" },
  "express/session_actions.ts": { aside: EXPRESS },
  "web/cookie_jar.ts": { requests: ADAPTER, jars: REQUEST },
  "web/dbsc.ts": { wrappings: "finds a mistake, where one build has made it" },
  "web/request_session.ts": { opened: "the order of an adapter's requests" },
  "web/web_adapter.ts": { adapters: ADAPTER },
};

test("S65 what two builds of one process must share is shared: nothing else is kept without a reason", () => {
  const found: Record<string, string[]> = {};
  for (const file of files) {
    const kept = [...keptIn(readFileSync(join(root, "src", file), "utf8"))];
    if (kept.length > 0) found[file] = kept;
  }
  const known = Object.entries(KEPT).map(([file, names]) => [file, Object.keys(names)]);
  expect(found, "sharedByBuilds() shares it; a reason in KEPT lets each build have its own")
    .toEqual(Object.fromEntries(known));
});

test.each([
  ["const byStore = new WeakMap<object, number>();", ["byStore"]],
  ["export const all = new Map();", ["all"]],
  ["let count = 0;", ["count"]],
  ["const KNOWN: ReadonlySet<string> = new Set();", []],
  ['const all = sharedByBuilds("all", () => new WeakMap());', []],
  ["function once() { const seen = new Set(); }", []],
])("… and %s keeps %j", (text, names) => {
  expect([...keptIn(text)]).toEqual(names);
});
