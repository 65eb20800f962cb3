/** The part of the SDK's client that the store uses, as shapes: a package cannot name its types. */

/** An attribute: a text, a number as text, or a boolean. The store writes no others. */
export interface DynamodbValue {
  /** A text. */
  readonly S?: string;
  /** A number, in decimal digits. */
  readonly N?: string;
  /** A boolean. */
  readonly BOOL?: boolean;
}

/** Attributes by name: an item, or the key of one. */
export type DynamodbItem = Record<string, DynamodbValue>;

/** What is known of a call that was made. */
export interface DynamodbMetadata {
  /** How often the client has sent it. */
  readonly attempts?: number | undefined;
}

/** What the answer of a write tells. */
export interface DynamodbWritten {
  /** The item, where it was asked for. */
  readonly Attributes?: DynamodbItem | undefined;
  /** What is known of the call. */
  readonly $metadata: DynamodbMetadata;
}

/** A page of a query or a scan. */
export interface DynamodbPage {
  /** The items that passed the filter. */
  readonly Items?: DynamodbItem[] | undefined;
  /** How many there are. */
  readonly Count?: number | undefined;
  /** Where the next page begins; none after the last. */
  readonly LastEvaluatedKey?: DynamodbItem | undefined;
}

/** What is known of a table. */
export interface DynamodbTable {
  /** `ACTIVE` when it can be used. */
  readonly TableStatus?: string | undefined;
  /** The attributes of its key. */
  readonly KeySchema?: readonly DynamodbKeyAttribute[] | undefined;
}

/** An attribute of a table's key. */
export interface DynamodbKeyAttribute {
  /** Its name. */
  readonly AttributeName?: string | undefined;
  /** `HASH` for the partition's, `RANGE` for the one that sorts. */
  readonly KeyType?: string | undefined;
}

/**
 * What the store needs of a client: the `DynamoDB` of `@aws-sdk/client-dynamodb`, which has a
 * method for each call.
 */
export interface DynamodbClient {
  /** Reads an item. */
  getItem(input: object): Promise<{ readonly Item?: DynamodbItem | undefined }>;
  /** Writes an item. */
  putItem(input: object): Promise<DynamodbWritten>;
  /** Changes attributes of an item. */
  updateItem(input: object): Promise<DynamodbWritten>;
  /** Removes an item. */
  deleteItem(input: object): Promise<DynamodbWritten>;
  /** Reads the items of a partition, a page at a time. */
  query(input: object): Promise<DynamodbPage>;
  /** Reads all items, a page at a time. */
  scan(input: object): Promise<DynamodbPage>;
  /** Reads up to 100 items. */
  batchGetItem(input: object): Promise<{
    readonly Responses?: Record<string, DynamodbItem[]> | undefined;
    readonly UnprocessedKeys?: Record<string, unknown> | undefined;
  }>;
  /** Removes up to 25 items. */
  batchWriteItem(input: object): Promise<{
    readonly UnprocessedItems?: Record<string, unknown> | undefined;
  }>;
  /** Does up to 100 changes, or none. */
  transactWriteItems(input: object): Promise<unknown>;
  /** Looks at a table. */
  describeTable(input: object): Promise<{ readonly Table?: DynamodbTable | undefined }>;
  /** Makes a table. */
  createTable(input: object): Promise<unknown>;
  /** Looks at what a table drops by itself. */
  describeTimeToLive(input: object): Promise<{
    readonly TimeToLiveDescription?: {
      readonly TimeToLiveStatus?: string | undefined;
      readonly AttributeName?: string | undefined;
    } | undefined;
  }>;
  /** Sets what a table drops by itself. */
  updateTimeToLive(input: object): Promise<unknown>;
}
