/** What the process was started with, as far as it may be looked at. */
import process from "node:process";

/** A variable's value; none where there is none, or where Deno was not allowed to say. */
export function environment(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

/** Read once, as express-session does. */
export const isProduction: boolean = environment("NODE_ENV") === "production";
