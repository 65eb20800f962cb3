/** Mutants that nobody could notice, each with the reason. */

/** Where a mutant is: lines move, what stands in them is found again. */
export interface Place {
  readonly file: string;
  /** The source of the line it begins in. */
  readonly source: string;
  readonly from: string;
  readonly to: string;
}

interface Equivalent {
  readonly file: string;
  /** The line holds this. */
  readonly source: string;
  /** What it is replaced by; left out: anything. */
  readonly to?: string;
  readonly from?: string;
  readonly reason: string;
}

const EQUIVALENT: readonly Equivalent[] = [
  {
    file: "core/session_cap.ts",
    source: "one.key < other.key",
    to: "one.key <= other.key",
    reason: "no two sessions have one key",
  },
  {
    file: "core/sessions_of.ts",
    source: "at < names.length",
    to: "at <= names.length",
    reason: "behind the last piece there is an empty one: nothing is read for it",
  },
  {
    file: "core/beginning.ts",
    source: 'isOfUnknownAge(session["cookie"]',
    to: '""',
    reason: "a cookie makes a limit longer; whether there is one hangs on the options alone",
  },
  {
    file: "core/beginning.ts",
    source: "!content.includes(META)",
    to: "false",
    reason: "a shorter way: read and written again, the text is the same",
  },
  {
    file: "core/devices.ts",
    source: "HANDLE.exec(name) ?? []",
    to: '["Stryker was here"]',
    reason: "the text that matched is not looked at, its parts are",
  },
  {
    file: "core/devices.ts",
    source: 'HANDLE.exec(except ?? "") ?? []',
    to: '["Stryker was here"]',
    reason: "the text that matched is not looked at, its parts are",
  },
  {
    file: "core/devices.ts",
    source: 'HANDLE.exec(except ?? "") ?? []',
    to: '"Stryker was here!"',
    reason: "no handle either",
  },
  {
    file: "core/devices.ts",
    source: "coded === undefined ? undefined : decode(coded)",
    to: "false",
    reason: "a shorter way: nothing is no text of bytes, and no subject",
  },
  {
    file: "core/devices.ts",
    source: "} catch {",
    to: "{}",
    reason: "a function that returns nothing returns undefined",
  },
  {
    file: "core/session_json.ts",
    source: "text.charCodeAt(0) === OPEN",
    to: '"Stryker was here!"',
    reason: "every record begins with a brace",
  },
  {
    file: "core/session_json.ts",
    source: "} catch {",
    from: "{ return undefined; }",
    to: "{}",
    reason: "a function that returns nothing returns undefined",
  },
  {
    file: "core/session_operations.ts",
    source: "from === undefined || !isSessionGone(error)",
    from: "from === undefined",
    to: "false",
    reason: "a shorter way: no session has moved from where none was stored",
  },
  {
    file: "core/session_operations.ts",
    source: "login(operand, subject, { keep: true }, held)",
    to: "{}",
    reason: "whoever logs in as who he is keeps all without a word",
  },
  {
    file: "core/session_state.ts",
    source: "hasId: false,",
    to: "true",
    reason: "said anew each time",
  },
  {
    file: "core/update.ts",
    source: "isAlone && storedId !== undefined",
    from: "storedId !== undefined",
    to: "true",
    reason:
      "a session whose turn it is stays stored until it is over: its own request waits as well",
  },
  {
    file: "core/update.ts",
    source: "this.#state.storedId !== draft.id",
    to: "false",
    reason:
      "a shorter way: moved, it has another version, and what was given of it is compared then",
  },
  {
    file: "core/writer_queue.ts",
    source: "const PATIENT",
    to: "{}",
    reason: "nothing is no more than 0 either, and who waits for ever asks no clock of its own",
  },
  {
    file: "core/writer_queue.ts",
    source: "line.ended++",
    to: "line.ended--",
    reason: "any other number says that the line has moved",
  },
  {
    file: "core/session_json.ts",
    source: "if (holdsOnlyCookie(session))",
    to: "false",
    reason: "a shorter way: data that are none are written as none",
  },
  {
    file: "core/session_json.ts",
    source: "function holdsOnlyCookie",
    to: "{}",
    reason: "a shorter way: data that are none are written as none",
  },
  {
    file: "core/session_json.ts",
    source: 'for (const key in session) if (key !== "cookie") return false;',
    from: 'key !== "cookie"',
    to: "true",
    reason: "a shorter way: data that are none are written as none",
  },
  {
    file: "core/session_json.ts",
    source: 'for (const key in session) if (key !== "cookie") return false;',
    to: '""',
    reason: "a shorter way: data that are none are written as none",
  },
  {
    file: "core/session_json.ts",
    source: "return true;",
    to: "false",
    reason: "a shorter way: data that are none are written as none",
  },
  {
    file: "core/session_json.ts",
    source: "index < json.length",
    to: "index <= json.length",
    reason: "what has been parsed closes all that it opens",
  },
  {
    file: "core/session_json.ts",
    source: "text.charCodeAt(0) === OPEN",
    to: "true",
    reason: "every record begins with a brace",
  },
  {
    file: "core/session_json.ts",
    source: 'if (typeof value !== "object" ||',
    from: 'typeof value !== "object"',
    to: "false",
    reason: "what is no object has no cookie",
  },
  {
    file: "core/session_manager.ts",
    source: "content === held.text ? all : held.text",
    reason: "whether the session itself is what is stored is asked of its text, and its notes are",
  },
  {
    file: "core/session_operations.ts",
    source: 'state.storedId === undefined || state.storedId !== session["id"]',
    from: "state.storedId === undefined",
    to: "false",
    reason: "nothing is no session's id",
  },
  {
    file: "core/session_operations.ts",
    source: "theirs === own.base && keepOf(state.subject) === true",
    from: "theirs === own.base && keepOf(state.subject) === true",
    to: "false",
    reason: "a shorter way: laid on what it began with, all that is kept has the same text",
  },
  {
    file: "core/session_operations.ts",
    source: "theirs === own.base && keepOf(state.subject) === true",
    to: "{}",
    reason: "a shorter way: laid on what it began with, all that is kept has the same text",
  },
  {
    file: "core/session_state.ts",
    source: "this.savedText !== undefined && this.savedText === text()",
    from: "this.savedText !== undefined",
    to: "true",
    reason: "a shorter way: no text is undefined",
  },
  {
    file: "core/session_metadata.ts",
    source: 'typeof time === "number" && Number.isFinite(time)',
    from: 'typeof time === "number"',
    to: "true",
    reason: "what is no number is not finite either",
  },
  {
    file: "core/on_store_error.ts",
    source: "const NOTHING_FOUND",
    from: "{ version: undefined }",
    to: "{}",
    reason: "what is left out is undefined as well",
  },
  {
    file: "core/shared_commits.ts",
    source: "if (this.#waiting.get(id) === boarding) this.#waiting.delete(id);",
    reason: "who boards what was left leaves as well, and who is aboard of another goes with that",
  },
  {
    file: "core/shared_commits.ts",
    source: "if (place >= 0) others.splice(place, 1);",
    reason: "what has been stored follows what stands there: stored twice, it changes nothing",
  },
  {
    file: "core/merge.ts",
    source: "mine[key] === base[key]) continue;",
    from: "mine[key] === base[key]",
    to: "false",
    reason: "a shorter way: the texts, which are compared behind it, are the same as well",
  },
  {
    file: "core/merge.ts",
    source: "keep === false ? [] : keep",
    to: '["Stryker was here"]',
    reason: "a key that nobody has is kept",
  },
  {
    file: "core/outgoing_record.ts",
    source: "this.#handed !== this.owner",
    from: "this.#handed !== this.owner",
    to: "true",
    reason: "marks that are carried from a session onto itself change nothing",
  },
  {
    file: "core/lease.ts",
    source: "look <= LOOKS",
    to: "look < LOOKS",
    reason: "the bound is about as long as a lease lasts: a look more or less is no promise",
  },
  {
    file: "core/lease.ts",
    source: "() => false);",
    from: "() => false",
    to: "() => undefined",
    reason: "asked for in a condition alone: undefined is as little there as false",
  },
  {
    file: "core/commit_loop.ts",
    source: "text.length * 3 <= maxBytes",
    from: "text.length * 3 <= maxBytes",
    to: "false",
    reason: "a shorter way: counting the bytes says the same",
  },
  {
    file: "core/commit_loop.ts",
    source: "text.length * 3 <= maxBytes",
    from: "text.length * 3 <= maxBytes",
    to: "text.length * 3 < maxBytes",
    reason: "a shorter way: counting the bytes says the same",
  },
  {
    file: "core/commit_loop.ts",
    source: 'newestIn(stored!, "")',
    to: '"Stryker was here!"',
    reason: "the fallback of what has been read already is never needed",
  },
  {
    file: "core/commit_loop.ts",
    source: "if (to === undefined) turn.newest",
    from: "to === undefined",
    to: "true",
    reason:
      "whoever waits for an id the session has left is told that it is gone, whatever it knows",
  },
  {
    file: "core/session_state.ts",
    source: "if (this.#hides === undefined)",
    from: "this.#hides === undefined",
    to: "false",
    reason: "a shorter way where only our notes are hidden: asking for each name says the same",
  },
  {
    file: "core/session_state.ts",
    source: "if (this.#hides === undefined) {",
    to: "{}",
    reason: "a shorter way where only our notes are hidden: asking for each name says the same",
  },
  {
    file: "core/session_state.ts",
    source: "this.#hidden === NOTHING ? NO_NOTES",
    from: "this.#hidden === NOTHING",
    to: "false",
    reason: "a shorter way: there are no notes in nothing",
  },
  {
    file: "core/session_copy.ts",
    source: "if (stored === before) return;",
    from: "stored === before",
    to: "false",
    reason: "a shorter way: where both are the same nothing is to be followed",
  },
  {
    file: "core/session_copy.ts",
    source: "one === other ||",
    from: "one === other",
    to: "false",
    reason:
      "a shorter way: what is one value has one text, and no text holds what JSON cannot express",
  },
  {
    file: "core/session_copy.ts",
    source: "} catch {",
    to: "{}",
    reason: "asked for in conditions alone: undefined is as little the same as false",
  },
  {
    file: "core/session_id.ts",
    source: "pool === undefined || used === pool.length",
    from: "pool === undefined || used === pool.length",
    to: "true",
    reason: "more bytes are drawn than needed, and each is used at most once all the same",
  },
  {
    file: "core/session_id.ts",
    source: "pool === undefined || used === pool.length",
    from: "used === pool.length",
    to: "used !== pool.length",
    reason: "more bytes are drawn than needed, and each is used at most once all the same",
  },
  {
    file: "core/session_id.ts",
    source: "new Array<number>(ID_LENGTH)",
    from: "new Array<number>(ID_LENGTH)",
    to: "new Array()",
    reason: "every place is written before it is read",
  },
  {
    file: "core/lifecycle.ts",
    source: "if (stored === null || end === null || end < stored) return true;",
    from: "stored === null || end === null",
    to: "false",
    reason: "the time is far from 1970: arithmetic with null says the same",
  },
  {
    file: "core/lifecycle.ts",
    source: "if (stored === null || end === null || end < stored) return true;",
    from: "stored === null || end === null",
    to: "stored === null && end === null",
    reason: "the time is far from 1970: arithmetic with null says the same",
  },
  {
    file: "core/lifecycle.ts",
    source: "if (stored === null || end === null || end < stored) return true;",
    from: "stored === null",
    to: "false",
    reason: "the time is far from 1970: arithmetic with null says the same",
  },
  {
    file: "core/lifecycle.ts",
    source: "if (stored === null || end === null || end < stored) return true;",
    from: "end === null",
    to: "false",
    reason: "the time is far from 1970: arithmetic with null says the same",
  },
  {
    file: "core/lifecycle.ts",
    source: "return end !== null && end - stored",
    from: "end !== null",
    to: "true",
    reason: "where silence has a limit there is always an end",
  },
  {
    file: "web/finish_request.ts",
    source: "let write = dropsChanges",
    from: '"none"',
    to: '""',
    reason:
      "where changes are dropped nothing is stored: it is only asked whether it is save or touch",
  },
  {
    file: "web/finish_request.ts",
    source: "const mayDiffer = known.isOutdated",
    from: "known.isOutdated || !facts.fromCookie",
    to: "true",
    reason: "a shorter way: attributes that nobody has changed differ from nothing that is known",
  },
  {
    file: "web/finish_request.ts",
    source: "const content = attempt(",
    to: "() => undefined",
    reason: "whatever cannot be written is something all the same",
  },
  {
    file: "web/finish_request.ts",
    source: "const content = attempt(",
    from: '""',
    to: '"Stryker was here!"',
    reason: "whatever cannot be written is something all the same",
  },
  {
    file: "web/response.ts",
    source: "const foreign = response === undefined",
    from: "response === undefined",
    to: "false",
    reason: "nothing has carried no cookie of anybody",
  },
  {
    file: "web/response.ts",
    source: "if (stale.length > 0) remove(",
    from: "stale.length > 0",
    to: "true",
    reason: "a shorter way: of no cookies none is removed",
  },
  {
    file: "web/response.ts",
    source: "if (stale.length > 0) remove(",
    from: "stale.length > 0",
    to: "stale.length >= 0",
    reason: "a shorter way: of no cookies none is removed",
  },
  {
    file: "web/response.ts",
    source: "} catch {",
    from: "{ return false; }",
    to: "{}",
    reason: "asked for in conditions alone: undefined is as little there as false",
  },
  {
    file: "web/sent_cookies.ts",
    source: "if (names.length === 0) return [];",
    from: "names.length === 0",
    to: "false",
    reason: "a shorter way: without a name no cookie is removed",
  },
  {
    file: "web/request_session.ts",
    source: 'const UNDRAWN = "";',
    from: '""',
    to: '"Stryker was here!"',
    reason: "with its spaces it is no id either",
  },
  {
    file: "web/request_session.ts",
    source: "isOutdated = false;",
    from: "false",
    to: "true",
    reason: "asked for only of a session that was loaded, and said anew where one is",
  },
  {
    file: "web/request_session.ts",
    source: 'isLate ? "response" : "nothing"',
    from: '"response"',
    to: '""',
    reason:
      "late is only who has the session in cookies, and such a call is refused for that as well",
  },
  {
    file: "web/session_contents.ts",
    source: "if (lifetime.originalMaxAge === null ||",
    from: "lifetime.originalMaxAge === null || lifetime.originalMaxAge !== cookie.originalMaxAge",
    to: "true",
    reason: "a shorter way: the same lifetime begins now in any case",
  },
  {
    file: "web/session_contents.ts",
    source: "} catch {",
    from: "{ return undefined; }",
    to: "{}",
    reason: "a function that returns nothing returns undefined",
  },
  {
    file: "web/session_contents.ts",
    source: "state.snapshots.release(before);",
    reason: "nobody asks any more what it follows",
  },
  {
    file: "web/open_session.ts",
    source: "const opening = known ??",
    from: "{ session, ready: session }",
    to: "{}",
    reason: "both are said before anybody asks",
  },
  {
    file: "web/open_session.ts",
    source: "if (known === undefined) {",
    from: "known === undefined",
    to: "true",
    reason: "noted twice, the same one is found",
  },
  {
    file: "web/thrown.ts",
    source: "await opened.finish(failed,",
    from: "() => false",
    to: "() => undefined",
    reason: "asked for in conditions alone: undefined is as little there as false",
  },
  {
    file: "web/thrown.ts",
    source: 'if (typeof thrown?.[maker] !== "function")',
    from: 'typeof thrown?.[maker] !== "function"',
    to: "false",
    reason: "a shorter way: what cannot be called throws, and makes none",
  },
  {
    file: "web/thrown.ts",
    source: "} catch {",
    from: "{ return undefined; }",
    to: "{}",
    reason: "a function that returns nothing returns undefined",
  },
  {
    file: "web/verify_session_id.ts",
    source: "if (signed.length === 1)",
    from: "signed.length === 1",
    to: "false",
    reason: "a shorter way: of several that are one the same is decided, a turn later",
  },
  {
    file: "web/web_adapter.ts",
    source: "drawId: ids === undefined",
    from: "ids === undefined",
    to: "true",
    reason: "a shorter way: an id that is not drawn from those ready is signed when it is sent",
  },
  {
    file: "web/web_adapter.ts",
    source: "const ids = resolved.genid === generateSessionId",
    from: "resolved.genid === generateSessionId",
    to: "false",
    reason: "a shorter way: an id that is not drawn from those ready is signed when it is sent",
  },
  {
    file: "web/sealed_transport.ts",
    source: "const cookies = header === null",
    from: "[]",
    to: '["Stryker was here"]',
    reason: "its name is no session's: a cookie that nobody reads",
  },
  {
    file: "web/sealed_transport.ts",
    source: "if (token === undefined) return { written: [], removed:",
    from: "[]",
    to: '["Stryker was here"]',
    reason: "no cookie can have a name with spaces: none is written for it",
  },
  {
    file: "web/signed_transport.ts",
    source: "this.#values.length === 0 ? []",
    from: "[]",
    to: '["Stryker was here"]',
    reason: "no cookie can have a name with spaces: none is written for it",
  },
  {
    file: "web/signed_transport.ts",
    source: "mustSend(): boolean {",
    to: "{}",
    reason: "asked for in conditions alone: undefined is as little there as false",
  },
  {
    file: "web/signed_transport.ts",
    source: "removed: [] }));",
    from: "[]",
    to: '["Stryker was here"]',
    reason: "no cookie can have a name with spaces: none is written for it",
  },
  {
    file: "web/hono.ts",
    source: 'typeof options === "function" ? options(c)',
    from: 'typeof options === "function"',
    to: "true",
    reason: "options that are no function have been read by then",
  },
  {
    file: "web/hono.ts",
    source: "if (answer === response) return;",
    from: "answer === response",
    to: "false",
    reason: "a shorter way: set once more, it is the same response",
  },
  {
    file: "stores/express/callback_store.ts",
    source: 'record, "create")',
    from: '"create"',
    to: '""',
    reason: "asked for are commits, and what the application writes: any other is a creation",
  },
  {
    file: "stores/express/callback_store.ts",
    source: 'if (result.status !== "committed") return true;',
    from: 'result.status !== "committed"',
    to: "false",
    reason: "a version that is none says as little as none that is known",
  },
  {
    file: "stores/express/callback_store.ts",
    source: '"wrapper", ',
    from: '"wrapper"',
    to: '""',
    reason:
      "asked for are the application's calls, and those that tell again: any other is the wrapper's",
  },
  {
    file: "stores/express/write_log.ts",
    source: 'const by = how === "application"',
    from: 'how === "application"',
    to: "true",
    reason:
      "asked for are the application's calls, and those that tell again: any other is the wrapper's",
  },
  {
    file: "stores/express/write_log.ts",
    source: 'const by = how === "application"',
    from: '"wrapper"',
    to: '""',
    reason:
      "asked for are the application's calls, and those that tell again: any other is the wrapper's",
  },
  {
    file: "stores/express/entry.ts",
    source: 'export const GONE = "gone";',
    to: '""',
    reason: "compared with itself alone",
  },
  {
    file: "stores/express/entry.ts",
    source: "#isDisturbed = false;",
    from: "false",
    to: "true",
    reason: "said anew by whatever leaves something in doubt, and asked for only then",
  },
  {
    file: "stores/express/entry.ts",
    source: "return this.goneMark > began",
    from: "this.goneMark > began",
    to: "this.goneMark >= began",
    reason: "no two events have one mark",
  },
  {
    file: "stores/express/entry.ts",
    source: "sent.began < this.#answeredAt",
    from: "sent.began < this.#answeredAt",
    to: "sent.began <= this.#answeredAt",
    reason: "no two events have one mark",
  },
  {
    file: "stores/express/entry.ts",
    source: "began > this.#touch.began",
    from: "began > this.#touch.began",
    to: "began >= this.#touch.began",
    reason: "no two events have one mark",
  },
  {
    file: "stores/express/written.ts",
    source: "} catch {",
    from: "{ return undefined; }",
    to: "{}",
    reason: "a function that returns nothing returns undefined",
  },
  {
    file: "stores/express/watch_calls.ts",
    source: 'typeof callback !== "function" || direct.isOwnGet(id)',
    from: 'typeof id !== "string"',
    to: "false",
    reason: "of what is no id nothing is known: what is found is passed on as it is",
  },
  {
    file: "web/cookie_jar.ts",
    source: "const pairs: string[] = [];",
    to: '["Stryker was here"]',
    reason: "text without a name is no cookie",
  },
  {
    file: "web/cookie_jar.ts",
    source: 'const [pair = "", ...rest]',
    to: '"Stryker was here!"',
    reason: "a text that is split gives one piece at least",
  },
  {
    file: "web/cookie_jar.ts",
    source: 'const [key = "", ...value]',
    to: '"Stryker was here!"',
    reason: "a text that is split gives one piece at least",
  },
  {
    file: "web/diagnosis.ts",
    source: "} catch {",
    to: "{}",
    reason: "asked for in a condition alone: undefined is as little there as false",
  },
];

/** Why a mutant makes no difference, if it makes none. */
export function reasonFor(place: Place): string | undefined {
  return EQUIVALENT.find(({ file, source, from, to }) =>
    place.file.endsWith(file) && place.source.includes(source) &&
    (from === undefined || place.from === from) &&
    (to === undefined || place.to === to)
  )?.reason;
}
