/** The name of a store on the command line: a URL, with the place in it behind `#`. */
import { badUsage } from "./failure.ts";

/** A Redis or Valkey server, and what its sessions' keys begin with. */
export interface RedisAddress {
  readonly kind: "redis";
  readonly url: string;
  readonly prefix: string;
}

/** A database with a server, and the table in it. */
export interface ServerAddress {
  readonly kind: "postgres" | "mysql";
  readonly url: string;
  readonly table: string;
  readonly schema?: string | undefined;
}

/** A SQLite file, and the table in it. */
export interface FileAddress {
  readonly kind: "sqlite";
  readonly file: string;
  readonly table: string;
}

/** Where sessions are. */
export type StoreAddress = RedisAddress | ServerAddress | FileAddress;

const KINDS: Readonly<Record<string, StoreAddress["kind"]>> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
  "mysql:": "mysql",
  "mariadb:": "mysql",
  "sqlite:": "sqlite",
};

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,50}$/;

/**
 * Reads the name of a store. Nothing is opened.
 *
 * @throws {Failure} If it names none; the URL is not repeated, as it may hold a password.
 */
export function parseStore(text: string): StoreAddress {
  const kind = KINDS[/^[a-z]+:/.exec(text)?.[0] ?? ""];
  if (kind === undefined) {
    throw badUsage(
      "A store is named by a URL that begins with redis:, postgres:, mysql: or sqlite:",
    );
  }
  const hash = text.lastIndexOf("#");
  const [url, place] = hash < 0 ? [text, ""] : [text.slice(0, hash), text.slice(hash + 1)];
  if (kind === "sqlite") {
    const file = url.slice("sqlite:".length).replace(/^\/\/(?=\/|$)/, "");
    if (file === "" || file === ":memory:" || file.startsWith("//")) {
      throw badUsage("sqlite: is followed by the path of a file, as in sqlite:data/sessions.db");
    }
    return { kind, file, ...tableIn(place, false) };
  }
  if (!URL.canParse(url) || new URL(url).hostname === "") {
    throw badUsage(`The URL of the store has no host, as in ${kind}://localhost/…`);
  }
  if (kind === "redis") return { kind, url, prefix: place === "" ? "sess:" : place };
  return { kind, url, ...tableIn(place, kind === "postgres") };
}

/** The name of a store for people: without user, password and query. */
export function nameOf(address: StoreAddress): string {
  if (address.kind === "sqlite") return `sqlite:${address.file}#${address.table}`;
  const { protocol, host, pathname } = new URL(address.url);
  const place = address.kind === "redis" ? address.prefix : tableOf(address);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}#${place}`;
}

/** The table as people write it, with its schema. */
export function tableOf({ table, schema }: { table: string; schema?: string | undefined }): string {
  return schema === undefined ? table : `${schema}.${table}`;
}

function tableIn(place: string, maySchema: boolean): { table: string; schema?: string } {
  if (place === "") return { table: "session" };
  const parts = place.split(".");
  if (parts.length > (maySchema ? 2 : 1) || !parts.every((part) => NAME.test(part))) {
    throw badUsage(
      "What follows # is the name of a table: letters, digits and _, at most 51 of them" +
        (maySchema ? ", behind the name of its schema and a dot where it has one" : ""),
    );
  }
  const [first, second] = parts as [string, string?];
  return second === undefined ? { table: first } : { schema: first, table: second };
}
