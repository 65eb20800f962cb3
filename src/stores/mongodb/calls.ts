/** The calls that the store makes, and what they have in common. */
import { SessionError } from "../../errors.ts";
import type { MongodbCollection, MongodbDeleted, MongodbUpdated } from "./client.ts";
import type { Filter, SessionDocument } from "./document.ts";

/** Texts are compared byte by byte, whatever the collection was made with. */
const EXACT = { collation: { locale: "simple" } };
/** A secondary lags behind: what was ended would live on there. */
const NEWEST = { ...EXACT, readPreference: "primary" };
/** A key that another document has already. */
const DUPLICATE_KEY = 11_000;

/** How a query goes through the collection. */
export interface Way {
  /** The index that it goes along. */
  readonly hint?: object;
  readonly limit?: number;
  /** How many come in one answer, which is turned into objects in one go. */
  readonly batchSize?: number;
  readonly projection?: object;
}

/** The sessions in a collection, a call for each method. */
export class Calls {
  readonly #collection: MongodbCollection;

  constructor(collection: MongodbCollection) {
    this.#collection = collection;
  }

  async findOne(filter: Filter, way: Way = {}): Promise<SessionDocument | undefined> {
    const found = await this.#collection.findOne(filter, { ...NEWEST, ...way });
    return found === null ? undefined : toSessionDocument(found);
  }

  async *find(filter: Filter, way: Way): AsyncGenerator<SessionDocument> {
    for await (const found of this.#collection.find(filter, { ...NEWEST, ...way })) {
      yield toSessionDocument(found);
    }
  }

  async count(filter: Filter): Promise<number> {
    return await this.#collection.countDocuments(filter, NEWEST);
  }

  /** Replaces what the filter finds; `taken`: another document has the new key already. */
  async replace(
    filter: Filter,
    document: SessionDocument,
    { upsert = false } = {},
  ): Promise<"done" | "missed" | "taken"> {
    try {
      const answer = await this.#collection.replaceOne(filter, document, { ...EXACT, upsert });
      const { matchedCount, upsertedCount } = acknowledged(answer as MongodbUpdated);
      return matchedCount + upsertedCount > 0 ? "done" : "missed";
    } catch (error) {
      if (isTaken(error)) return "taken";
      throw error;
    }
  }

  async update(filter: Filter, update: object): Promise<boolean> {
    return acknowledged(await this.#collection.updateOne(filter, update, EXACT)).matchedCount > 0;
  }

  /** Changes what the filter finds, and says what it is then. */
  async updated(filter: Filter, update: object): Promise<SessionDocument | undefined> {
    const options = { ...EXACT, returnDocument: "after", includeResultMetadata: false };
    const found = await this.#collection.findOneAndUpdate(filter, update, options);
    return found === null ? undefined : toSessionDocument(found);
  }

  async remove(filter: Filter): Promise<boolean> {
    return acknowledged(await this.#collection.deleteOne(filter, EXACT)).deletedCount > 0;
  }

  async removeMany(filter: Filter, hint: object): Promise<number> {
    const answer = await this.#collection.deleteMany(filter, { ...EXACT, hint });
    return acknowledged(answer).deletedCount;
  }
}

/** What only a server that answers can tell. */
function acknowledged<Answer extends MongodbUpdated | MongodbDeleted>(answer: Answer): Answer {
  if (answer.acknowledged) return answer;
  throw new SessionError("STORE_FAILED", "The collection does not have its writes acknowledged");
}

/** Every answer has a sid: without one nobody knows what it is. */
function toSessionDocument(found: unknown): SessionDocument {
  if (typeof (Object(found) as SessionDocument).sid === "string") return found as SessionDocument;
  throw new SessionError("STORE_FAILED", "The collection answers in another shape than documents");
}

/** Whether a write failed as the id of its session is in use; other keys are not the store's. */
function isTaken(error: unknown): boolean {
  const { code, keyPattern } = Object(error) as { code?: unknown; keyPattern?: object };
  return code === DUPLICATE_KEY && (keyPattern === undefined || "sid" in keyPattern);
}
