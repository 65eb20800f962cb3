/** A client of DynamoDB between a store and a server, for tests that look at calls or spoil them. */
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import type { DynamodbClient } from "../../src/stores/dynamodb.ts";

// deno-lint-ignore no-explicit-any -- the input of any call
export type Input = any;
/** Makes the call, of which it knows the name and the input. */
// deno-lint-ignore no-explicit-any -- the answer of any call
export type Between = (name: string, input: Input, call: () => Promise<any>) => Promise<any>;

/** Hands every call of a client to `between`. */
export function between(client: DynamoDB, act: Between): DynamodbClient {
  return new Proxy(client, {
    get(target, name) {
      const method = Reflect.get(target, name) as unknown;
      if (typeof method !== "function") return method;
      return (input: Input) => act(String(name), input, () => method.call(target, input));
    },
  });
}

/** An error as the SDK throws it. */
export function sdkError(name: string, more: object = {}): Error {
  return Object.assign(new Error(`${name} of the server`), { name, $metadata: {}, ...more });
}

let serial = 0;

/** A record that ends in an hour, unless told otherwise. */
export function record(subject?: string, expires: number | null = Date.now() + 3_600_000) {
  return {
    json: `{"cookie":{"originalMaxAge":3600000,"path":"/"},"n":${++serial}}`,
    expires,
    subject,
  };
}
