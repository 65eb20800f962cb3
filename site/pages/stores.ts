/** A page for every store: what its module says, what it promises, how it is made. */
import { chaptersOf, fencesIn } from "./chapters.ts";
import type { Page } from "./page.ts";

/** Names that a reader knows a store by. */
const NAMES: Readonly<Record<string, string>> = {
  "memory": "Memory",
  "redis": "Redis",
  "postgres": "Postgres",
  "mysql": "MySQL and MariaDB",
  "sqlite": "SQLite, libsql and D1",
  "dynamodb": "DynamoDB",
  "mongodb": "MongoDB",
  "deno-kv": "Deno KV",
  "cloudflare": "Cloudflare",
  "memcached": "memcached",
  "cookie": "The cookie itself",
  "unstorage": "unstorage",
  "tiered": "Memory in front of a store",
  "hash-ids": "Hashed ids, around a store",
  "encrypt": "Encrypted data, around a store",
  "express": "Stores of express-session",
};

/** How the rows of README's table name a store. */
const rowNames = (store: string): string[] => [
  `stores/${store}\``,
  `${store.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())}(`,
];

const cellsOf = (line: string): string[] => line.split("|").slice(1, -1).map((cell) => cell.trim());

/** What the table says of a store, each row as a list: a page has no room for its columns. */
function saysTable(table: string, store: string): string[] {
  const [head = [], , ...rows] = table.split("\n").filter((line) => line.startsWith("|")).map(
    cellsOf,
  );
  return rows.filter(([name = ""]) => rowNames(store).some((each) => name.includes(each)))
    .map(([name, ...cells]) => {
      const list = cells.map((cell, at) => `- **${head[at + 1]}**: ${cell}`);
      return `${name}:\n\n${list.join("\n")}`;
    });
}

/** The comment of a documentation block, without its stars. */
const commentIn = (block: string): string =>
  block.replace(/^\/\*\*\n?|\s*\*\/$/g, "").replace(/^ ?\* ?/gm, "");

/** What the module says of itself in prose: up to its first tag. */
export function moduleText(source: string): string {
  const [block = ""] = /^\/\*\*[\s\S]*?\*\//.exec(source) ?? [];
  return commentIn(block).split(/^@/m)[0]!.replace(
    /\{@link\w* ([^}|\s]+)[^}]*\}/g,
    "`$1`",
  ).trim();
}

/** The first example in a module's documentation that is about the module's store. */
export function firstExample(source: string): string {
  for (const [block] of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const example = commentIn(block).split(/^@example\b/m)[1];
    if (example !== undefined) return fencesIn(example)[0] ?? "";
  }
  return "";
}

/** README's own code for a store: a block that imports it, or the lines of a block about many. */
function codeFor(readme: string, store: string): string[] {
  const named = `/stores/${store}"`;
  return fencesIn(readme).filter((fence) => fence.includes(named)).map(
    (fence) => {
      const modules = new Set(fence.match(/\/stores\/[\w-]+"/g));
      if (modules.size === 1) return fence;
      const lines = fence.split("\n").slice(1, -1).join("\n").split("\n\n");
      return "```ts\n" +
        lines.filter((part) => part.includes(named)).join("\n\n") + "\n```";
    },
  );
}

/** What stands in place of a table's rows for a store that is not among the supported ones. */
const UNSUPPORTED =
  "README's table of supported stores does not list it. What it was run on, and what not, is said in " +
  "[The stores, in depth](docs/stores.md).";

/** A store's page, by the name of its entry: `redis`. */
export function storePage(store: string, readme: string, source: string): Page {
  const chapter = chaptersOf(readme, 2).chapters.find(({ title }) => title === "Stores")!
    .body;
  const code = codeFor(readme, store);
  const rows = saysTable(chapter, store);
  const text = [
    moduleText(source),
    "## What it promises",
    ...(rows.length > 0 ? rows : [UNSUPPORTED]),
    "## How it is made",
    ...(code.length > 0 ? code : [firstExample(source)]),
    "## More",
    `- [All of its options and types](site:reference/stores/${store}/index.html)`,
    "- [What all stores promise, side by side](README.md#stores)",
    "- [The stores, in depth](docs/stores.md)",
  ].join("\n\n");
  const title = NAMES[store] ?? store;
  return {
    path: `stores/${store}`,
    title,
    section: "Stores",
    text,
    source: "README.md",
    shows: {},
  };
}
