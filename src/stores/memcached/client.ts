/** The clients of npm that can compare and set, and why the others cannot serve. */
import { kindOf } from "../../errors.ts";

/** What a client of `memcached` calls back with: an error, and what came of the command. */
export type MemcachedCallback = (error: unknown, answer: unknown) => void;

/** The client of the package `memcached` (3rd-Eden), which connect-memcached brings along. */
export interface CallbackMemcachedClient {
  /** Reads an item with the mark that `cas()` takes. */
  gets(key: string, callback: MemcachedCallback): void;
  /** Stores an item that is not there. */
  add(key: string, value: unknown, lifetime: number, callback: MemcachedCallback): void;
  /** Stores an item that still has this mark. */
  cas(
    key: string,
    value: unknown,
    cas: string,
    lifetime: number,
    callback: MemcachedCallback,
  ): void;
  /** Removes an item. */
  del(key: string, callback: MemcachedCallback): void;
}

/** The client of the package `memcache-client`. */
export interface PromiseMemcachedClient {
  /** Reads an item with the mark that `cas()` takes. */
  gets(key: string): Promise<unknown>;
  /** Stores an item that is not there. */
  add(
    key: string,
    value: Record<string, unknown>,
    options: { readonly lifetime: number },
  ): Promise<unknown>;
  /** Stores an item that still has this mark. */
  cas(
    key: string,
    value: Record<string, unknown>,
    options: { readonly lifetime: number; readonly casUniq: string },
  ): Promise<unknown>;
  /** Removes an item. */
  delete(key: string): Promise<unknown>;
  /** Tells it from the clients that look like it. */
  xretrieve: unknown;
}

/** The clients that `memcachedStore()` takes, known by their shape. */
export type MemcachedStoreClient = CallbackMemcachedClient | PromiseMemcachedClient;

/** Whether it is a client of the package `memcached`. */
export function isCallbackClient(client: object): client is CallbackMemcachedClient {
  return hasAll(client, ["gets", "add", "cas", "del", "getMulti"]);
}

/** Whether it is a client of the package `memcache-client`. */
export function isPromiseClient(client: object): client is PromiseMemcachedClient {
  return hasAll(client, ["gets", "add", "cas", "delete", "xretrieve"]);
}

/** Refuses what cannot keep the store's promises, and says what to pass instead. */
export function checkClient(client: unknown): asserts client is MemcachedStoreClient {
  const isObject = typeof client === "object" && client !== null;
  if (isObject && isCallbackClient(client)) return checkRing(client);
  if (isObject && isPromiseClient(client)) return checkSingle(client);
  throw new TypeError(
    'Option "client" must be a client of memcached or of memcache-client, ' +
      `${isObject ? whyNot(client) : `not ${kindOf(client)}`}`,
  );
}

function whyNot(client: object): string {
  if (hasAll(client, ["gets", "cas", "getNodesByKey"])) {
    return "not of memcache, whose gets() hands out no mark for its cas()";
  }
  if (hasAll(client, ["get", "set", "replace"]) && !hasAll(client, ["cas"])) {
    return "not one without cas(), as that of memjs: it cannot compare and set";
  }
  return `not ${kindOf(client)}`;
}

/** A key has one server. Where another takes it over, what was ended there lives on here. */
function checkRing(client: object): void {
  const { servers, remove } = client as { servers?: unknown; remove?: unknown };
  if (!remove || !Array.isArray(servers) || servers.length < 2) return;
  throw new TypeError(
    'Option "client" must not have "remove": keys would move to another server when theirs fails, ' +
      "and a session that is ended there would live again when it returns",
  );
}

/** memcache-client takes several servers for copies of each other, and asks any. */
function checkSingle(client: object): void {
  const { options } = client as { options?: { server?: { servers?: unknown } } };
  const servers = options?.server?.servers;
  if (!Array.isArray(servers) || servers.length < 2) return;
  throw new TypeError(
    'Option "client" must have one server where it is of memcache-client, which asks any of several ' +
      "for any key; the client of memcached knows which server has which",
  );
}

function hasAll(client: object, names: readonly string[]): boolean {
  return names.every((name) => typeof (client as Record<string, unknown>)[name] === "function");
}
