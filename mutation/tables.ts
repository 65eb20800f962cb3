/** The recorded results as pages to read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FOLDERS } from "./folders.ts";
import type { FileSummary, Summary, Survivor } from "./report.ts";

interface Counts {
  mutants: number;
  killed: number;
  equivalent: number;
  alive: number;
}

/** results.md: every folder, every file, every mutant that lives. */
export function tables(directory: string): string {
  const sections: string[] = [];
  const unmeasured: string[] = [];
  const overview = [
    "| folder | mutants | killed | equivalent | alive | score |",
    LINE,
  ];
  for (const folder of Object.keys(FOLDERS)) {
    const path = join(directory, `${folder}.json`);
    if (!existsSync(path)) {
      unmeasured.push(folder);
      continue;
    }
    const summary = JSON.parse(readFileSync(path, "utf8")) as Summary;
    overview.push(row(folder, sum(summary.files)));
    sections.push(section(folder, summary));
  }
  return [
    "# Mutants",
    "What `npm run mutants` has found last; README.md says how. Score: killed ÷ (mutants − equivalent).",
    overview.join("\n"),
    ...(unmeasured.length > 0 ? [`Not measured yet: ${unmeasured.join(", ")}.`] : []),
    ...sections,
  ].join("\n\n") + "\n";
}

const LINE = "| --- | ---: | ---: | ---: | ---: | ---: |";

function section(folder: string, summary: Summary): string {
  const { date, commit, node, stryker, command, files } = summary;
  const rows = files.map((file) => row(file.file.split("/").at(-1)!, sum([file])));
  const survivors = files.flatMap(({ file, survivors }) =>
    survivors.map((survivor) => `- ${place(file, survivor)}: ${described(survivor)}`)
  );
  return [
    `## ${folder}`,
    `${date}, on ${commit}; Node ${node}, Stryker ${stryker}: \`${command}\``,
    ["| file | mutants | killed | equivalent | alive | score |", LINE, ...rows]
      .join("\n"),
    ...(survivors.length > 0 ? ["Those that live:", survivors.join("\n")] : []),
  ].join("\n\n");
}

/** What a run says at its end. */
export function survivorsText({ files }: Summary): string {
  const alive = files.flatMap(({ file, survivors }) =>
    survivors
      .filter(({ equivalent }) => equivalent === undefined)
      .map((survivor) => `${place(file, survivor)} ${described(survivor)}\n    ${survivor.source}`)
  );
  const { mutants, killed, equivalent } = sum(files);
  return [...alive, `${killed} of ${mutants} killed, ${equivalent} equivalent`]
    .join("\n");
}

function place(file: string, { line }: Survivor): string {
  return `${file}:${line}`;
}

function described(
  { mutator, from, to, isUncovered, equivalent }: Survivor,
): string {
  const change = `${mutator}, ${code(from)} → ${code(to)}`;
  if (equivalent !== undefined) return `${change}. Equivalent: ${equivalent}`;
  return isUncovered ? `${change}; no test runs it` : change;
}

function code(text: string): string {
  const short = text.length > 90 ? `${text.slice(0, 89)}…` : text;
  return short.includes("`") ? `\`\` ${short} \`\`` : `\`${short}\``;
}

function sum(files: readonly FileSummary[]): Counts {
  const counts = { mutants: 0, killed: 0, equivalent: 0, alive: 0 };
  for (const { mutants, killed, survivors } of files) {
    const equivalent = survivors.filter((each) => each.equivalent !== undefined).length;
    counts.mutants += mutants;
    counts.killed += killed;
    counts.equivalent += equivalent;
    counts.alive += survivors.length - equivalent;
  }
  return counts;
}

function row(
  name: string,
  { mutants, killed, equivalent, alive }: Counts,
): string {
  const score = (100 * killed / (mutants - equivalent)).toFixed(1);
  return `| ${name} | ${mutants} | ${killed} | ${equivalent} | ${alive} | ${score} % |`;
}
