/**
 * What DynamoDB does and dynalite does not: transactions, the item that a failed condition found,
 * and the settings of a TTL. Everything else is dynalite's.
 *
 * Made after the documentation of `TransactWriteItems`: all conditions are looked at before anything is
 * written, and of two calls that write one item at once, where one of them is a transaction, the
 * later is refused as a conflict. What a transaction writes is seen item by item by queries, scans
 * and batches, and by `GetItem` when all of it is there.
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import {
  type Answer,
  type Any,
  type Body,
  cancelled,
  inOrder,
  onlyUsed,
  refusal,
  validation,
} from "./dynamodb_answers.ts";

const require = createRequire(import.meta.url);
const db: Any = require("dynalite/db");
const validations: Any = require("dynalite/validations");

const KNOWN = [
  ...[
    "BatchGetItem",
    "BatchWriteItem",
    "CreateTable",
    "DeleteItem",
    "DeleteTable",
    "DescribeTable",
  ],
  ...["GetItem", "ListTables", "PutItem", "Query", "Scan", "UpdateItem"],
];
const WRITES = ["PutItem", "UpdateItem", "DeleteItem"];
const MOST_ACTIONS = 100;
const MOST_BYTES = 4 * 1024 * 1024;

/** A part of a transaction, checked and with its keys. */
interface Part {
  readonly action: string;
  readonly data: Body;
  readonly key: Body;
  readonly name: string;
  readonly returnsItem: boolean;
}

/** A server without its HTTP. `isPlain` leaves out the item of a failed condition. */
export class DynamodbEngine {
  readonly #store: Any = db.create({ createTableMs: 0, deleteTableMs: 0 });
  readonly #isPlain: boolean;
  readonly #ttl = new Map<string, string>();
  readonly #done = new Map<string, string>();
  /** Items of transactions under way, and who waits for them. */
  readonly #held = new Map<string, Promise<void>>();
  /** Items with a write under way, one after the other. */
  readonly #writes = new Map<string, Promise<unknown>>();

  constructor(isPlain: boolean) {
    this.#isPlain = isPlain;
  }

  async answer(operation: string, data: Body): Promise<Answer> {
    if (operation === "TransactWriteItems") return await this.#transact(data);
    if (operation === "DescribeTimeToLive" || operation === "UpdateTimeToLive") {
      return await this.#timeToLive(operation, data);
    }
    if (!KNOWN.includes(operation)) return refusal("UnknownOperationException", "");
    if (WRITES.includes(operation)) return await this.#write(operation, data);
    if (operation === "BatchWriteItem") return await this.#writeMany(data);
    if (operation === "GetItem") await this.#held.get(await this.#nameOf(data.TableName, data.Key));
    return await this.#dynalite(operation, data);
  }

  /** A call as dynalite answers it. */
  async #dynalite(operation: string, data: Body): Promise<Answer> {
    const checked = this.#checked(operation, data);
    if ("status" in checked) return checked as Answer;
    return await new Promise((resolve, reject) => {
      const act: Any = require(`dynalite/actions/${validations.toLowerFirst(operation)}`);
      act(this.#store, checked, (error: Any, body: Body) => {
        if (!error) resolve({ status: 200, body });
        else if (error.statusCode) resolve({ status: error.statusCode, body: error.body });
        else reject(error);
      });
    });
  }

  /** The data with expressions as dynalite reads them, or its refusal. */
  #checked(operation: string, data: Body): Body | Answer {
    const rules: Any = require(`dynalite/validations/${validations.toLowerFirst(operation)}`);
    try {
      // It writes into what it checks.
      const checked = validations.checkTypes(structuredClone(data), rules.types);
      validations.checkValidations(checked, rules.types, rules.custom, this.#store);
      return checked;
    } catch (error) {
      const { statusCode, body } = error as Any;
      if (statusCode === undefined) throw error;
      return { status: statusCode, body };
    }
  }

  async #write(operation: string, data: Body): Promise<Answer> {
    const key = await this.#keyOf(data);
    const name = JSON.stringify([data.TableName, key]);
    if (this.#held.has(name)) {
      return refusal("TransactionConflictException", "Transaction is ongoing for the item");
    }
    return await this.#alone(name, async () => {
      const answer = await this.#dynalite(operation, data);
      const isLost = String(answer.body.__type).endsWith("ConditionalCheckFailedException");
      if (!isLost || data.ReturnValuesOnConditionCheckFailure !== "ALL_OLD") return answer;
      const found = this.#isPlain ? undefined : await this.#item(data.TableName, key);
      return { ...answer, body: { ...answer.body, ...found && { Item: found } } };
    });
  }

  /** Removals and puts of items that a transaction has are left undone. */
  async #writeMany(data: Body): Promise<Answer> {
    const left: Body = {};
    const now: Body = {};
    for (const [table, requests] of Object.entries<Body[]>(data.RequestItems)) {
      for (const request of requests) {
        const key = request.DeleteRequest?.Key ??
          await this.#keyOf({ TableName: table, Item: request.PutRequest.Item });
        const to = this.#held.has(JSON.stringify([table, key])) ? left : now;
        (to[table] ??= []).push(request);
      }
    }
    if (Object.keys(now).length === 0) return { status: 200, body: { UnprocessedItems: left } };
    const names = Object.entries<Body[]>(now).flatMap(([table, requests]) =>
      requests.map(({ DeleteRequest }) => JSON.stringify([table, DeleteRequest?.Key]))
    );
    const writing = this.#dynalite("BatchWriteItem", { RequestItems: now });
    for (const name of names) void this.#alone(name, () => writing);
    const answer = await writing;
    return answer.status === 200 ? { ...answer, body: { UnprocessedItems: left } } : answer;
  }

  async #transact({ TransactItems: items, ClientRequestToken: token }: Body): Promise<Answer> {
    const digest = createHash("sha256").update(JSON.stringify(items)).digest("hex");
    const before = token === undefined ? undefined : this.#done.get(token);
    if (before === digest) return { status: 200, body: {} };
    if (before !== undefined) return refusal("IdempotentParameterMismatchException", "");
    if (!Array.isArray(items) || items.length < 1 || items.length > MOST_ACTIONS) {
      return validation(`Member must have length less than or equal to ${MOST_ACTIONS}`);
    }
    const parts: Part[] = [];
    for (const item of items) {
      const part = await this.#part(item);
      if ("status" in part) return part;
      parts.push(part);
    }
    const names = parts.map(({ name }) => name);
    if (new Set(names).size < names.length) {
      return validation("Transaction request cannot include multiple operations on one item");
    }
    // From here to the holding of the items nobody else runs.
    const isBusy = names.map((name) => this.#held.has(name) || this.#writes.has(name));
    if (isBusy.includes(true)) {
      return cancelled(isBusy.map((busy) => ({ Code: busy ? "TransactionConflict" : "None" })));
    }
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    for (const name of names) this.#held.set(name, held);
    try {
      const answer = await this.#doAll(parts);
      if (answer.status === 200 && token !== undefined) this.#done.set(token, digest);
      return answer;
    } finally {
      for (const name of names) this.#held.delete(name);
      release();
    }
  }

  async #part(item: Body): Promise<Part | Answer> {
    const [action = "", given = {}] = Object.entries<Body>(item)[0] ?? [];
    if (!["Put", "Update", "Delete", "ConditionCheck"].includes(action)) {
      return validation("Invalid Request: TransactWriteRequest");
    }
    if (action === "ConditionCheck" && given.ConditionExpression === undefined) {
      return validation("The conditionExpression must be set");
    }
    const { ReturnValuesOnConditionCheckFailure: returned, ...data } = given;
    const operation = action === "ConditionCheck" ? "DeleteItem" : `${action}Item`;
    const checked = this.#checked(operation, data);
    if ("status" in checked) return checked as Answer;
    const key = await this.#keyOf(data);
    const name = JSON.stringify([data.TableName, key]);
    return { action, data, key, name, returnsItem: returned === "ALL_OLD" };
  }

  async #doAll(parts: readonly Part[]): Promise<Answer> {
    const reasons: Body[] = [];
    let bytes = 0;
    for (const { action, data, key, returnsItem } of parts) {
      const found = await this.#item(data.TableName, key);
      const operation = action === "ConditionCheck" ? "DeleteItem" : `${action}Item`;
      const lost = db.checkConditional(this.#checked(operation, data), found);
      const after = data.Item ?? found ?? {};
      bytes += db.itemSize(after);
      if (!lost) reasons.push({ Code: "None" });
      else {
        const Item = returnsItem && !this.#isPlain ? found : undefined;
        const Message = "The conditional request failed";
        reasons.push({ Code: "ConditionalCheckFailed", Message, ...Item && { Item } });
      }
    }
    if (bytes > MOST_BYTES) return validation("The aggregate size of the items exceeds 4 MB");
    if (reasons.some(({ Code }) => Code !== "None")) return cancelled(reasons);
    for (const { action, data } of parts) {
      if (action === "ConditionCheck") continue;
      const { ConditionExpression: _, ...unconditional } = data;
      const answer = await this.#dynalite(`${action}Item`, onlyUsed(unconditional));
      // The conditions held and the items are held: what is refused now is the stand-in's fault.
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      // Others see one item without the next.
      await new Promise(setImmediate);
    }
    return { status: 200, body: {} };
  }

  async #timeToLive(operation: string, data: Body): Promise<Answer> {
    const { TableName } = data;
    const table = await this.#dynalite("DescribeTable", { TableName });
    if (table.status !== 200) return table;
    const set = this.#ttl.get(TableName);
    if (operation === "DescribeTimeToLive") {
      const TimeToLiveDescription = set === undefined
        ? { TimeToLiveStatus: "DISABLED" }
        : { TimeToLiveStatus: "ENABLED", AttributeName: set };
      return { status: 200, body: { TimeToLiveDescription } };
    }
    if (set !== undefined) return validation("TimeToLive is already enabled");
    const { TimeToLiveSpecification } = data;
    this.#ttl.set(TableName, TimeToLiveSpecification.AttributeName);
    return { status: 200, body: { TimeToLiveSpecification } };
  }

  /** Writes of one item go one after the other, as they do in dynalite. */
  async #alone<T>(name: string, act: () => Promise<T>): Promise<T> {
    const mine = (this.#writes.get(name) ?? Promise.resolve()).then(act, act);
    this.#writes.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#writes.get(name) === mine) this.#writes.delete(name);
    }
  }

  async #item(TableName: string, Key: Body): Promise<Body | undefined> {
    return (await this.#dynalite("GetItem", { TableName, Key })).body["Item"];
  }

  /** The key attributes of a call, in the table's order. */
  async #keyOf({ TableName, Key, Item }: Body): Promise<Body> {
    if (Key !== undefined) return inOrder(Key);
    const { body } = await this.#dynalite("DescribeTable", { TableName });
    const names: string[] = (body.Table?.KeySchema ?? []).map((each: Body) => each.AttributeName);
    return inOrder(Object.fromEntries(names.map((name) => [name, Item[name]])));
  }

  async #nameOf(TableName: string, Key: Body): Promise<string> {
    return JSON.stringify([TableName, await this.#keyOf({ TableName, Key })]);
  }
}
