/** What `init` can set up: runtimes, and the stores that each has. */
import type { Choice } from "../terminal.ts";

/** Where the application runs. */
export type Runtime = "express" | "hono" | "deno" | "bun";

/** Where its sessions are kept. */
export type StoreChoice = "memory" | "redis" | "postgres" | "mysql" | "sqlite" | "deno-kv";

/** How each is asked for. */
export const RUNTIMES: readonly Choice<Runtime>[] = [
  { value: "express", label: "Express, on Node" },
  { value: "hono", label: "Hono, on Node" },
  { value: "deno", label: "Deno.serve" },
  { value: "bun", label: "Bun.serve" },
];

const STORES: readonly Choice<StoreChoice>[] = [
  { value: "redis", label: "Redis or Valkey" },
  { value: "postgres", label: "Postgres" },
  { value: "mysql", label: "MySQL or MariaDB" },
  { value: "sqlite", label: "SQLite, a file" },
  { value: "deno-kv", label: "Deno KV" },
  { value: "memory", label: "memory: gone with the process, for development" },
];

const ON: Readonly<Record<Runtime, readonly StoreChoice[]>> = {
  express: ["redis", "postgres", "mysql", "sqlite", "memory"],
  hono: ["redis", "postgres", "mysql", "sqlite", "memory"],
  deno: ["deno-kv", "redis", "postgres", "memory"],
  bun: ["sqlite", "redis", "postgres", "memory"],
};

/** The stores of a runtime, the one most would take first. */
export function storesOf(runtime: Runtime): Choice<StoreChoice>[] {
  return ON[runtime].map((name) => STORES.find(({ value }) => value === name)!);
}
