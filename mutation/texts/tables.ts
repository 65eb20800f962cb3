/** What came of the mutants of texts, as a page to read. */
import { reasonFor } from "./equivalent.ts";
import type { Language } from "./literals.ts";

/** What came of a mutant. */
export interface Outcome {
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly from: string;
  readonly to: string;
  /** The line it is in. */
  readonly source: string;
  /** Of those that look the same. */
  readonly nth: number;
  /** What noticed it. */
  readonly death?: string;
}

export interface Summary {
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly outcomes: readonly Outcome[] & Outcome[];
}

const LINE = "| --- | ---: | ---: | ---: | ---: | ---: |";
const HEAD = "| module | mutants | killed | equivalent | alive | score |";

/** Every module, and every mutant that lives with the reason. */
export function tables(
  recorded: (language: Language) => readonly Outcome[],
): string {
  const sections = (["lua", "sql"] as const).flatMap((language) => {
    const outcomes = recorded(language);
    if (outcomes.length === 0) return [];
    const files = [...new Set(outcomes.map(({ file }) => file))];
    const rows = files.map((file) => {
      const name = file.split("/").at(-1)!;
      return row(name, outcomes.filter((each) => each.file === file));
    });
    const alive = outcomes.filter(({ death }) => death === undefined);
    return [
      `## ${language === "lua" ? "Lua scripts" : "SQL statements"}`,
      [HEAD, LINE, ...rows, row("all", outcomes)].join("\n"),
      ...(alive.length > 0 ? ["Those that live:", alive.map(described).join("\n")] : []),
    ];
  });
  return [
    "# Mutants of texts",
    "What `npm run mutants:texts` has found last; ../README.md says how. " +
    "Score: killed ÷ (mutants − equivalent).",
    ...sections,
  ].join("\n\n") + "\n";
}

function row(name: string, outcomes: readonly Outcome[]): string {
  const alive = outcomes.filter(({ death }) => death === undefined);
  const equivalent = alive.filter((each) => reasonFor(each) !== undefined).length;
  const killed = outcomes.length - alive.length;
  const score = (100 * killed / (outcomes.length - equivalent)).toFixed(1);
  return `| ${name} | ${outcomes.length} | ${killed} | ${equivalent} | ${
    alive.length - equivalent
  } | ${score} % |`;
}

function described(outcome: Outcome): string {
  const { file, line, operator, from, to } = outcome;
  const reason = reasonFor(outcome);
  const change = `${file}:${line}: ${operator}, ${code(from)} → ${code(to)}`;
  return `- ${change}${reason === undefined ? "" : `. Equivalent: ${reason}`}`;
}

function code(text: string): string {
  const plain = text.replace(/\s+/g, " ").trim();
  const short = plain.length > 90 ? `${plain.slice(0, 89)}…` : plain;
  return short === "" ? "nothing" : short.includes("`") ? `\`\` ${short} \`\`` : `\`${short}\``;
}
