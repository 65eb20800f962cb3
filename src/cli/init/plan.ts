/** What `init` writes, decided before anything is written. */
import type { Runtime, StoreChoice } from "./choices.ts";
import { type FoundNode, nextSteps } from "./next_steps.ts";
import { storeLines } from "./store_lines.ts";

/** What was asked. */
export interface Answers {
  readonly runtime: Runtime;
  readonly store: StoreChoice;
  /** The file to write, as it was named. */
  readonly file: string;
}

/** What is there already. */
export interface Found {
  /** The text of .env; nothing if there is none. */
  readonly env: string | undefined;
  /** That of .gitignore. */
  readonly gitignore: string | undefined;
  /** The Node that is here; nobody else runs the application on Express or Hono. */
  readonly node: FoundNode;
}

/** A file to write. */
export interface Writing {
  readonly path: string;
  /** A new file, or what is added to the end of one. */
  readonly how: "create" | "append";
  readonly text: string;
  /** Whether it holds a secret, so that nobody else may read it. */
  readonly isSecret: boolean;
}

/** All of it, and what is left for the person to do. */
export interface Plan {
  readonly writings: readonly Writing[];
  readonly next: readonly string[];
}

/** The variable that holds the secret. */
export const SECRET = "SESSION_SECRET";

/** Decides what to write. */
export function planInit(answers: Answers, found: Found, secret: string): Plan {
  const { runtime, store, file } = answers;
  const isTyped = /\.[cm]?ts$/.test(file);
  const env = (name: string): string => {
    const read = runtime === "deno" ? `Deno.env.get("${name}")` : `process.env.${name}`;
    return isTyped ? `${read}!` : read;
  };
  const from = (entry: string): string => {
    if (runtime !== "deno") return entry === "" ? "websession" : `websession/${entry}`;
    return entry === "web" ? "@websession/websession" : `@websession/websession/${entry}`;
  };
  const lines = storeLines(runtime, store, env, from);
  const variables = [[SECRET, secret], ...lines.variable === undefined ? [] : [lines.variable]];
  const lacking = variables.filter(([name]) => !isSetIn(found.env ?? "", name!));
  const writings: Writing[] = [{
    path: file,
    how: "create",
    text: sessionFile(answers, { ...lines, env, from }),
    isSecret: false,
  }];
  if (lacking.length > 0) {
    const text = lacking.map(([name, value]) => `${name}=${value}\n`).join("");
    writings.push(addTo(".env", found.env, text, true));
  }
  if (!/^\/?\.env$/m.test(found.gitignore ?? "")) {
    writings.push(addTo(".gitignore", found.gitignore, ".env\n", false));
  }
  const isNew = lacking.some(([name]) => name === lines.variable?.[0]);
  return { writings, next: nextSteps(answers, lines, { node: found.node, isNew }) };
}

function sessionFile(
  { runtime, store }: Answers,
  { imports, setup, env, from }: {
    readonly imports: readonly string[];
    readonly setup: readonly string[];
    env(name: string): string;
    from(entry: string): string;
  },
): string {
  const isMemory = store === "memory";
  const [main, use, call, more] = FACES[runtime];
  const options = [
    `secret: ${env(SECRET)}`,
    ...isMemory ? [] : ["store"],
    ...more,
  ];
  return [
    ...imports,
    `import ${main} from "${
      from(runtime === "express" ? "" : runtime === "hono" ? "hono" : "web")
    }";`,
    "",
    ...setup,
    ...setup.length === 0 ? [] : [""],
    ...use.map((line) => `// ${line}`),
    ...isMemory
      ? ["// They are kept in memory: name a store before this goes into production."]
      : [],
    `export const sessions = ${call}({`,
    ...options.map((option) => `  ${option},`),
    "});",
    "",
  ].join("\n");
}

/** For each runtime: what is imported, how it is used, what is called, and its further options. */
const FACES: Readonly<
  Record<Runtime, readonly [main: string, use: string[], call: string, more: string[]]>
> = {
  express: [
    "session",
    [
      "app.use(sessions): req.session is then this visitor's.",
      'Behind a proxy that ends TLS: app.set("trust proxy", 1).',
    ],
    "session",
    [
      "resave: false",
      "saveUninitialized: false",
      'cookie: { secure: "auto", sameSite: "lax", maxAge: 86_400_000 }',
    ],
  ],
  hono: [
    "{ session }",
    ["app.use(sessions): c.var.session is then this visitor's."],
    "session",
    [],
  ],
  deno: [
    "{ createSessions }",
    [
      "Deno.serve(sessions.wrap((request, session) => new Response(…))).",
    ],
    "createSessions",
    [],
  ],
  bun: [
    "{ createSessions }",
    [
      "Bun.serve({ fetch: sessions.wrap((request, session) => new Response(…)) }).",
    ],
    "createSessions",
    [],
  ],
};

function addTo(path: string, found: string | undefined, text: string, isSecret: boolean): Writing {
  if (found === undefined) return { path, how: "create", text, isSecret };
  const gap = found === "" || found.endsWith("\n") ? "" : "\n";
  return { path, how: "append", text: gap + text, isSecret };
}

/** Whether a variable has a value already, be it one that the shell would export. */
function isSetIn(env: string, name: string): boolean {
  return new RegExp(`^\\s*(export\\s+)?${name}\\s*=\\s*\\S`, "m").test(env);
}
