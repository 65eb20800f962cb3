/** The calls that a store makes of its client, and what their failures mean. */
import type { DynamodbClient, DynamodbItem, DynamodbWritten } from "./client.ts";
import { SessionError } from "../../errors.ts";
import { attempt } from "../../maybe_promise.ts";
import { again } from "../sql/retries.ts";
import { bind, toItem, type Values } from "./expressions.ts";
import type { Key } from "./keys.ts";
import { randomText } from "./found.ts";
import { whatIsWrong } from "./schema.ts";

/** What came of a write with a condition. */
export interface Outcome {
  readonly isDone: boolean;
  /** What stands there where the condition did not hold; else what the call was to return. */
  readonly item: DynamodbItem | undefined;
  /** Whether the client has sent it more than once: a former one may have been the one that did it. */
  readonly isRepeated: boolean;
}

/** A part of a transaction, or a write of its own. */
export type Action =
  & { readonly condition?: string; readonly values?: Values }
  & (
    | { readonly put: Key & Values }
    | { readonly update: string; readonly key: Key }
    | { readonly remove: Key }
    | { readonly check: Key }
  );

type Fields = Record<string, unknown>;

/** A client with the name of a table. */
export class Calls {
  readonly client: DynamodbClient;
  readonly table: string;

  constructor(client: DynamodbClient, table: string) {
    this.client = client;
    this.table = table;
  }

  /** Reads an item as it is now. */
  async get(key: Key): Promise<DynamodbItem | undefined> {
    const input = { TableName: this.table, Key: toItem(key), ConsistentRead: true };
    return (await this.ask(() => this.client.getItem(input))).Item;
  }

  /** Makes a change, if its condition holds; `returns` as `ReturnValues` of DynamoDB. */
  async write(action: Action, returns = "NONE"): Promise<Outcome> {
    const [name, fields] = this.#fields(action);
    const input = {
      ...fields,
      ReturnValues: returns,
      ...action.condition !== undefined && { ReturnValuesOnConditionCheckFailure: "ALL_OLD" },
    };
    const send = (): Promise<DynamodbWritten> =>
      name === "Put"
        ? this.client.putItem(input)
        : name === "Update"
        ? this.client.updateItem(input)
        : this.client.deleteItem(input);
    try {
      const { Attributes, $metadata } = await this.ask(() => untilAlone(send));
      return { isDone: true, item: Attributes, isRepeated: ($metadata?.attempts ?? 1) > 1 };
    } catch (error) {
      if (nameOf(error) !== "ConditionalCheckFailedException") throw error;
      // Not every server of the protocol tells what stands there.
      const { Item } = error as { Item?: DynamodbItem };
      return { isDone: false, item: Item ?? await this.get(keyIn(action)), isRepeated: false };
    }
  }

  /**
   * Does all of it, or nothing where a condition does not hold: then the answer is `false`. Who is
   * not patient gets the error of a conflict at once.
   */
  async transact(actions: readonly Action[], isPatient = true): Promise<boolean> {
    const TransactItems = actions.map((action) => {
      const [name, fields] = this.#fields(action);
      return { [name]: fields };
    });
    let token = randomText();
    const send = async (): Promise<boolean> => {
      try {
        // With the same token it is the same transaction, however often it is sent.
        await this.client.transactWriteItems({ TransactItems, ClientRequestToken: token });
        return true;
      } catch (error) {
        const codes = codesOf(error);
        if (codes === undefined) throw error;
        if (codes.join() === "ConditionalCheckFailed") return false;
        // It was not done: the next is another one.
        token = randomText();
        if (isConflict(error)) throw error;
        // The client's own error holds items.
        throw new SessionError("STORE_FAILED", `DynamoDB cancelled a transaction: ${codes.join()}`);
      }
    };
    return await this.ask(() => isPatient ? untilAlone(send) : send());
  }

  /** Makes a call, and says what is wrong with the table where that is why it failed. */
  async ask<T>(call: () => T | Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const name = nameOf(error);
      if (name !== "ResourceNotFoundException" && name !== "ValidationException") throw error;
      // Who may not look at the table hears what the client said.
      throw await whatIsWrong(this.client, this.table).catch(() => undefined) ?? error;
    }
  }

  #fields(action: Action): [name: "Put" | "Update" | "Delete" | "ConditionCheck", Fields] {
    const expressions: Record<string, string> = {};
    if (action.condition !== undefined) expressions["ConditionExpression"] = action.condition;
    if ("update" in action) expressions["UpdateExpression"] = action.update;
    const fields = { TableName: this.table, ...bind(expressions, action.values) };
    if ("put" in action) return ["Put", { ...fields, Item: toItem(action.put) }];
    const Key = toItem(keyIn(action));
    if ("update" in action) return ["Update", { ...fields, Key }];
    return ["remove" in action ? "Delete" : "ConditionCheck", { ...fields, Key }];
  }
}

/** The name of an error of the client. */
export function nameOf(error: unknown): string | undefined {
  return (Object(error) as { name?: string }).name;
}

/** What is told after so many tries that it is a fault. */
export function tooManyWriters(): SessionError {
  return new SessionError("SESSION_CONFLICT", "Other writers changed the DynamoDB item each time");
}

function keyIn(action: Action): Key {
  if ("put" in action) return { pk: action.put.pk, sk: action.put.sk };
  if ("update" in action) return action.key;
  return "remove" in action ? action.remove : action.check;
}

/** Why a transaction was cancelled; `undefined` for another error. */
function codesOf(error: unknown): string[] | undefined {
  if (nameOf(error) !== "TransactionCanceledException") return undefined;
  const { CancellationReasons = [] } = error as { CancellationReasons?: { Code?: string }[] };
  const codes = CancellationReasons.map(({ Code = "None" }) => Code);
  return [...new Set(codes)].filter((code) => code !== "None");
}

/** Sends again what met another call. */
async function untilAlone<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await attempt(send, (error) => {
      if (isConflict(error)) return again(send, isConflict);
      throw error;
    });
  } catch (error) {
    throw isConflict(error) ? tooManyWriters() : error;
  }
}

/** Another call was at one of the items: nothing was done, and the next try may be alone. */
export function isConflict(error: unknown): boolean {
  const codes = codesOf(error);
  if (codes !== undefined) {
    return codes.includes("TransactionConflict") &&
      codes.every((code) => code === "TransactionConflict" || code === "ConditionalCheckFailed");
  }
  const name = nameOf(error);
  return name === "TransactionConflictException" || name === "TransactionInProgressException";
}
