/**
 * What PlanetScale's driver asks over HTTP, in front of a private MariaDB: `Execute`, with a
 * session for whoever begins a transaction. This is not PlanetScale's service, and there is no
 * Vitess in it; it puts real HTTP, the coding of rows and the words of errors between the
 * driver and a database.
 */
import { createServer, type IncomingMessage } from "node:http";
import { createPool, type FieldPacket, type PoolConnection } from "mysql2/promise";
import { atIsolation } from "./mariadb.ts";

export interface PlanetscaleServer {
  readonly port: number;
  /** For the option `url` of the driver. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The names that Vitess has for MySQL's types; bytes are told from texts by their charset. */
const TYPES: Record<number, string> = {
  ...{ 1: "INT8", 2: "INT16", 3: "INT32", 5: "FLOAT64", 8: "INT64", 246: "DECIMAL" },
  ...{ 245: "JSON", 252: "TEXT", 253: "VARCHAR", 254: "CHAR" },
};

interface Asked {
  readonly query: string;
  readonly session: { readonly signature: string } | null;
}

/** Starts it on a MariaDB's address. */
export async function startPlanetscale(
  mariadb: string,
  level: "READ COMMITTED" | "REPEATABLE READ" = "REPEATABLE READ",
): Promise<PlanetscaleServer> {
  const pool = atIsolation(createPool({ uri: mariadb, connectionLimit: 16 }), level);
  /** Connections with an open transaction, by the signature of its session. */
  const begun = new Map<string, PoolConnection>();
  let serial = 0;

  async function execute({ query, session }: Asked): Promise<[status: number, body: unknown]> {
    const signature = session?.signature ?? `session-${++serial}`;
    const answer = (result: object) => {
      const vitessSession = { autocommit: true, inTransaction: begun.has(signature) };
      return [200, { session: { signature, vitessSession }, result, timing: 0.001 }] as [
        number,
        unknown,
      ];
    };
    try {
      if (query === "BEGIN") {
        const connection = await pool.getConnection();
        begun.set(signature, connection);
        await connection.beginTransaction();
        return answer({});
      }
      const connection = begun.get(signature);
      if (query === "COMMIT" || query === "ROLLBACK") {
        begun.delete(signature);
        await connection?.[query === "COMMIT" ? "commit" : "rollback"]();
        connection?.release();
        return answer({});
      }
      const [rows, fields] = await (connection ?? pool)
        .query({ sql: query, rowsAsArray: true, typeCast: false });
      return answer(
        Array.isArray(rows) ? coded(rows as (Buffer | null)[][], fields) : header(rows),
      );
    } catch (error) {
      return refusal(error as Refused, query);
    }
  }

  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const [status, answer] = request.url === "/psdb.v1alpha1.Database/Execute"
      ? await execute(JSON.parse(body) as Asked)
      : [404, { error: { code: "NOT_FOUND", message: "There is no such call" } }];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `http://a-user:a-password@127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await pool.end();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Rows as the protocol has them: lengths, and all values of a row one behind the other. */
function coded(rows: (Buffer | null)[][], fields: FieldPacket[]): object {
  return {
    fields: fields.map(({ name, columnType = 0, characterSet }) => ({
      ...{ name, charset: characterSet, type: TYPES[columnType] ?? "VARCHAR" },
    })),
    rows: rows.map((row) => ({
      lengths: row.map((value) => String(value?.length ?? -1)),
      values: Buffer.concat(row.filter((value) => value !== null)).toString("base64"),
    })),
  };
}

/** What a statement did; what is nothing is left out, as in every answer of Protocol Buffers. */
function header({ affectedRows, insertId }: { affectedRows?: number; insertId?: number }): object {
  return {
    ...affectedRows ? { rowsAffected: String(affectedRows) } : {},
    ...insertId ? { insertId: String(insertId) } : {},
  };
}

interface Refused {
  readonly errno?: number;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/** In Vitess's words, which quote the key, the statement and here also its values. */
function refusal({ errno, sqlState, sqlMessage }: Refused, query: string): [number, unknown] {
  if (sqlState === undefined) {
    const message = "target: test.-.primary: no healthy tablet available for 'test'";
    return [503, { error: { code: "UNAVAILABLE", message } }];
  }
  const message =
    `target: test.-.primary: vttablet: rpc error: code = Unknown desc = ${sqlMessage} ` +
    `(errno ${errno}) (sqlstate ${sqlState}) (CallerID: a-caller): Sql: "${query}", BindVars: {}`;
  return [400, { error: { code: "UNKNOWN", message } }];
}
