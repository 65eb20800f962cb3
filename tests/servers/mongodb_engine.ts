/**
 * What a MongoDB does with the commands of its driver, in memory: made after MongoDB's documentation, and not
 * MongoDB. What filters, updates and expressions mean is mingo's; what is not known here is refused.
 */
import { Query, updateOne } from "mingo";
import { type Document, Long, ObjectId } from "mongodb";
import { along, type Index, indexFor, type Row } from "./mongodb_scan.ts";

interface Collection {
  readonly rows: Map<number, Row>;
  readonly indexes: Index[];
  readonly collation: Document | undefined;
}

/** An error as a server answers it. */
export class Refusal extends Error {
  readonly code: number;
  readonly more: Document;

  constructor(code: number, message: string, more: Document = {}) {
    super(message);
    this.code = code;
    this.more = more;
  }
}

/** What any command may bring along: nothing here depends on it. */
const COMMON = [
  ...["$db", "lsid", "txnNumber", "$clusterTime", "$readPreference", "readConcern"],
  ...["writeConcern", "maxTimeMS", "comment"],
];
const BATCH = 101;
const SIMPLE = { locale: "simple" };

/** The collections of one server. */
export class MongodbEngine {
  readonly #collections = new Map<string, Collection>();
  readonly #cursors = new Map<number, AsyncIterator<Document>>();
  /** What writes were answered, by the session and the number that a driver sends again. */
  readonly #done = new Map<string, Document>();
  #places = 0;
  #cursorIds = 0;

  /** Answers a command. */
  async run(command: Document): Promise<Document> {
    const [name, target] = Object.entries(command)[0]!;
    const { lsid, txnNumber } = command;
    if (txnNumber === undefined) return await this.#run(name, target, command);
    const call = `${lsid?.id?.toString("hex")} ${txnNumber}`;
    const done = this.#done.get(call) ?? await this.#run(name, target, command);
    this.#done.set(call, done);
    return done;
  }

  async #run(name: string, target: unknown, command: Document): Promise<Document> {
    const place = `${command["$db"]}.${target}`;
    switch (name) {
      case "ping":
      case "endSessions":
        return {};
      case "create":
        known(command, ["create", "collation"]);
        this.#make(place, command["collation"]);
        return {};
      case "createIndexes":
        known(command, ["createIndexes", "indexes"]);
        return this.#createIndexes(this.#make(place), command["indexes"]);
      case "dropIndexes":
        known(command, ["dropIndexes", "index"]);
        return this.#dropIndex(this.#make(place), command["index"]);
      case "listIndexes": {
        known(command, ["listIndexes", "cursor"]);
        const found = this.#collections.get(place);
        if (found === undefined) throw new Refusal(26, `ns does not exist: ${place}`);
        return { cursor: { id: Long.ZERO, ns: place, firstBatch: found.indexes } };
      }
      case "find":
        known(command, [
          ...["find", "filter", "projection", "limit", "singleBatch", "batchSize"],
          ...["hint", "collation"],
        ]);
        return await this.#find(place, command);
      case "getMore": {
        known(command, ["getMore", "collection", "batchSize"]);
        const ns = `${command["$db"]}.${command["collection"]}`;
        return await this.#batch(ns, Number(target), "nextBatch", command["batchSize"] ?? Infinity);
      }
      case "killCursors":
        for (const id of command["cursors"]) this.#cursors.delete(Number(id));
        return { cursorsKilled: command["cursors"] };
      case "aggregate":
        known(command, ["aggregate", "pipeline", "cursor", "hint", "collation"]);
        return await this.#count(place, command);
      case "insert":
        known(command, ["insert", "documents", "ordered"]);
        return this.#write(command["documents"], (document) => this.#insert(place, document));
      case "update":
        known(command, ["update", "updates", "ordered"]);
        return this.#write(command["updates"], (update) => this.#update(place, update));
      case "delete":
        known(command, ["delete", "deletes", "ordered"]);
        return await this.#delete(place, command["deletes"]);
      case "findAndModify":
        known(command, [
          "findAndModify",
          "query",
          "update",
          "new",
          "remove",
          "upsert",
          "collation",
        ]);
        return this.#findAndModify(place, command);
    }
    throw new Refusal(59, `no such command: '${name}'`);
  }

  #make(place: string, collation?: Document): Collection {
    const there = this.#collections.get(place);
    if (there !== undefined) return there;
    const key: Index = { v: 2, key: { _id: 1 }, name: "_id_" };
    const made = { rows: new Map<number, Row>(), indexes: [key], collation };
    this.#collections.set(place, made);
    return made;
  }

  #createIndexes({ rows, indexes, collation: own }: Collection, wanted: Document[]): Document {
    // `background` has meant nothing since 4.2, and is what connect-mongo says.
    for (const { collation = own, background: _, ...index } of wanted) {
      known(index, [
        ...["key", "name", "unique", "sparse", "hidden", "expireAfterSeconds"],
        "partialFilterExpression",
      ]);
      const isSimple = collation === undefined || collation.locale === SIMPLE.locale;
      const made = { v: 2, ...index, ...isSimple ? {} : { collation } } as unknown as Index;
      const there = indexes.find(({ name }) => name === made.name);
      if (there !== undefined && JSON.stringify(there) === JSON.stringify(made)) continue;
      if (there !== undefined) throw new Refusal(86, `An index "${made.name}" has another shape`);
      const seen = new Map<number, Row>();
      for (const row of rows.values()) {
        refuseTwins(seen, [made], row.document, -1);
        seen.set(row.place, row);
      }
      indexes.push(made);
    }
    return {};
  }

  #dropIndex({ indexes }: Collection, name: string): Document {
    const at = indexes.findIndex((index) => index.name === name);
    if (at < 1) throw new Refusal(27, `index not found with name [${name}]`);
    indexes.splice(at, 1);
    return {};
  }

  /** Documents that a filter finds, one by one. */
  async *#found(place: string, command: Document, filter: Document): AsyncGenerator<Row> {
    const { rows, indexes, collation } = this.#collections.get(place) ?? this.#none;
    if (rows.size === 0) return;
    const matches = matcher(filter, command["collation"] ?? collation);
    for await (const row of along(rows, indexFor(indexes, filter, command["hint"]))) {
      if (matches(row.document)) yield row;
    }
  }

  readonly #none: Collection = { rows: new Map(), indexes: [], collation: undefined };

  /** The first that a filter finds, at once. */
  #first(place: string, filter: Document, given?: Document): Row | undefined {
    const { rows, collation } = this.#collections.get(place) ?? this.#none;
    const matches = matcher(filter, given ?? collation);
    return [...rows.values()].find(({ document }) => matches(document));
  }

  async #find(place: string, command: Document): Promise<Document> {
    const { filter = {}, projection = {}, limit = 0, batchSize = BATCH } = command;
    const found = this.#found(place, command, filter);
    async function* documents(): AsyncGenerator<Document> {
      let left = limit || Infinity;
      for await (const { document } of found) {
        yield projected(document, projection);
        if (--left === 0) return;
      }
    }
    const id = ++this.#cursorIds;
    this.#cursors.set(id, documents());
    return await this.#batch(place, id, "firstBatch", batchSize || Infinity);
  }

  async #batch(ns: string, id: number, name: string, size: number): Promise<Document> {
    const cursor = this.#cursors.get(id);
    if (cursor === undefined) throw new Refusal(43, `cursor id ${id} not found`);
    const batch: Document[] = [];
    let isOver = false;
    while (!isOver && batch.length < Math.min(size, BATCH)) {
      const next = await cursor.next();
      if (!next.done) batch.push(next.value);
      isOver = next.done === true;
    }
    if (isOver) this.#cursors.delete(id);
    return { cursor: { id: Long.fromNumber(isOver ? 0 : id), ns, [name]: batch } };
  }

  /** `countDocuments()` of the driver: nothing else aggregates. */
  async #count(place: string, command: Document): Promise<Document> {
    const [{ $match: filter }, { $group: group }, ...rest] = command["pipeline"];
    if (JSON.stringify([group, rest]) !== '[{"_id":1,"n":{"$sum":1}},[]]') {
      throw new Refusal(40324, "Unrecognized pipeline");
    }
    let n = 0;
    for await (const _ of this.#found(place, command, filter)) n++;
    return { cursor: { id: Long.ZERO, ns: place, firstBatch: n === 0 ? [] : [{ _id: 1, n }] } };
  }

  #insert(place: string, document: Document): Document {
    const { rows, indexes } = this.#make(place);
    const whole = { _id: document["_id"] ?? new ObjectId(), ...document };
    refuseTwins(rows, indexes, whole, -1);
    const row = { place: ++this.#places, document: whole };
    rows.set(row.place, row);
    return { n: 1 };
  }

  #update(place: string, update: Document): Document {
    known(update, ["q", "u", "upsert", "collation"]);
    const { q: filter, u: change, upsert = false, collation } = update;
    const row = this.#first(place, filter, collation);
    if (row !== undefined) {
      this.#change(place, row, change);
      return { n: 1, nModified: 1 };
    }
    if (!upsert) return { n: 0, nModified: 0 };
    // As the filter says, where it says what a field is.
    const said = Object.entries(filter).filter(([, value]) => typeof value === "string");
    const made = changed({ _id: new ObjectId(), ...Object.fromEntries(said) }, change);
    this.#insert(place, made);
    return { n: 1, nModified: 0, upserted: [{ index: 0, _id: made["_id"] }] };
  }

  #change(place: string, row: Row, change: Document): void {
    const { rows, indexes } = this.#collections.get(place)!;
    const after = changed(row.document, change);
    refuseTwins(rows, indexes, after, row.place);
    row.document = after;
  }

  async #delete(place: string, deletes: Document[]): Promise<Document> {
    let n = 0;
    for (const one of deletes) {
      known(one, ["q", "limit", "hint", "collation"]);
      const { q: filter, limit, collation } = one;
      const { rows } = this.#collections.get(place) ?? this.#none;
      if (limit === 1) {
        const row = this.#first(place, filter, collation);
        if (row !== undefined && rows.delete(row.place)) n++;
        continue;
      }
      for await (const row of this.#found(place, one, filter)) {
        if (rows.delete(row.place)) n++;
      }
    }
    return { n };
  }

  #findAndModify(place: string, command: Document): Document {
    const { query, update, new: isNew = false, remove = false, upsert = false } = command;
    if (!isNew || remove || upsert) throw new Refusal(9, "not known to this stand-in");
    const row = this.#first(place, query, command["collation"]);
    if (row === undefined) {
      return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
    }
    this.#change(place, row, update);
    return { lastErrorObject: { n: 1, updatedExisting: true }, value: row.document };
  }

  /** One write after the other; an error is the answer of its own. */
  #write(writes: Document[], act: (write: Document) => Document): Document {
    let [n, nModified] = [0, 0];
    const upserted: Document[] = [];
    for (const [index, write] of writes.entries()) {
      try {
        const answer = act(write);
        n += answer["n"];
        nModified += answer["nModified"] ?? 0;
        upserted.push(...answer["upserted"] ?? []);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { code, message, more } = error;
        return { n, nModified, writeErrors: [{ index, code, errmsg: message, ...more }] };
      }
    }
    return { n, nModified, ...upserted.length > 0 && { upserted } };
  }
}

/** What a change makes of a document, which keeps its `_id`. */
function changed(document: Document, change: Document | Document[]): Document {
  const isReplacement = !Array.isArray(change) && !Object.keys(change)[0]?.startsWith("$");
  if (isReplacement) return { _id: document["_id"], ...change };
  const documents = [{ ...document }];
  updateOne(documents, {}, withoutSameId(document, change) as never);
  return documents[0]!;
}

/** Where an update sets the `_id` that is there, as connect-mongo's does: mingo knows only that it may not change. */
function withoutSameId(document: Document, change: Document | Document[]): Document | Document[] {
  if (Array.isArray(change) || change["$set"]?._id !== document["_id"]) return change;
  const { _id, ...fields } = change["$set"];
  return { ...change, $set: fields };
}

/** Whether a document is what a filter means; mingo's comparisons know no collation. */
function matcher(filter: Document, collation: Document | undefined): (each: Document) => boolean {
  if (collation === undefined || collation["locale"] === SIMPLE.locale) {
    const query = new Query(filter as never, {});
    return (document) => query.test(document);
  }
  if (collation["strength"] !== 2) throw new Refusal(9, "not known to this stand-in");
  const query = new Query(lower(filter) as never, {});
  return (document) => query.test(lower(document));
}

/** The same with all texts in lower case. */
function lower<Value>(value: Value): Value {
  if (typeof value === "string") return value.toLowerCase() as Value;
  if (Object.getPrototypeOf(Object(value)) !== Object.prototype) return value;
  const entries = Object.entries(value as Document).map(([name, each]) => [name, lower(each)]);
  return Object.fromEntries(entries) as Value;
}

function projected(document: Document, projection: Document): Document {
  const fields = Object.entries(projection);
  if (fields.length === 0) return document;
  const { _id = 1, ...others } = projection;
  if (Object.values(others).some((value) => value !== 1)) throw new Refusal(2, "not known here");
  const kept = Object.keys(others).filter((field) => field in document);
  return {
    ..._id === 1 && { _id: document["_id"] },
    ...Object.fromEntries(kept.map((field) => [field, document[field]])),
  };
}

/** Refuses a document whose key another row has in a unique index. */
function refuseTwins(
  rows: ReadonlyMap<number, Row>,
  indexes: readonly Index[],
  document: Document,
  place: number,
): void {
  for (const { name, key, unique, sparse, collation } of indexes) {
    if (!unique && name !== "_id_") continue;
    const fields = Object.keys(key);
    if (sparse && !fields.some((field) => field in document)) continue;
    const keyIn = (each: Document) => {
      const text = JSON.stringify(fields.map((field) => each[field] ?? null));
      return collation?.strength <= 2 ? text.toLowerCase() : text;
    };
    for (const row of rows.values()) {
      if (row.place === place || keyIn(row.document) !== keyIn(document)) continue;
      const keyValue = Object.fromEntries(fields.map((field) => [field, document[field]]));
      throw new Refusal(
        11000,
        `E11000 duplicate key error index: ${name} dup key: ${JSON.stringify(keyValue)}`,
        { keyPattern: key, keyValue },
      );
    }
  }
}

function known(given: Document, names: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (names.includes(name) || COMMON.includes(name)) continue;
    throw new Refusal(40415, `field '${name}' is an unknown field`);
  }
}
