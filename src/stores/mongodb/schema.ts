/** The indexes: what there is of them, and how they are made. */
import { SessionError } from "../../errors.ts";
import type { MongodbCollection, MongodbIndex } from "./client.ts";

/**
 * A document stays this many seconds longer than its session lives, so that a server whose clock is
 * ahead drops no live one.
 */
const GRACE = 60;
/** There is no such collection. */
const NAMESPACE_NOT_FOUND = 26;
/** Documents have the key already that an index would make the only one. */
const DUPLICATE_KEY = 11_000;

/** An index that the store needs. */
interface Wanted {
  readonly key: Readonly<Record<string, 1>>;
  readonly options: object;
  readonly fits: (index: MongodbIndex) => boolean;
  /** What it is for, where one of another shape stands in its place. */
  readonly need: string;
}

const WANTED: readonly Wanted[] = [
  {
    key: { sid: 1 },
    options: { unique: true },
    fits: ({ unique, sparse }) => unique === true && !sparse,
    need: "unique, and of every document",
  },
  {
    key: { subject: 1 },
    options: { sparse: true },
    fits: ({ unique }) => !unique,
    need: "not unique",
  },
  {
    key: { expires: 1 },
    options: { expireAfterSeconds: GRACE },
    fits: ({ unique, expireAfterSeconds = 0 }) => !unique && expireAfterSeconds >= GRACE,
    need:
      `one that drops documents, ${GRACE} seconds after that date or later (expireAfterSeconds)`,
  },
];

/** Makes the indexes that are missing: on a complete collection it only looks. */
export async function createSchema(collection: MongodbCollection): Promise<void> {
  const there = await look(collection);
  refuseOthers(collection, there);
  for (const { key, options } of missing(there)) {
    try {
      // A collection may have been made with another way to compare texts.
      await collection.createIndex(key, { ...options, collation: { locale: "simple" } });
    } catch (error) {
      if ((Object(error) as { code?: unknown }).code !== DUPLICATE_KEY) throw error;
      // Its own text names what the documents hold.
      throw failure(`${nameOf(collection)} holds documents that are not sessions of this store`);
    }
  }
}

/** Rejects where an index is missing or of another shape. */
export async function checkSchema(collection: MongodbCollection): Promise<void> {
  const there = await look(collection);
  refuseOthers(collection, there);
  const [first] = missing(there);
  if (first === undefined) return;
  throw failure(
    `${nameOf(collection)} has no index on "${fieldOf(first)}": run createSchema()`,
  );
}

async function look(collection: MongodbCollection): Promise<readonly MongodbIndex[]> {
  try {
    return await collection.indexes();
  } catch (error) {
    if ((Object(error) as { code?: unknown }).code === NAMESPACE_NOT_FOUND) return [];
    throw error;
  }
}

function missing(there: readonly MongodbIndex[]): readonly Wanted[] {
  return WANTED.filter(({ key }) => !there.some((index) => keyOf(index) === textOf(key)));
}

function refuseOthers(collection: MongodbCollection, there: readonly MongodbIndex[]): void {
  for (const index of there) {
    const wanted = WANTED.find(({ key }) => keyOf(index) === textOf(key));
    const what = wanted === undefined ? harmOf(index) : misfitOf(index, wanted);
    if (what === undefined) continue;
    throw failure(
      `The index "${index.name}" of ${
        nameOf(collection)
      } ${what}; drop it and run createSchema(), ` +
        "or give the store a collection of its own",
    );
  }
}

function misfitOf(index: MongodbIndex, wanted: Wanted): string | undefined {
  const { hidden, partialFilterExpression: partial, collation } = index;
  if (hidden) return "is hidden";
  if (partial !== undefined) return "is of some documents alone";
  if (!isExact(collation)) return "does not compare texts byte by byte";
  return wanted.fits(index) ? undefined : `must be ${wanted.need}`;
}

/** What an index of somebody else's does to sessions. */
function harmOf(index: MongodbIndex): string | undefined {
  const fields = Object.keys(Object(index.key));
  const { unique, sparse, partialFilterExpression: partial, expireAfterSeconds } = index;
  const isOfAll = !sparse && partial === undefined;
  if (unique && isOfAll && !fields.includes("_id") && !fields.includes("sid")) {
    return "is unique over other fields, so that a second session would be refused";
  }
  if (expireAfterSeconds !== undefined && expireAfterSeconds < GRACE && fields[0] === "expires") {
    return "drops sessions that may live";
  }
  return undefined;
}

function isExact(collation: unknown): boolean {
  return collation === undefined || (collation as { locale?: unknown }).locale === "simple";
}

function keyOf({ key }: MongodbIndex): string {
  return textOf(Object(key));
}

function textOf(key: object): string {
  const entries = key instanceof Map ? [...key] : Object.entries(key);
  return entries.map(([field, order]) => `${field} ${order}`).join();
}

function fieldOf({ key }: Wanted): string {
  return Object.keys(key)[0]!;
}

function nameOf({ namespace }: MongodbCollection): string {
  return namespace === undefined ? "The collection" : `The collection "${namespace}"`;
}

function failure(what: string): SessionError {
  return new SessionError("STORE_FAILED", what);
}
