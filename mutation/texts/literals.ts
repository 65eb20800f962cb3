/** Finds the texts in a module that are Lua or SQL. */
import ts from "typescript";

/** A literal of a module, without its quotes; what is put into it stays as it is written: `${…}`. */
export interface Literal {
  /** Where its first character stands in the source, behind the quote. */
  readonly at: number;
  readonly text: string;
}

/** Whether an expression can be read: a text may be broken, the module around it not. */
export function isExpression(text: string): boolean {
  const file = ts.createSourceFile(
    "module.ts",
    `(${text});`,
    ts.ScriptTarget.Latest,
  );
  const { parseDiagnostics } = file as unknown as {
    parseDiagnostics: readonly unknown[];
  };
  return parseDiagnostics.length === 0;
}

/** What no sentence for people has. */
const CODE = {
  lua: /redis\.|ARGV|KEYS|\blocal\b|\breturn\b|string\.|\bat\b|^'\w+'$/,
  sql:
    /\{\w+\}|\b(SELECT|UPDATE|DELETE|INSERT|CREATE|ALTER|COLUMN|FROM|WHERE|AND|LIMIT|ORDER|RETURNING|NOT NULL|KEY|CAST|SET)\b|_info\(|::| = |^[(\s]*"|\bsess\b|\bindisvalid\b|^'\w+'$/,
} as const;

export type Language = keyof typeof CODE;

/** Every literal of a source that is code of a language, in the order of the source. */
export function literalsOf(source: string, language: Language): Literal[] {
  const file = ts.createSourceFile(
    "module.ts",
    source,
    ts.ScriptTarget.Latest,
    true,
  );
  const found: Literal[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ||
      ts.isTypeNode(node)
    ) return;
    const isText = ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateExpression(node);
    if (isText) {
      const at = node.getStart() + 1;
      const text = source.slice(at, node.getEnd() - 1);
      if (CODE[language].test(text)) found.push({ at, text });
      // What is put into a template may hold texts of its own, which are within it.
      return;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
