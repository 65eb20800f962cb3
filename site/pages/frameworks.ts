/** A page for every framework: the examples that its row in examples/README.md names, in full. */
import { posix } from "node:path";
import { type Page, pathName, slug } from "./page.ts";

const INDEX = "examples/README.md";

/** Code, in a fence of its kind. */
function fenced(file: string, code: string): string {
  return "```" + posix.extname(file).slice(1) + "\n" + code.trimEnd() + "\n```";
}

/** A page of what a line links to, one file under each heading. */
function pageOf(
  title: string,
  line: string,
  read: (file: string) => string,
): Page {
  const shows: Record<string, string> = {};
  const parts = [...line.matchAll(/\[([^\]]+)\]\(([^)#]+\.tsx?)\)/g)].map(
    ([, text, target]) => {
      const file = posix.join("examples", target!);
      const heading = text![0]!.toUpperCase() +
        text!.slice(1).replaceAll("`", "");
      shows[file] = slug(heading);
      return `## ${heading}\n\n${fenced(file, read(file))}`;
    },
  );
  const more = "## More\n\n- [Every framework and runtime](README.md)\n" +
    "- [The session, and what it can do](../README.md#the-session)\n" +
    "- [A store, before you deploy](../README.md#stores)";
  const path = `frameworks/${pathName(title.replace(/ \d.*/, ""))}`;
  const text = [...parts, more].join("\n\n");
  return { path, title, section: "Frameworks", text, source: INDEX, shows };
}

/** The index, and the pages it leads to. */
export function frameworkPages(
  index: string,
  read: (file: string) => string,
): Page[] {
  const rows = [...index.matchAll(/^\| ([^|]+?) +\| (\[.*?) *\|$/gm)];
  const frameworks = rows.map(([, name, links]) => pageOf(name!, links!, read));
  const runtimes = /^Runtimes: [\s\S]*?(?=\n\n)/m.exec(index)?.[0] ?? "";
  const own = runtimes.replaceAll(/\[[^\]]+\]\(frameworks[^)]+\)/g, "")
    .replace("[a server]", "[Hono on Node]");
  const title = /^# (.*)$/m.exec(index)![1]!;
  const path = "frameworks/index";
  const text = index.replace(/^# .*\n+/, "").replace(
    /^\| -.*$/m,
    "| --- | --- |",
  );
  return [
    {
      path,
      title,
      section: "Frameworks",
      text,
      source: INDEX,
      shows: { [INDEX]: "" },
    },
    ...frameworks,
    pageOf("Runtimes", own, read),
  ];
}
