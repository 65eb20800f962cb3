/** What is wrong with the settings of a Postgres server that keeps sessions. */
import { type Complaint, complaints, error, warning } from "./finding.ts";

/** Everything that is, by the settings that a new connection has. */
export function postgresComplaints(settings: Readonly<Record<string, string>>): Complaint[] {
  const isolation = settings.default_transaction_isolation ?? "read committed";
  return complaints(
    [
      isolation === "serializable" || isolation === "repeatable read",
      warning(
        "isolation",
        `default_transaction_isolation is ${isolation}: under load statements are refused and have ` +
          "to be repeated. Each change is one statement that compares; it needs no such level",
        "ALTER ROLE … SET default_transaction_isolation = 'read committed'",
      ),
    ],
    [
      settings.fsync === "off",
      error("not-flushed", "fsync is off: a power cut ruins the database", "fsync = on"),
    ],
    [
      settings.synchronous_commit === "off",
      warning(
        "not-flushed",
        "synchronous_commit is off: after a crash the last logouts have not happened",
        "ALTER ROLE … SET synchronous_commit = on",
      ),
    ],
    [
      settings.persistence === "u",
      warning(
        "unlogged",
        "The table is UNLOGGED: a crash of the server empties it, and ends every session",
        "ALTER TABLE … SET LOGGED",
      ),
    ],
    [
      settings.in_recovery === "true" || settings.default_transaction_read_only === "on",
      error("replica", "This server takes no writes", "The URL of the primary"),
    ],
  );
}
