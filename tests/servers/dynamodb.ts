/** A private DynamoDB for tests: dynalite with transactions of our own, which keeps its tables in memory. */
import { DynamoDB, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { join } from "node:path";
import { freePort, type RunningServer, startServer } from "./process.ts";

/** Starts one. A `plain` server does not tell what a failed condition has found. */
export async function startDynamodb(mode: "" | "plain" = ""): Promise<RunningServer> {
  const port = await freePort();
  const program = join(import.meta.dirname, "dynamodb_program.ts");
  return await startServer(process.execPath, [program, String(port), mode], port);
}

/** A client of the one on a port. */
export function connectDynamodb(port: number, more: DynamoDBClientConfig = {}): DynamoDB {
  return new DynamoDB({
    endpoint: `http://127.0.0.1:${port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    ...more,
  });
}
