/** Which folder may import which: the table of ARCHITECTURE.md, and a look for circles. */
import { posix } from "node:path";
import ts from "typescript";

/** The folders by the name the table knows them by; the first that matches counts. */
const FOLDERS: readonly (readonly [name: string, files: RegExp])[] = [
  ["mod", /^mod\.ts$/],
  ["top", /^src\/[^/]+\.ts$/],
  ["cookie", /^src\/cookie\//],
  ["core", /^src\/core\//],
  ["dbsc", /^src\/dbsc\//],
  ["stores", /^src\/stores\//],
  ["testing", /^src\/testing\//],
  ["web", /^src\/web\//],
  ["express", /^src\/express\//],
  ["cli", /^src\/cli\//],
];

/** What a folder may import beside itself. `stores/x` is that store's entry and folder alone. */
export const TABLE: Readonly<Record<string, readonly string[]>> = {
  top: [],
  cookie: ["top"],
  core: ["top", "cookie"],
  dbsc: ["top", "cookie", "core"],
  stores: ["top"],
  testing: ["top", "web"],
  web: ["top", "cookie", "core", "dbsc", "stores/memory"],
  express: ["top", "cookie", "core", "dbsc", "stores/memory", "stores/express"],
  mod: ["top", "cookie", "core", "web"],
  // Nothing imports it: it is a program of its own.
  cli: [
    // The entries' own checks are the doctor's.
    ...["top", "cookie", "core", "web", "express"],
    ...["memory", "redis", "postgres", "mysql", "sqlite", "sql", "encrypt", "shared"]
      .map((name) => `stores/${name}`),
  ],
};

/** Packages, by the only files that may import them. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  cookie: /^src\/cookie\//,
  hono: /^src\/web\/(edge_)?hono(_options|_middleware)?\.ts$/,
  commander: /^src\/cli\//,
  "@clack/prompts": /^src\/cli\//,
};

/** One file more for a store: it brings what serves its sessions, and bundles with another store do not. */
const BROUGHT_BY: Readonly<Record<string, RegExp>> = {
  "src/web/sealed_transport.ts": /^src\/stores\/cookie[./]/,
};

/** Helpers that several stores share. */
const SHARED_BY_STORES = ["shared", "sql"];

/** express-session's own triangle: a session has a store, a store makes sessions, a request has both. */
const TRIANGLE: ReadonlySet<string> = new Set(
  ["session", "store", "types"].map((name) => `src/express/${name}.ts`),
);

/** The modules a source imports, types included; examples in comments do not count. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName);
}

/** Every import that the table forbids and every circle, as one readable line each. */
export function violations(sources: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const targets: string[] = [];
    for (const specifier of importsOf(text)) {
      const reason = refusal(file, specifier);
      if (reason !== undefined) found.push(`${file} must not import "${specifier}": ${reason}`);
      if (specifier.startsWith(".")) targets.push(resolve(file, specifier));
    }
    graph.set(file, targets);
  }
  return [...found, ...circles(graph)];
}

function refusal(file: string, specifier: string): string | undefined {
  const folder = folderOf(file);
  if (folder === undefined) return "its folder is not in the table";
  if (specifier.startsWith("node:")) {
    const runsOnNode = folder === "express" || folder === "cli";
    return runsOnNode ? undefined : "only src/express and src/cli run on node: modules";
  }
  if (!specifier.startsWith(".")) {
    return PACKAGES[specifier]?.test(file) ? undefined : "the package is not for this file";
  }
  if (!specifier.endsWith(".ts")) return "it must name the file, with .ts";
  const target = resolve(file, specifier);
  const other = folderOf(target);
  if (other === undefined) return "its folder is not in the table";
  if (folder === "stores" && other === "stores") {
    return sameStore(file, target) ? undefined : "a store knows no other store";
  }
  if (other === folder || BROUGHT_BY[target]?.test(file)) return undefined;
  const name = other === "stores" ? `stores/${storeOf(target)}` : other;
  return TABLE[folder]!.includes(name) ? undefined : `${folder} may not know ${name}`;
}

function folderOf(file: string): string | undefined {
  return FOLDERS.find(([, files]) => files.test(file))?.[0];
}

function resolve(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** A store is its entry, the folder of its name, and the folders that stores share. */
function sameStore(file: string, target: string): boolean {
  return storeOf(file) === storeOf(target) || SHARED_BY_STORES.includes(storeOf(target));
}

function storeOf(path: string): string {
  return path.split("/")[2]!.replace(/\.ts$/, "");
}

/** The groups of files that import one another in a circle (Tarjan's strong components). */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[] = [];

  function visit(file: string): void {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!graph.has(target)) continue;
      if (!order.has(target)) visit(target);
      else if (!stack.includes(target)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    const isCircle = members.length > 1 || graph.get(file)!.includes(file);
    if (!isCircle || members.every((member) => TRIANGLE.has(member))) return;
    found.push(`a circle of imports: ${members.sort().join(", ")}`);
  }

  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}
