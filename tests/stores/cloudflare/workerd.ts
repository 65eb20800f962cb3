/** A Worker of this folder in real workerd. */
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";

/** Starts a worker with a Durable Object class (`className`), a KV namespace and a D1 database. */
export async function startWorker(file: string, className: string): Promise<Miniflare> {
  const bundle = await build({
    entryPoints: [new URL(file, import.meta.url).pathname],
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
    script: bundle.outputFiles[0]!.text,
    compatibilityDate: "2026-01-01",
    durableObjects: { SESSIONS: { className, useSQLite: true } },
    kvNamespaces: ["KV"],
    d1Databases: ["DB"],
  }));
}
