/** Redis, asked as each kind of client asks. */
import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../tests/servers/redis.ts";
import { casesOf, type Ground, HOUR, nextName, POWERS } from "./ground.ts";

type RedisModule = typeof import("../../src/stores/redis.ts");
type Client = ReturnType<typeof createClient>;

/** What a client is to look like. */
const SHAPES = {
  "one server": (client: Client) => client,
  // What a cluster's client has; every slot is here, so that all scripts run.
  "as in a cluster": (client: Client) => ({
    evalSha: client.evalSha.bind(client),
    eval: client.eval.bind(client),
    masters: [0],
    nodeClient: () => Promise.resolve(client),
  }),
  "as over REST": (client: Client) => {
    const run = async (
      word: string,
      script: string,
      keys: string[],
      args: string[],
    ) =>
      parsed(
        await client.sendCommand([
          word,
          script,
          String(keys.length),
          ...keys,
          ...args,
        ]),
      );
    return {
      evalsha: (sha: string, keys: string[], args: string[]) => run("EVALSHA", sha, keys, args),
      eval: (text: string, keys: string[], args: string[]) => run("EVAL", text, keys, args),
    };
  },
} as const;

/** Clients over REST parse whatever looks like JSON. */
function parsed(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(parsed);
  if (typeof answer !== "string") return answer;
  try {
    return JSON.parse(answer);
  } catch {
    return answer;
  }
}

export async function redisGround(
  shape: keyof typeof SHAPES,
  ...options: string[]
): Promise<Ground> {
  let server: RedisServer;
  let clients: Client[] = [];
  const open = async () => {
    server = await startRedis(...options);
    clients = await Promise.all([0, 1].map(async () => {
      const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
      client.on("error", () => {});
      return await client.connect() as Client;
    }));
  };
  const close = async () => {
    for (const client of clients) client.destroy();
    await server.kill();
    await server.stop();
  };
  await open();
  return {
    name: `Redis, ${shape}${options.length > 0 ? `, ${options.join(" ")}` : ""}`,
    entry: "redis.ts",
    cases({ redisStore }: RedisModule) {
      return casesOf({
        name: shape,
        capabilities: {
          ...POWERS,
          sliding: true,
          corrupt: true,
          // Of an end and a time that are asked one after the other.
          ...(options.length > 0 && { resolution: 3 }),
        },
        create(context) {
          const now = () => context.now() + HOUR;
          const prefix = `${shape.at(-1)}${nextName()}:`;
          const [client, other] = clients.map((each) => SHAPES[shape](each) as Client);
          const store = redisStore({ client: client!, prefix, now });
          return {
            store,
            peer: redisStore({ client: other!, prefix, now }),
            neighbour: redisStore({
              client: client!,
              prefix: `next-${prefix}`,
              now,
            }),
            now,
            corrupt: async (id, text) => {
              await clients[0]!.set(prefix + id, text, {
                expiration: "KEEPTTL",
              });
            },
          };
        },
      });
    },
    async renew() {
      await close();
      await open();
    },
    stop: close,
  };
}
