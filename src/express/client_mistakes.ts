/** A database's client given as the option `store`: named at the start, not at each request. */

/** What clients can do, and which store takes them. */
const CLIENTS: readonly (readonly [verbs: readonly string[], name: string])[] = [
  [["get", "set", "sendCommand"], "redis"],
  [["get", "set", "send", "subscribe"], "redis"],
  [["get", "set", "customCommand"], "redis"],
  [["query", "execute"], "mysql"],
  [["execute", "transaction"], "mysql"],
  [["query", "connect"], "postgres"],
  [["prepare", "exec"], "sqlite"],
];

/** Throws a TypeError that says where a client goes; whatever else it is given passes. */
export function refuseClient(store: object): void {
  const has = (name: string) => typeof (store as Record<string, unknown>)[name] === "function";
  const name = CLIENTS.find(([verbs]) => verbs.every(has))?.[1];
  // A store that sends queries by itself has the verbs of one, too.
  if (name === undefined || (name !== "redis" && has("get") && has("set"))) return;
  throw new TypeError(
    `Option "store" must be a session store, not a client: ${name}Store({ client }) of ` +
      `websession/stores/${name} makes one of it`,
  );
}
