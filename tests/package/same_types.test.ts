/** Every symbol that @types/express-session exports is there in ours, property by property. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { root } from "./pack.ts";

// The compiler does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const folder = join(root, `tests/package/fixtures/same_types_${process.pid}`);
const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  esModuleInterop: true,
  skipLibCheck: true,
  exactOptionalPropertyTypes: false,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  types: ["node"],
};

/** What each check is made of: two types are the same if each passes for the other. */
const PRELUDE = `
import type theirs from "./theirs.cjs";
import type ours from "../../../../src/npm/index.cjs";
type Passes<A, B> = [A] extends [B] ? true : false;
type Same<A, B> = Passes<A, B> extends true ? Passes<B, A> : false;
type Asked<A, K extends keyof A> = {} extends Pick<A, K> ? "optional" : "required";
type Given<F> = F extends (...given: infer P) => unknown ? P : never;
type Answer<F> = F extends (...given: never[]) => infer R ? R : never;
type Yes<T extends true> = T;
`;

/** Theirs, with the one thing all of Session's methods have more in ours: without a callback, a promise. */
function original(): string {
  const text = readFileSync(join(root, "node_modules/@types/express-session/index.d.ts"), "utf8");
  return text.replace(
    /^( *)(regenerate|destroy|reload|save)\((?=callback\??: \(err: any\) => void\): this)/gm,
    (found, indent, name) => {
      return `${indent}${name}(): Promise<void>;\n${found}`;
    },
  );
}

interface Walked {
  /** The checks, each a line of TypeScript that compiles if it holds. */
  readonly checks: string[];
  readonly names: string[];
}

/** Makes the checks of what the file exports: of each class and interface, of each of their properties. */
function walk(): Walked {
  const file = join(folder, "theirs.d.cts");
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file)!;
  const module = checker.getSymbolAtLocation(source)!;
  const exported = checker.getExportsOfModule(module);
  const checks: string[] = [];
  for (const symbol of exported) {
    const { name } = symbol;
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (symbol.flags & ts.SymbolFlags.Class) {
      checks.push(`Yes<Passes<typeof ours.${name}, typeof theirs.${name}>>`);
    }
    // An instance of theirs may be handed to ours, and the other way round.
    checks.push(
      `Yes<Passes<ours.${name}, theirs.${name}>>`,
      `Yes<Passes<theirs.${name}, ours.${name}>>`,
    );
    for (const property of type.getProperties()) {
      const own = property.declarations?.some((each) => each.getSourceFile() === source);
      if (!own) continue;
      const [A, B] = [`theirs.${name}`, `ours.${name}`];
      const key = JSON.stringify(property.name);
      const of = (owner: string) => `NonNullable<${owner}[${key}]>`;
      checks.push(`Yes<Same<Asked<${A}, ${key}>, Asked<${B}, ${key}>>>`);
      const isMethod = (property.flags & ts.SymbolFlags.Method) !== 0;
      if (!isMethod) checks.push(`Yes<Same<${A}[${key}], ${B}[${key}]>>`);
      else {
        checks.push(`Yes<Passes<${B}[${key}], ${A}[${key}]>>`);
        checks.push(`Yes<Same<Given<${of(A)}>, Given<${of(B)}>>>`);
        checks.push(`Yes<Same<Answer<${of(A)}>, Answer<${of(B)}>>>`);
      }
    }
  }
  checks.push(
    "Yes<Passes<typeof ours, typeof theirs>>",
    "Yes<Same<Given<typeof theirs>, Given<typeof ours>>>",
    // What session() returns is more than a handler: one of the two differences.
    "Yes<Passes<Answer<typeof ours>, Answer<typeof theirs>>>",
    // A constructor's parameters, where it has public ones.
    ...["Cookie", "MemoryStore"].flatMap((name) => [
      `Yes<Passes<ConstructorParameters<typeof theirs.${name}>, ConstructorParameters<typeof ours.${name}>>>`,
    ]),
  );
  return { checks, names: exported.map(({ name }) => name) };
}

/** Which of the checks do not hold. */
function failures(checks: readonly string[], prelude = PRELUDE): string[] {
  const file = join(folder, "checks.ts");
  const head = prelude.split("\n").length;
  const lines = checks.map((check, index) => `export type Check${index} = ${check};`);
  writeFileSync(file, [prelude, ...lines].join("\n"));
  const program = ts.createProgram([file], options);
  return program.getSemanticDiagnostics(program.getSourceFile(file)).map(
    ({ start, messageText }) => {
      const { line } = program.getSourceFile(file)!.getLineAndCharacterOfPosition(start ?? 0);
      return checks[line - head] ?? ts.flattenDiagnosticMessageText(messageText, "\n");
    },
  );
}

describe("@types/express-session", () => {
  let walked: Walked;
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    // A copy: ours add to the original, which would hide what is missing.
    writeFileSync(join(folder, "theirs.d.cts"), original());
    walked = walk();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("exports what was walked through", () => {
    expect([...walked.names].sort()).toEqual([
      ...["Cookie", "CookieOptions", "MemoryStore", "Session", "SessionData", "SessionOptions"],
      "Store",
    ]);
    expect(walked.checks.length).toBeGreaterThan(150);
  });

  test("and ours say the same of every one of them", () => {
    expect(failures(walked.checks)).toEqual([]);
  });

  test("a difference would be found: in a property, in a callback, in a name", () => {
    const changes: Record<string, string> = {
      'sameSite?: boolean | "lax"': 'sameSite?: boolean | "loose" | "lax"',
      "reload(callback: (err: any)": "reload(callback: (err: any, found: boolean)",
      "interface CookieOptions {": "interface More { more: 1 }\n    interface CookieOptions {",
    };
    let text = original();
    for (const [from, to] of Object.entries(changes)) {
      expect(text).toContain(from);
      text = text.replaceAll(from, to);
    }
    writeFileSync(join(folder, "theirs.d.cts"), text);
    const reload = ["theirs", "ours"].map((name) =>
      `Given<NonNullable<${name}.Session["reload"]>>`
    );
    expect(failures(walk().checks)).toEqual(expect.arrayContaining([
      'Yes<Same<theirs.CookieOptions["sameSite"], ours.CookieOptions["sameSite"]>>',
      `Yes<Same<${reload.join(", ")}>>`,
      "Yes<Passes<ours.More, theirs.More>>",
    ]));
  });
});
