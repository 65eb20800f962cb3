/** What the client asks a worker for over HTTP, and what it is told. */
import type { Keep } from "../model/program.ts";

/** One act a request: a value is drawn by the client, so that it says which request wrote it. */
export type Act =
  | readonly ["look"]
  | readonly ["set", key: string, value: string]
  | readonly ["delete" | "take", key: string]
  /** Appends a token to a list, and notes it as the last. */
  | readonly ["update", token: string]
  /** A flash message is left, or all are read. */
  | readonly ["say", message: string]
  | readonly ["hear"]
  | readonly ["login", subject: string]
  | readonly ["logout"]
  | readonly ["regenerate", keep: Keep]
  | readonly ["revokeAll", subject: string];

/** What a handler found, and what came of the act. */
export interface Told {
  /** The session has been loaded, and the handler has run. */
  began: boolean;
  /** Of the session that was found; also one that is not stored yet may have an id. */
  id?: string | undefined;
  /** Its data when the request came. */
  values: Record<string, unknown>;
  subject?: string | undefined;
  /** What `update()` was handed, at its last try. */
  inside?: Record<string, unknown> | undefined;
  /** What was taken, or heard. */
  result?: unknown;
  error?: { code: string; message: string };
}

/** Where a worker's sessions are. */
export type Place =
  | { readonly kind: "redis"; readonly port: number }
  | {
    readonly kind: "cluster";
    readonly addresses: readonly { host: string; port: number }[];
    /** Where each address is reached. */
    readonly through: Readonly<Record<string, { host: string; port: number }>>;
  }
  | { readonly kind: "postgres"; readonly url: string; readonly isolation: string }
  | { readonly kind: "mariadb"; readonly url: string; readonly isolation: Isolation }
  | { readonly kind: "sqlite"; readonly file: string };

export type Isolation = "READ COMMITTED" | "REPEATABLE READ";

/** What is wrong with a worker, on purpose. */
export type Plant =
  /** It says that it is atomic, and writes over whatever is there. */
  | "reads, then writes"
  /** A write to a session that is gone makes it anew. */
  | "revives"
  /** It answers before the server has. */
  | "answers early"
  /** Of a subject's sessions one is forgotten. */
  | "forgets one"
  /** What failed is said to have gone well. */
  | "hides failures";

export interface Plan {
  readonly place: Place;
  /** Ours on both its entries, or express-session with the store that belongs to it. */
  readonly who: "websession" | "express-session";
  readonly plant?: Plant;
  /** How long a store may take. */
  readonly ioTimeout: number;
  /** Ids are replaced when they are a minute old: since then ten seconds pass in each. */
  readonly fastSince?: number;
}

export const NAME = "sid";
export const SECRET = "a secret of more than thirty-two bytes";
export const SUBJECTS = ["ann", "bob", "cid"] as const;
export const LIFE = 24 * 60 * 60 * 1000;
