/** Runs statements by PlanetScale's driver, which asks over HTTP. */
import type { Driver, Row } from "../sql/dialect.ts";

/** What the store uses of the `Client`, or of what `connect()` makes, of @planetscale/database. */
export interface PlanetscaleClient {
  /** Runs one statement; the answer holds the rows and how many were changed. */
  execute(
    text: string,
    values: (string | number | null)[],
    options: { cast(field: unknown, value: string | null): unknown },
  ): Promise<{ rows: unknown[]; rowsAffected: number | null }>;
  /** Runs statements together; the store, whose changes are one each, only looks whether it is there. */
  transaction(...args: never[]): Promise<unknown>;
}

/** Makes the driver of a client. */
export function planetscaleDriver(client: PlanetscaleClient): Driver {
  return async ({ text }, values) => {
    const answer: unknown = await client.execute(text, values, { cast }).catch((error) => {
      throw named(error);
    });
    const { rows, rowsAffected } = Object(answer) as { rows?: unknown; rowsAffected?: unknown };
    const affected = rowsAffected ?? 0;
    if (!Array.isArray(rows) || typeof affected !== "number") {
      throw new TypeError(
        'Option "client" must answer as PlanetScale\'s does: { rows, rowsAffected }',
      );
    }
    return { rows: rows as Row[], affected };
  };
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Every value as text, whatever the application has its own made of: one character a byte. */
function cast(_field: unknown, value: string | null): string | null {
  if (value === null || value === undefined) return null;
  return utf8.decode(Uint8Array.from(value, (byte) => byte.charCodeAt(0)));
}

/** What Vitess writes behind MySQL's words, which is all that tells one error from another. */
const NUMBERS = /\(errno (\d+)\)(?: \(sqlstate (\w+)\))?/;
/** Where it knows by itself that there is no such table, MySQL gives no number. */
const NO_TABLE = /\bVT0500[45]\b/;
/** Where it begins to quote keys, the statement and its values. */
const QUOTED = /["'`{\n]/;

/** The error of a statement, with MySQL's number and without what it was about. */
function named(error: unknown): unknown {
  const { message, status, body } = Object(error) as Record<string, unknown>;
  // Others are those of `fetch`.
  if (typeof message !== "string" || typeof body !== "object") return error;
  const [, errno = NO_TABLE.test(message) ? "1146" : undefined, sqlState] = NUMBERS.exec(message) ??
    [];
  const { code } = Object(body) as { code?: unknown };
  const [words = ""] = message.split(QUOTED, 1);
  return Object.assign(new Error(words), {
    ...{ name: "DatabaseError", status, code: errno === undefined ? code : Number(errno) },
    ...errno !== undefined && { errno: Number(errno) },
    ...sqlState !== undefined && { sqlState },
  });
}
