/** A private DynamoDB for tests: dynalite, which speaks its protocol and keeps its tables in memory. */
import { join } from "node:path";
import { freePort, type RunningServer, startServer } from "./process.ts";

/** Starts the dynalite that is installed in `folder`. */
export async function startDynalite(folder: string): Promise<RunningServer> {
  const port = await freePort();
  const program = join(folder, "node_modules", "dynalite", "cli.js");
  const args = [program, "--host", "127.0.0.1", "--port", String(port), "--createTableMs", "0"];
  return await startServer(process.execPath, args, port);
}
