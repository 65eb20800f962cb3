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
  const mistake = mistakeIn(url, kind);
  if (mistake !== undefined) throw badUsage(mistake);
  if (kind === "redis") return { kind, url, prefix: place === "" ? "sess:" : place };
  return { kind, url, ...tableIn(place, kind === "postgres") };
}

/** What is wrong with the URL of a server; it is not repeated, as it may hold a password. */
function mistakeIn(url: string, kind: string): string | undefined {
  const whole = `as in ${kind}://localhost/…`;
  if (!URL.canParse(url)) {
    const server = /^[a-z]+:\/\/([^/?#]*)/.exec(url)?.[1]?.replace(/^.*@/, "") ?? "";
    const port = /^(?:\[.*\]|[^:]*):(.*)$/.exec(server)?.[1] ?? "";
    const isPort = /^\d*$/.test(port) && Number(port) <= 65_535;
    if (!isPort) return "The port in the URL of the store is no number from 0 to 65535";
    if (server === "" || server.startsWith(":")) {
      return `The URL of the store has no host, ${whole}`;
    }
    return `The URL of the store cannot be read, ${whole}; in a password / is written %2F, @ %40, # %23`;
  }
  const { hostname, username, password, pathname } = new URL(url);
  if (hostname === "") return `The URL of the store has no host, ${whole}`;
  if ([username, password, pathname].every(isDecodable)) return undefined;
  return "The URL of the store has a % that begins no character: a % itself is written %25";
}

/** Whether each % of a part of a URL begins a character. */
export function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
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
