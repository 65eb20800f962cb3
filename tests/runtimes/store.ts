/** The store a server of the tests keeps its sessions in: its own memory, or a Redis. */
import type { SessionStore } from "../../mod.ts";

export async function storeOf(url: string | undefined): Promise<SessionStore | undefined> {
  if (url === undefined || url === "") return undefined;
  const [{ createClient }, { redisStore }] = await Promise.all([
    import("redis"),
    import("../../src/stores/redis.ts"),
  ]);
  const client = createClient({ url });
  await client.connect();
  return redisStore({ client: client as never });
}
