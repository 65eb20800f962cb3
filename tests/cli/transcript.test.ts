/** docs/command-line.md tells what the tool does: its run is run, its commands and exit codes are all there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { EXIT } from "../../src/cli/exit_codes.ts";
import { Project, root } from "./tool.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const page = readFileSync(join(root, "docs", "command-line.md"), "utf8");

test("the run in the documentation is what happens", async () => {
  const [, text = ""] = /```console\n([\s\S]*?)```/.exec(page) ?? [];
  const steps = text.split(/^\$ npx websession /m).slice(1);
  expect(steps.length).toBeGreaterThan(8);
  const project = new Project();
  for (const step of steps) {
    const [line = "", ...shown] = step.trimEnd().split("\n");
    const { code, out, err } = await project.run(line.split(" "));
    const printed = code === 0 || code === EXIT.findings ? out : err;
    const exit = code === 0 ? [] : [`[exit ${code}]`];
    expect([line, ...printed.trimEnd().split("\n"), ...exit]).toEqual([line, ...shown]);
  }
  project.remove();
});

test("every command and every option stands in the documentation, and every exit code", async () => {
  const project = new Project();
  const { out } = await project.run(["--help"]);
  const commands = [...out.matchAll(/^ {2}([a-z]+) .*(?:\[|<|[a-z])/gm)].map(([, name]) => name!)
    .filter((name) => name !== "help" && !/^(redis|postgres|mysql|sqlite)$/.test(name));
  expect(commands).toEqual(
    ["init", "secret", "doctor", "schema", "inspect", "count", "revoke", "sweep", "copy"],
  );
  for (const command of commands) {
    const [, chapter = ""] = new RegExp(`^## ${command}\\n([\\s\\S]*?)(?=^## )`, "m").exec(page) ??
      [];
    const help = (await project.run([command, "--help"])).out;
    const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name]) => name!);
    expect(options).toContain("--help");
    const common = ["--help", "--store", "--yes"];
    for (const option of options) {
      expect(common.includes(option) ? page : chapter, `${command} ${option}`).toContain(option);
    }
  }
  for (const code of Object.values(EXIT)) expect(page).toContain(`| ${code} | `);
  project.remove();
});

test("every code of the doctor stands there, too", () => {
  const folder = join(root, "src", "cli", "doctor");
  const codes = readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    return [...text.matchAll(/\b(?:error|warning)\(\s*"([a-z-]+)"/g)].map(([, code]) => code!);
  });
  expect(new Set(codes).size).toBeGreaterThan(30);
  for (const code of codes) expect(page).toContain(`\`${code}\``);
});
