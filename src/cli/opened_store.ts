/** What an open store is to the commands: its verbs, its database, and its end. */
import type { IterableStore, SubjectStore, SweepableStore } from "../store.ts";
import type { SqlDatabase } from "./stores/sql_database.ts";

/** What every store that the tool opens can do. */
export type ToolStore = IterableStore & SubjectStore & Partial<Pick<SweepableStore, "sweep">>;

/** What is common to all. */
interface Opened {
  /** For people: without user and password. */
  readonly name: string;
  readonly store: ToolStore;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** A Redis server. */
export interface OpenRedis extends Opened {
  readonly kind: "redis";
  /** Sends one command. */
  command(...words: string[]): Promise<unknown>;
}

/** A table. */
export interface OpenSql extends Opened {
  readonly kind: "postgres" | "mysql" | "sqlite";
  readonly database: SqlDatabase;
}

/** A store with its connection. */
export type OpenStore = OpenRedis | OpenSql;

/**
 * What is to be done to it: a SQLite file is opened for reading alone, or made where it is
 * missing, by this.
 */
export type Access = "read" | "write" | "create";
