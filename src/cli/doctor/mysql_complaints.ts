/** What is wrong with the settings of a MySQL or MariaDB server that keeps sessions. */
import { type Complaint, complaints, error, warning } from "./finding.ts";

/** A statement that MySQL and MariaDB have alike, in every version; their variables differ in name. */
const READ_COMMITTED = "SET GLOBAL TRANSACTION ISOLATION LEVEL READ COMMITTED";

/** Everything that is, by the settings that a new connection has. */
export function mysqlComplaints(settings: Readonly<Record<string, string>>): Complaint[] {
  // The older name first: MariaDB had no other until 11.1.
  const isolation = settings.tx_isolation ?? settings.transaction_isolation ?? "REPEATABLE-READ";
  return complaints(
    [
      isolation === "READ-UNCOMMITTED",
      error(
        "isolation",
        "The isolation level is READ UNCOMMITTED: a session is read as somebody is about to make it",
        READ_COMMITTED,
      ),
    ],
    [
      isolation === "SERIALIZABLE",
      warning(
        "isolation",
        "The isolation level is SERIALIZABLE: readers lock writers out, and under load some are " +
          "refused. Each change is one statement that compares; it needs no such level",
        READ_COMMITTED,
      ),
    ],
    [
      (settings.innodb_flush_log_at_trx_commit ?? "1") !== "1",
      warning(
        "not-flushed",
        `innodb_flush_log_at_trx_commit is ${settings.innodb_flush_log_at_trx_commit}: after a ` +
          "crash the last logouts have not happened",
        "innodb_flush_log_at_trx_commit = 1",
      ),
    ],
    [
      !/STRICT_(TRANS|ALL)_TABLES|TRADITIONAL/.test(settings.sql_mode ?? "STRICT_ALL_TABLES"),
      error(
        "not-strict",
        "sql_mode is not strict: what is too long for a column is cut, and said to be stored",
        "sql_mode with STRICT_TRANS_TABLES",
      ),
    ],
    [
      settings.engine !== undefined && !/^innodb$/i.test(settings.engine),
      error(
        "engine",
        `The table's engine is ${settings.engine}: each write locks all of it, and a crash may ruin it`,
        "ALTER TABLE … ENGINE = InnoDB",
      ),
    ],
    [
      settings.read_only === "ON" || settings.read_only === "1",
      error("replica", "This server takes no writes", "The URL of the primary"),
    ],
  );
}
