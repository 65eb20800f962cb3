/** What no session library can avoid, measured on the spot. */
import { createHmac } from "node:crypto";
import pg from "pg";
import { createClient } from "redis";
import { postgresBinary, startPostgres } from "../../tests/servers/postgres.ts";
import { skipRedis, startRedis } from "../../tests/servers/redis.ts";
import { SECRET } from "../lib/cookies.ts";
import { dataOf } from "../lib/payload.ts";
import { median } from "../lib/stats.ts";

/** Microseconds by name. */
export type Physical = Readonly<Record<string, number>>;

async function timed(count: number, act: () => unknown): Promise<number> {
  const rounds: number[] = [];
  for (let round = -2; round < 9; round++) {
    const start = performance.now();
    for (let index = 0; index < count; index++) {
      const pending = act();
      if (pending instanceof Promise) await pending;
    }
    if (round >= 0) rounds.push((performance.now() - start) * 1000 / count);
  }
  return median(rounds);
}

export async function measurePhysical(): Promise<Physical> {
  const id = "abcdefghijklmnopqrstuvwxyz012345";
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(SECRET),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const physical: Record<string, number> = {};
  for (const [name, bytes] of [["200 B", 200], ["8 KB", 8192]] as const) {
    const data = dataOf(bytes);
    const text = JSON.stringify(data);
    physical[`JSON.parse ${name}`] = await timed(2000, () => JSON.parse(text));
    physical[`JSON.stringify ${name}`] = await timed(
      2000,
      () => JSON.stringify(data),
    );
  }
  physical["HMAC, node:crypto"] = await timed(
    2000,
    () => createHmac("sha256", SECRET).update(id).digest("base64"),
  );
  physical["HMAC, Web Crypto"] = await timed(
    500,
    () => crypto.subtle.sign("HMAC", key, encoder.encode(id)),
  );
  physical["turn of the event loop"] = await timed(
    2000,
    () => new Promise((resolve) => setImmediate(resolve)),
  );
  if (!skipRedis) {
    const redis = await startRedis();
    const client = createClient({
      socket: { host: "127.0.0.1", port: redis.port },
    });
    await client.connect();
    physical["Redis round trip"] = await timed(300, () => client.ping());
    client.destroy();
    await redis.stop();
  }
  if (postgresBinary !== undefined) {
    const postgres = await startPostgres(["fsync=off"]);
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    physical["Postgres round trip"] = await timed(
      200,
      () => client.query({ name: "one", text: "SELECT 1" }),
    );
    await client.end();
    await postgres.stop();
  }
  return physical;
}
