/** What is wrong with a Redis server that keeps sessions. */
import type { OpenRedis } from "../opened_store.ts";
import { unlessForbidden } from "../stores/redis.ts";
import { type Complaint, complaints, error, warning } from "./finding.ts";

/** What a server says of itself. */
export interface RedisFacts {
  /** The lines of INFO, by their names; none where the user may not ask. */
  readonly info: Readonly<Record<string, string>>;
  /** The setting `save`; nothing where asking for settings is not allowed. */
  readonly save: string | undefined;
  /** What the server did not say to this user, for people. */
  readonly unseen: readonly string[];
}

/** Under these nothing that is still wanted goes, or an index goes last. */
const SPARING = ["noeviction", "volatile-ttl"];

/** Asks it. Managed servers refuse CONFIG, and a user of the application's alone may ask nothing. */
export async function readRedis({ command }: Pick<OpenRedis, "command">): Promise<RedisFacts> {
  const text = await unlessForbidden(() => command("INFO"));
  const lines = String(text ?? "").split(/\r?\n/).filter((line) => line.includes(":"));
  const info = Object.fromEntries(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1)];
  }));
  const save = valueOf(await unlessForbidden(() => command("CONFIG", "GET", "save")));
  const unseen = [
    ...text === undefined
      ? ["INFO is not for this user: eviction, disk, version and replication were not looked at"]
      : [],
    ...save === undefined ? ["CONFIG GET is not for this user: save was not looked at"] : [],
  ];
  return { info, save, unseen };
}

/** Everything that is. */
export function redisComplaints({ info, save }: RedisFacts): Complaint[] {
  const policy = info.maxmemory_policy ?? "noeviction";
  const [major = 0, minor = 0] = (info.redis_version ?? "").split(".").map(Number);
  return complaints(
    [
      info.maxmemory !== undefined && info.maxmemory !== "0" && !SPARING.includes(policy),
      error(
        "evicts",
        `maxmemory-policy is ${policy}: when memory is short the server throws live sessions away`,
        "CONFIG SET maxmemory-policy noeviction (or volatile-ttl), and memory enough",
      ),
    ],
    [
      info.aof_enabled === "0" && save === "",
      warning(
        "no-persistence",
        "Neither appendonly nor save is on: a restart of the server ends every session",
        "appendonly yes, or save points",
      ),
    ],
    [
      info.rdb_last_bgsave_status === "err" || info.aof_last_write_status === "err",
      error(
        "cannot-save",
        "The server could not write its data to disk the last time it tried",
        "Look at its log: the disk may be full",
      ),
    ],
    [
      info.role === "slave",
      error(
        "replica",
        "This server is a replica: it refuses writes, and knows of logouts late",
        "The URL of its master",
      ),
    ],
    [
      major > 0 && (major < 6 || major === 6 && minor < 2),
      error(
        "old-server",
        `The server is Redis ${info.redis_version}: the store needs 6.2`,
        "A newer Redis, or Valkey",
      ),
    ],
  );
}

/** The value in an answer of names and values: a list, or with RESP 3 an object or a map. */
function valueOf(answer: unknown): string | undefined {
  if (Array.isArray(answer)) return answer[1] === undefined ? undefined : String(answer[1]);
  const [value] = answer instanceof Map ? answer.values() : Object.values(Object(answer));
  return value === undefined ? undefined : String(value);
}
