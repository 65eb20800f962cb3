/** Runs the kit with Bun's own client: `bun redis_bun.ts <port>`; prints what failed. */
import { type CommandClient, redisStore } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";

type Client = CommandClient & { close(): void };
const { RedisClient } = (globalThis as unknown as {
  Bun: { RedisClient: new (url: string) => Client };
}).Bun;

const url = `redis://127.0.0.1:${process.argv[2]}`;
const [client, other] = [new RedisClient(url), new RedisClient(url)];
const cases: [name: string, run: () => Promise<void>][] = [];
let serial = 0;
testStore({
  name: "Bun's client",
  capabilities: { atomic: true, clock: "injected", sliding: true, iterate: true, subject: true },
  create(context) {
    const now = () => context.now() + 3_600_000;
    const prefix = `bun${++serial}:`;
    return {
      store: redisStore({ client, prefix, now }),
      peer: redisStore({ client: other, prefix, now }),
      neighbour: redisStore({ client, prefix: `next-${prefix}`, now }),
      now,
    };
  },
  test: (name, run) => cases.push([name, run]),
});
let failed = 0;
for (const [name, run] of cases) {
  try {
    await run();
  } catch (error) {
    failed++;
    console.error(name, error);
  }
}
const flushed = redisStore({ client, prefix: "flushed:", wait: { replicas: 1, timeoutMs: 50 } });
await client.send("SCRIPT", ["FLUSH"]);
try {
  await flushed.create("an-id", { json: '{"cookie":{}}', expires: null });
  failed++;
  console.error("WAIT for a replica that is not there was fulfilled");
} catch (error) {
  if (!/fewer replicas/.test(String(error))) {
    failed++;
    console.error(error);
  }
}
console.log(`${cases.length - failed} of ${cases.length} passed`);
client.close();
other.close();
process.exit(failed === 0 ? 0 : 1);
