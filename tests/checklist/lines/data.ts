/** What is stored, and what becomes of it when many write. */
import type { Line } from "../line.ts";

export const DATA: readonly Line[] = [
  {
    number: 57,
    says: "no stored key reaches a prototype, when read, merged or laid over others' changes",
    on: "both",
    breaks: [
      ["src/core/session_data.ts", "return PROTECTED.has(key);", "return false;"],
      [
        "src/web/session.ts",
        "return key in WebSession.prototype;",
        "return false;",
      ],
    ],
  },
  {
    number: 58,
    says: "no stored key stands in front of a method, the id or the cookie",
    on: "both",
    breaks: [
      ["src/core/session_data.ts", "return PROTECTED.has(key);", "return false;"],
      [
        "src/web/session.ts",
        "return key in WebSession.prototype;",
        "return false;",
      ],
    ],
  },
  {
    number: 59,
    says:
      "a record that is none is a stranger's visit and an event; of a callback store, express-session's error",
    on: "both",
    also: {
      "src/testing/cases/failures.ts": [
        "a text that is no session is read as nothing, and makes no verb fail",
      ],
    },
    breaks: [[
      "src/core/session_json.ts",
      "  } catch {\n    return undefined;\n  }\n}\n\nfunction isSession",
      "  } catch (error) {\n    throw error;\n  }\n}\n\nfunction isSession",
    ]],
  },
  {
    number: 60,
    says:
      "stored data are JSON and nothing else: nothing in them is run or made an object of a class",
    on: "web",
    breaks: [[
      "src/core/session_json.ts",
      "const data: unknown = JSON.parse(stored.json);",
      'const data: unknown = JSON.parse(stored.json, (_key, value) => value?.$type || value?.__type ? new Date(0) : typeof value === "string" && value.startsWith("(()") ? (0, eval)(value) : value);',
    ]],
  },
  {
    number: 61,
    says: "data of more than maxBytes are an error before the store is asked",
    on: "both",
    note: "64 KiB by default on the Web; on Express where maxBytes is given",
    breaks: [[
      "src/core/commit_loop.ts",
      'throw new SessionError("SESSION_TOO_LARGE"',
      'void new SessionError("SESSION_TOO_LARGE"',
    ]],
  },
  {
    number: 62,
    says: "what JSON cannot express is told by its key, not by its value",
    on: "web",
    breaks: [["src/core/session_json.ts", "throw unserializable(data, cause);", "throw cause;"]],
  },
  {
    number: 63,
    says: "no record weakens the cookie's attributes",
    on: "web",
    note: "on Express a cookie that a handler edited is stored with its session, as there",
    breaks: [[
      "src/web/session_contents.ts",
      'const lifetime = lifetimeOf(data["cookie"]);',
      'const lifetime = lifetimeOf(data["cookie"]);\n  Object.assign(cookie, data["cookie"]);',
    ]],
  },
  {
    number: 64,
    says:
      "with encrypt() a store holds no data in the clear, and what was changed or moved opens as nothing",
    on: "stores",
    breaks: [["src/stores/encrypt/sealed_json.ts", "${key}\\n${id}`", "${key}`"]],
  },
  {
    number: 65,
    says: "parallel requests that write different keys all keep theirs",
    on: "both",
    also: {
      "tests/promises/contention.ts": [
        "a burst of %i requests, each with a key of its own: all are stored",
      ],
    },
    breaks: [[
      "src/core/merge.ts",
      "apply(diff(before, now), merged);",
      "for (const key of Object.keys(merged)) if (key !== META) delete merged[key];\n  Object.assign(merged, now);",
    ]],
  },
  {
    number: 66,
    says: "the same key goes to the last writer",
    on: "both",
    note:
      "an error or a function of the application's own in its place cannot be chosen; update() can do either",
    also: { "tests/core/shared_commits.test.ts": ["the same key goes to the one who came last"] },
    breaks: [[
      "src/core/merge.ts",
      "if (text !== before) patch.set(",
      "if (before === undefined) patch.set(",
    ]],
  },
  {
    number: 67,
    says: "increments by update() are all counted",
    on: "both",
    also: {
      "tests/promises/contention.ts": ["%i update() at a time: all are counted, each once"],
      "src/testing/cases/races.ts": ["concurrent increments are all counted"],
    },
    breaks: [[
      [
        "src/stores/memory/store.ts",
        "if (entry.version !== version) {",
        "if (entry.version < 0) {",
      ],
      [
        "src/core/update.ts",
        "if (turn.newest !== undefined) return turn.newest;",
        "return { text: this.#state.baseText, version: this.#state.version, cookie: undefined };",
      ],
    ]],
  },
  {
    number: 68,
    says: "a value that is taken has one taker",
    on: "both",
    also: {
      "tests/promises/transactions.ts": ["of parallel take() one gets it"],
      "src/testing/cases/races.ts": ["a value that is taken once has one taker"],
    },
    breaks: [[
      "src/core/session_operations.ts",
      "  delete data[key];\n  return value;",
      "  return value;",
    ]],
  },
  {
    number: 69,
    says: "a removal and a change of another key both stay; of the same key the last counts",
    on: "both",
    breaks: [[
      "src/core/merge.ts",
      "!Object.hasOwn(mine, key)) patch.set(key, undefined);",
      "!Object.hasOwn(mine, key)) continue;",
    ]],
  },
  {
    number: 70,
    says: "arrays, dates and objects are replaced whole, key by top-level key",
    on: "both",
    breaks: [[
      "src/core/merge.ts",
      "else define(to, key, value);",
      'else define(to, key, typeof value === "object" && value && to[key] ? Object.assign(to[key], value) : value);',
    ]],
  },
  {
    number: 71,
    says:
      "lock() lets one request in at a time, where it is asked for: who waits too long is told so, its lease ends by itself, and nobody gives back another's",
    on: "both",
    breaks: [[
      "src/core/lock_note.ts",
      'return typeof until === "number" && until > now;',
      "return false;",
    ], [
      "src/core/lock_note.ts",
      'return typeof until === "number" && until > now;',
      'return typeof until === "number";',
    ], [
      "src/core/session_lock.ts",
      "if (tokenIn(notes) === this.#token) return withoutLock(notes);",
      "return withoutLock(notes);",
    ], [
      "src/core/session_lock.ts",
      'throw new SessionError("LOCK_TIMEOUT", `Others held the session\'s lock for ${wait} ms`);',
      "return;",
    ]],
  },
  {
    number: 72,
    says: "two first requests of one browser begin two sessions at most, each its own",
    on: "both",
    breaks: [[
      "src/core/session_id.ts",
      "return String.fromCharCode(...codes);",
      'return "one-id-for-every-visitor";',
    ]],
  },
];
