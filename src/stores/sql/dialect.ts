/** What the SQL stores ask of a database: its dialect, a way to run a statement. */
import type { MaybePromise, Version } from "../../store.ts";
import type { BatchSizes } from "./batches.ts";

/** A name that stands in braces in a statement of the core. */
export type Parameter =
  | "sid"
  | "to"
  | "json"
  | "expire"
  | "endless"
  | "version"
  | "subject"
  | "mark"
  | "base"
  | "now"
  | "after"
  | "at"
  | "own"
  | "except";

/** What a parameter may be: every client binds these alike. */
export type Scalar = string | number | null;

/** Values by the names that stand in the statements. */
export type Values = { readonly [name in Parameter]?: Scalar };

/** A statement ready to run: its text, and whose value goes where. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly Parameter[];
  /** Whether it answers with rows; the others answer how many they changed. */
  readonly rows: boolean;
  /** Whether it is rarely run, so that no connection need remember it. */
  readonly once?: boolean;
}

/** A row as the core's statements name its columns. */
export interface Row {
  readonly sid?: unknown;
  readonly json?: unknown;
  readonly mark?: unknown;
  readonly expire?: unknown;
  readonly endless?: unknown;
  readonly live?: unknown;
  /** The number of a row; see `Dialect.rowId`. */
  readonly at?: unknown;
  /** Of what `Dialect.look()` asks. */
  readonly kind?: unknown;
  readonly name?: unknown;
  readonly type?: unknown;
  readonly note?: unknown;
}

/** What a statement did. */
export interface Result {
  readonly rows: readonly Row[];
  /** How many rows it changed. */
  readonly affected: number;
}

/** Runs a statement on somebody's client. */
export type Driver = (statement: Statement, values: Scalar[]) => MaybePromise<Result>;

/** Where the sessions are: names, validated. */
export interface Place {
  readonly table: string;
  readonly schema?: string | undefined;
}

/** A column that was looked at. */
export interface FoundColumn {
  /** Its type as the database spells it, with whatever else decides how it compares or is written. */
  readonly type: string;
  readonly takesNull: boolean;
  /** Whether an insert has to name it. */
  readonly isRequired: boolean;
}

/** A table that was looked at. */
export interface FoundTable {
  /** What it is, such as "table" or "view"; nothing if there is nothing of that name. */
  readonly kind: string | undefined;
  /** What made it, where the database keeps that. */
  readonly definition: string;
  /** Its columns; none if there is no table. */
  readonly columns: ReadonlyMap<string, FoundColumn>;
  /** The columns that an index begins with. */
  readonly indexes: ReadonlySet<string>;
  /** The columns of which each is a key: unique alone, in full and in every row. */
  readonly keys: ReadonlySet<string>;
  /** What each unique index is over: names of columns, and texts of what is made of columns. */
  readonly uniques: readonly (readonly string[])[];
}

/** What a column of the store's has to be, if it is there. */
export interface Need {
  /** In words. */
  readonly needed: string;
  /** Whether a type will do. */
  fits(type: string): boolean;
}

/** What tells of sessions that end or move, as a further column of the rows that are returned. */
export interface Telling {
  readonly gone: string;
  readonly moved: string;
  readonly subject: string;
}

/** How one kind of database differs from the others. */
export interface Dialect {
  /** The longest name of a table that keeps the names of its indexes short enough. */
  readonly longestName: number;
  /** Puts a validated name in quotes. */
  quote(name: string): string;
  /** The nth parameter (from 1), with the cast it needs. */
  parameter(name: Parameter, index: number): string;
  /** Whether one parameter may stand at several places of a text. */
  readonly numbered: boolean;
  /** What to select of a session: `json`, `mark` (our version), `expire`, `endless`. */
  readonly columns: string;
  /** The id, as text. */
  readonly id: string;
  /** The condition that a row is still the one that `{mark}` and `{base}` tell. */
  readonly unchanged: string;
  /** The version of the contract for our version in a row and the row's text. */
  versionOf(mark: number | null, json: string): Version;
  /** What `versionOf()` was given; of what it never made, values that match no row. */
  expected(version: Version): { readonly mark: number | null; readonly base: string | null };
  /** Milliseconds since the epoch as the statements take them. */
  toTime(ms: number): number;
  /** The column `expire` as milliseconds since the epoch. */
  fromTime(value: unknown): number;
  /** Whether `json` may hold text that is no JSON. */
  readonly looseText: boolean;
  /** Whether `INSERT … ON CONFLICT` can be had. */
  readonly upsert: boolean;
  /**
   * The condition that a row's text begins with `{own}`; left out where `UPDATE … RETURNING`
   * cannot be had.
   */
  readonly begins?: string;
  /** Whether an update counts the rows it found; otherwise perhaps only those it changed. */
  readonly countsMatches: boolean;
  /** Appended to a statement whose changed rows are to be counted. */
  readonly counted: string;
  /** Appended behind that where others are told of what the statement did; left out: nobody is. */
  readonly telling?: Telling;
  /** How many rows one statement touches at most, unless the driver knows better. */
  readonly sizes: BatchSizes;
  /** Drops some expired rows. */
  sweep(table: string, limit: number): string;
  /**
   * Drops some rows of `{subject}` except `{except}`. Where it can say of each whether it was
   * live at `{now}`, expired ones as well, so that the next statement need not look at them again.
   */
  dropSome(table: string, limit: number): string;
  /**
   * Answers the keys of `{subject}`, many to a row: to a client a row costs as much as many keys.
   * Left out where rows are read a page at a time.
   */
  listJoined?(table: string): string;
  /** The keys in such a row. */
  keysIn(value: unknown): readonly string[];
  /** Whether `dropSome` says so. */
  readonly dropsExpired: boolean;
  /** Drops some rows, whichever. */
  clearSome?(table: string, limit: number): string;
  /**
   * Instead: drops some rows behind `{after}` and answers the `sid` of the last, NULL if there was
   * none; all that are left then go at once. Where dropped rows stay until somebody tidies up, the
   * search for some, whichever, would pass over them again each time.
   */
  clearPage?(table: string, limit: number): string;
  /**
   * The number of a row, which stays the same when its id does not; left out where a long
   * statement keeps nobody waiting but whoever asked.
   */
  readonly rowId?: string;
  /**
   * The statement that answers what is there of a table: rows of `kind` "table" (`name` is what it
   * is, `type` what made it), "column" (`note` "required", or "filled" if it takes no NULL and
   * somebody else sees to it), and "index" (`name` is the column it begins with, `note` "key" if
   * that is unique by it alone, `type` what it is over if it is unique, with " and " between).
   */
  look(place: Place, table: string): string;
  /** What columns have to be where not every type will do. */
  readonly needs: { readonly [column: string]: Need };
  /** What is wrong with a table as a whole, by what made it. */
  flawIn?(definition: string): string | undefined;
  /** What the statement that made a table says of a column, beside its type. */
  typeIn?(definition: string, column: string): string;
  /** The statements that make the table, or add to the one that was found what it lacks. */
  schema(place: Place, found?: FoundTable): string[];
  /** Whether one statement has all others of the file wait, over however few rows it goes. */
  readonly locksAll?: boolean;
  /** Whether the database undid the statement, or is busy, and is to be asked again. */
  isTransient(error: unknown): boolean;
  /** Whether the error may say that there is no such table or column, or that it does not fit. */
  isMissing(error: unknown): boolean;
  /** What is wrong with the place of a table, in words, if a statement that makes it failed by that. */
  misplaced(error: unknown, place: Place, found: FoundTable | undefined): string | undefined;
  /** Whether the error says that this user has not the right. */
  isForbidden(error: unknown): boolean;
  /** Whether the error says that an id is taken. */
  isDuplicate(error: unknown): boolean;
}

/** A table that is not there. */
export const NOTHING: FoundTable = {
  kind: undefined,
  definition: "",
  columns: new Map(),
  indexes: new Set(),
  keys: new Set(),
  uniques: [],
};

/** The stable word of a driver's error, wherever that driver puts it. */
export function codeOf(error: unknown): string {
  const { code, errno } = Object(error) as { code?: unknown; errno?: unknown };
  return String(code ?? errno ?? "");
}
