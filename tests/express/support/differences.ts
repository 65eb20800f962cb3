/** How ours differs from express-session on purpose: the rows of README.md's table, and where each is shown. */

interface Difference {
  /** The left cell of its row. */
  readonly row: string;
  /** A file of tests/express that shows it, and the name of the test as it stands there. */
  readonly shown: readonly [file: string, name: string];
  /** The random scripts avoid it, or take it out of what they compare. */
  readonly tolerated?: true;
}

const tolerated = true;
const list = {
  "revived-logout": {
    row: "a slower request brings a logged-out session back",
    shown: ["differences", "S43 a logout stays, though a slower request wrote"],
  },
  "lost-writes": {
    row: "of three parallel writers of different keys, two lose",
    shown: ["differences", "S65 writers of different keys keep each other's"],
  },
  "early-bytes": {
    row: "headers and most of the body leave before the store has answered",
    shown: ["differences", "not a byte leaves before the store has answered"],
  },
  "crashing-calls": {
    row: "`regenerate()` and `reload()` without a callback end the process",
    shown: ["differences", "%s() returns a promise"],
  },
  "end-callback": {
    row: "`res.end(callback)` on a modified session throws",
    shown: ["differences", "%s calls its callback"],
  },
  "http2": {
    row: "an HTTP/2 server throws",
    shown: ["differences", "an HTTP/2 server works"],
  },
  "auto": {
    row: '`secure: "auto"` sticks to the first request, and fails in a `cookie` function',
    shown: ["differences", "S19 follows the scheme of each request, not of the first"],
    tolerated,
  },
  "shared-store": {
    row: "two middlewares on one store overwrite each other's options",
    shown: ["differences", "two middlewares that share a store keep their own ids and cookies"],
  },
  "stored-twice": {
    row: "`regenerate()` and `save()` write twice",
    shown: ["differences", "regenerate and save write once"],
    tolerated,
  },
  "duplicate-cookies": {
    row: "a bad first cookie of a name hides a good second one",
    shown: ["differences", "a bad first cookie, %s, does not hide the good one"],
  },
  "cookie-path": {
    row: "cookie path `/foo` matches `/foobar`",
    shown: ["differences", "cookie path /foo and %s: theirs %s, ours %s"],
  },
  "orphans": {
    row: "a session whose cookie cannot be sent is stored on every request",
    shown: ["differences", "S29 a session whose cookie cannot be sent is not stored"],
    tolerated,
  },
  "corrupt-records": {
    row: "a record that cannot be parsed is an error on every request",
    shown: ["bad_input", "that makes the store's own parser throw"],
  },
  "ended-sessions": {
    row: "a store that keeps ended sessions goes on serving them",
    shown: ["small_differences", "a session that has ended is absent, whatever the store says"],
    tolerated,
  },
  "swept-memory": {
    row: "`MemoryStore` keeps ended sessions that nobody asks for",
    shown: ["small_differences", "MemoryStore drops ended sessions that nobody asks for"],
    tolerated,
  },
  "error-page": {
    row: "data that could not be stored are answered with 200",
    shown: ["response_refused", "changed data that the store refuses"],
    tolerated,
  },
  "ids": {
    row: "ids are whatever a cookie proves, objects among them",
    shown: [
      "proven_ids",
      "C9 S06 a signed value that can be no id is rejected, and the store is never asked",
    ],
  },
  "signed-anew": {
    row: "a cookie signed with an older secret stays as it is",
    shown: ["proven_ids", "S14 a cookie signed by an older secret is signed anew"],
    tolerated,
  },
  "late-writes": {
    row: "what is written to the response after its end is sent behind it",
    shown: ["response_held", "headers cannot be set any more, and what is written comes too late"],
  },
  "saves-in-order": {
    row: "a `save()` that nobody waits for runs beside the end of the request",
    shown: [
      "small_differences",
      "a save() that nobody waits for is stored before what comes at the end",
    ],
    tolerated,
  },
  "assigned-ids": {
    row: "`regenerate()` ends the session that `req.sessionID` was set to",
    shown: [
      "small_differences",
      "regenerate() ends the session that is there, whatever req.sessionID says",
    ],
    tolerated,
  },
  "reload-error": {
    row: "`reload()` of a session that is gone gives the store's own error, where it has one",
    shown: ["small_differences", "reload() of a session that is gone says the same on every store"],
    tolerated,
  },
  "overwritten": {
    row:
      "a session whose `cookie` or `touch()` was overwritten (`Object.assign(req.session, req.body)`) leaves the visitor waiting for ever",
    shown: [
      "small_differences",
      "in place of %s is an answer or an error page, not a visitor who waits",
    ],
    tolerated,
  },
  "own-methods": {
    row: "`save` and `reload` are properties of each session, out of sight",
    shown: [
      "small_differences",
      "save() and reload() are of the class, as a session's other methods",
    ],
    tolerated,
  },
  "notes": {
    row: "`$websession` is a key like any other",
    shown: ["session_functions", "our notes are nobody's data, whatever a body says"],
    tolerated,
  },
  "promises": {
    row: "`save()` and its like return the session",
    shown: ["differences", "%s() returns a promise"],
  },
  "middleware": {
    row: "`session()` returns a handler",
    shown: ["names", "the factory, its functions and the middleware are where they are said to be"],
  },
} as const satisfies Record<string, Difference>;

export const DIFFERENCES: Readonly<Record<string, Difference>> = list;

/** The rows that the random scripts make an exception for. */
export type Tolerated = {
  [Name in keyof typeof list]: (typeof list)[Name] extends { tolerated: true } ? Name : never;
}[keyof typeof list];

const met = new Set<string>();

/** Says which row of the table a comparison makes an exception for. */
export function tolerates(name: Tolerated): true {
  met.add(name);
  return true;
}

/** The exceptions that were made. */
export function toleratedSoFar(): string[] {
  return [...met].sort();
}
