/** A database's client in the place of a store is named at the start; what does a store's work is none. */
import { describe, expect, test } from "vitest";
import { refuseClient } from "../../src/express/client_mistakes.ts";

const objectWith = (verbs: readonly string[]) =>
  Object.fromEntries(verbs.map((verb) => [verb, () => undefined]));

const CLIENTS: [what: string, name: string, verbs: string[]][] = [
  ["node-redis and ioredis", "redis", ["get", "set", "sendCommand"]],
  ["Bun's Redis", "redis", ["get", "set", "send", "subscribe"]],
  ["Valkey GLIDE", "redis", ["get", "set", "customCommand"]],
  ["mysql2", "mysql", ["query", "execute"]],
  ["PlanetScale", "mysql", ["execute", "transaction"]],
  ["pg", "postgres", ["query", "connect"]],
  ["node:sqlite and its like", "sqlite", ["prepare", "exec"]],
];

describe.each(CLIENTS)("%s", (_what, name, verbs) => {
  test("is refused, by the name of the store it is for", () => {
    expect(() => refuseClient(objectWith(["on", ...verbs]))).toThrow(
      new TypeError(
        `Option "store" must be a session store, not a client: ${name}Store({ client }) of ` +
          `websession/stores/${name} makes one of it`,
      ),
    );
  });

  test.each(verbs)("is not what lacks %s, or has a value of that name", (verb) => {
    const others = objectWith(verbs.filter((each) => each !== verb));
    expect(() => refuseClient(others)).not.toThrow();
    expect(() => refuseClient({ ...others, [verb]: true })).not.toThrow();
  });
});

test.each([
  ["a store", ["get", "set", "destroy", "touch"]],
  ["one that asks MySQL by itself", ["get", "set", "destroy", "query", "execute"]],
  ["one that asks Postgres by itself", ["get", "set", "destroy", "query", "connect"]],
  ["one that asks SQLite by itself", ["get", "set", "destroy", "prepare", "exec"]],
  ["nothing", []],
])("%s passes", (_what, verbs) => {
  expect(() => refuseClient(objectWith(verbs))).not.toThrow();
});

test.each([["get"], ["set"]])("with %s alone a client is still one", (verb) => {
  expect(() => refuseClient(objectWith([verb, "query", "execute"]))).toThrow(/mysqlStore/);
});
