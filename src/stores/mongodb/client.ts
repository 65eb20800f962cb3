/** The part of the driver's collection that the store uses, as shapes: a package cannot name its types. */

/** What the answer of an update or a replacement tells. */
export interface MongodbUpdated {
  /** Whether the server was asked to answer. */
  readonly acknowledged: boolean;
  /** How many documents the filter found. */
  readonly matchedCount: number;
  /** How many were made, as it found none. */
  readonly upsertedCount: number;
}

/** What the answer of a removal tells. */
export interface MongodbDeleted {
  /** Whether the server was asked to answer. */
  readonly acknowledged: boolean;
  /** How many documents were removed. */
  readonly deletedCount: number;
}

/** An index as the server describes it. */
export interface MongodbIndex {
  /** Its name. */
  readonly name?: string | undefined;
  /** The fields of its key, in their order: 1, -1, or the name of another kind. */
  readonly key?: unknown;
  /** Whether two documents may not have one key. */
  readonly unique?: boolean | undefined;
  /** Whether documents without its fields are left out. */
  readonly sparse?: boolean | undefined;
  /** Whether queries may not use it. */
  readonly hidden?: boolean | undefined;
  /** How many seconds after the date in its field a document is dropped. */
  readonly expireAfterSeconds?: number | undefined;
  /** Which documents are in it, where not all are. */
  readonly partialFilterExpression?: unknown;
  /** How texts are compared, where that is not byte by byte. */
  readonly collation?: unknown;
}

/**
 * What the store needs of a collection: a `Collection` of the package `mongodb`, of version 5.9 or
 * later. What mongoose's `connection.collection()` answers is one, too.
 */
export interface MongodbCollection {
  /** The database and the name. */
  readonly namespace?: string;
  /** Which member of a replica set is read from. */
  readonly readPreference?: { readonly mode: string } | undefined;
  /** How many members have a write when it is acknowledged. */
  readonly writeConcern?: { readonly w?: unknown } | undefined;
  /** Reads a document. */
  // deno-lint-ignore no-explicit-any -- filters and documents are of the application's own type
  findOne(filter: any, options: object): Promise<unknown>;
  /** Reads documents, some at a time. */
  // deno-lint-ignore no-explicit-any -- as above
  find(filter: any, options: object): AsyncIterable<unknown>;
  /** Replaces a document. The answer is a {@linkcode MongodbUpdated}, which older drivers do not promise. */
  // deno-lint-ignore no-explicit-any -- as above
  replaceOne(filter: any, replacement: any, options: object): Promise<object>;
  /** Changes fields of a document. */
  // deno-lint-ignore no-explicit-any -- as above
  updateOne(filter: any, update: any, options: object): Promise<MongodbUpdated>;
  /** Changes fields of a document, and reads it. */
  // deno-lint-ignore no-explicit-any -- as above
  findOneAndUpdate(filter: any, update: any, options: object): Promise<unknown>;
  /** Removes a document. */
  // deno-lint-ignore no-explicit-any -- as above
  deleteOne(filter: any, options: object): Promise<MongodbDeleted>;
  /** Removes documents. */
  // deno-lint-ignore no-explicit-any -- as above
  deleteMany(filter: any, options: object): Promise<MongodbDeleted>;
  /** Counts documents. */
  // deno-lint-ignore no-explicit-any -- as above
  countDocuments(filter: any, options: object): Promise<number>;
  /** Describes the indexes. */
  indexes(): Promise<readonly MongodbIndex[]>;
  /** Makes an index. */
  // deno-lint-ignore no-explicit-any -- the driver's type of a key
  createIndex(key: any, options: object): Promise<unknown>;
}
