/** What is left for the person to do after `init`, as commands that run as they are printed. */
import type { Runtime, StoreChoice } from "./choices.ts";
import type { StoreLines } from "./store_lines.ts";

/** What matters of the Node that runs the tool. */
export interface FoundNode {
  readonly version: string;
  /** Whether it has node:sqlite without a flag. */
  readonly hasSqlite: boolean;
  /** Whether it runs TypeScript by itself. */
  readonly runsTypes: boolean;
}

const PACKAGES: Readonly<Record<Runtime, readonly string[]>> = {
  express: ["express"],
  hono: ["hono", "@hono/node-server"],
  deno: [],
  bun: [],
};

/**
 * The tables, by the runtime itself: it has the client that the file imports and the address in
 * .env, while npx needs a Node, which not everybody has beside it, with a client for that.
 */
const CREATE_SCHEMA: Readonly<Partial<Record<Runtime, (file: string) => string[]>>> = {
  deno: (file) => [`deno eval --env-file "${createIn(file)} Deno.exit()"`],
  bun: (file) => [`bun -e "${createIn(file)} process.exit()"`],
};

function createIn(file: string): string {
  return `import { store } from './${file}'; await store.createSchema();`;
}

/** In the order in which they are done; `isNew` says that the variable of the store was written now. */
export function nextSteps(
  { runtime, file, store }: {
    readonly runtime: Runtime;
    readonly file: string;
    readonly store: StoreChoice;
  },
  { packages, schemaOf, variable, flag }: StoreLines,
  { node, isNew }: { readonly node: FoundNode; readonly isNew: boolean },
): string[] {
  const names = [...PACKAGES[runtime], ...packages, "websession"].join(" ");
  // Of the same kind as the file: what imports a module has to be one.
  const app = `app${/\.\w+$/.exec(file)![0]}`;
  const onNode = /ts$/.test(app) && !node.runsTypes ? "npx tsx" : "node";
  const [install, start] = {
    express: [`npm install ${names}`, `${onNode} --env-file=.env ${app}`],
    hono: [`npm install ${names}`, `${onNode} --env-file=.env ${app}`],
    deno: [
      "deno add jsr:@websession/websession",
      `deno run -A --env-file ${flag === undefined ? "" : `${flag} `}${app}`,
    ],
    bun: [`bun add ${names}`, `bun ${app}`],
  }[runtime] as [string, string];
  // Deno and Bun have settings of their own.
  const isChecked = /ts$/.test(app) && (runtime === "express" || runtime === "hono");
  const lacksSqlite = store === "sqlite" && runtime !== "bun" && !node.hasSqlite;
  return [
    ...lacksSqlite ? [`Node 22.13 or later: node:sqlite is not in this one, ${node.version}`] : [],
    install,
    ...schemaOf === undefined
      ? []
      : CREATE_SCHEMA[runtime]?.(file) ?? schemaSteps(schemaOf, isNew, variable?.[0]),
    ...isChecked ? ['for tsc, in tsconfig.json: "rewriteRelativeImportExtensions": true'] : [],
    `in ${app}: import { sessions } from "./${file}"; then ${start}`,
  ];
}

/** The address stands in .env, where no shell looks: what was there before is not repeated, it may hold a password. */
function schemaSteps(place: string, isNew: boolean, variable: string | undefined): string[] {
  const command = (store: string) => `npx websession schema --store ${store} --apply`;
  if (variable === undefined) return [command(place)];
  return isNew
    ? [`if ${variable} stays as it is in .env, or with what you put there:`, command(place)]
    : [`with the ${variable} of .env in place of …:`, command("…")];
}
