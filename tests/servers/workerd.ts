/** A Worker in real workerd. */
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

/** What a worker is given. */
interface Given {
  readonly bindings?: Record<string, string>;
  /** Its class of Durable Objects, with SQLite, as SESSIONS. */
  readonly className?: string;
  readonly kvNamespaces?: string[];
  readonly d1Databases?: string[];
}

/** The databases that stores are tested on. */
export const DATABASES = { kvNamespaces: ["KV"], d1Databases: ["DB"] };

/** Starts the worker of a file, with all that it imports. */
export async function startWorkerd(
  file: string,
  { className, ...given }: Given = {},
): Promise<Miniflare> {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return new Miniflare(convertV4MiniflareOptions({
    host: "127.0.0.1",
    cf: false,
    log: new Log(LogLevel.ERROR),
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: "2026-01-01",
    ...className !== undefined && { durableObjects: { SESSIONS: { className, useSQLite: true } } },
    ...given,
  }));
}
