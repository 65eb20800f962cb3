/** Abuse, failing stores, what operators hear, and how the package is made. */
import type { Edit, Line } from "../line.ts";

const TELLS_THE_DRIVERS_WORDS: Edit = [
  "src/core/store_failure.ts",
  "`The session store${nameOf(store)} failed${why}`",
  "`The session store${nameOf(store)} failed${why} ${(error as Error).message}`",
];

const FRESH_IS_STORED: Edit = [
  "src/core/policy.ts",
  "const isFresh = !rules.saveUninitialized &&",
  "const isFresh = rules.rolling && !rules.saveUninitialized &&",
];

export const OPERATION: readonly Line[] = [
  {
    number: 73,
    says: "a thousand visits that write nothing store nothing",
    on: "both",
    breaks: [
      FRESH_IS_STORED,
      // The Web draws no id for whoever writes nothing, and stores nothing without a cookie.
      [
        FRESH_IS_STORED,
        [
          "src/web/request_session.ts",
          "return this.#id;\n  }\n  get isNew",
          "return this.id;\n  }\n  get isNew",
        ],
        ["src/core/policy.ts", "rules.saveUninitialized || facts.modified;", "true;"],
      ],
    ],
  },
  {
    number: 74,
    says: "a thousand forged cookies ask the store nothing",
    on: "both",
    breaks: [
      [
        "src/cookie/signer.ts",
        'if (await crypto.subtle.verify("HMAC", key, mac, message)) {',
        'if (await crypto.subtle.verify("HMAC", key, mac, message) || key) {',
      ],
      [
        "src/express/node_signer.ts",
        "if (!timingSafeEqual(Buffer.from(this.#macOf(parts.id)), Buffer.from(parts.mac))) {",
        "if (parts.id === parts.mac) {",
      ],
    ],
  },
  {
    number: 75,
    says: "the memory store is bounded, swept, and keeps no process alive",
    on: "stores",
    breaks: [[
      "src/stores/memory/store.ts",
      "this.#entries.size > this.#max ?",
      "this.#entries.size > 1e9 ?",
    ]],
  },
  {
    number: 76,
    says: "the application may refuse to let a session begin",
    on: "both",
    breaks: [["src/core/before_create.ts", "if (isAllowed !== false) return", "return"]],
  },
  {
    number: 77,
    says: "a store that never answers is an error after ioTimeout",
    on: "both",
    also: {
      "tests/promises/store_failures.ts": [
        "a store that does not answer is an error after ioTimeout",
      ],
    },
    breaks: [[
      "src/core/store_timeout.ts",
      "const cancel = clock.after(ioTimeout, () => {",
      "const cancel = clock.after(Infinity, () => {",
    ]],
  },
  {
    number: 78,
    says:
      "a store that fails is an error, never an anonymous visit unless the application says so; no cookie for what was not stored",
    on: "both",
    also: {
      "tests/promises/store_failures.ts": [
        "what could not be stored is an error page, without a cookie for it: %s",
      ],
    },
    breaks: [
      [
        "src/core/ask_store.ts",
        "throw failureOf(settings, names, error);\n  }\n  return isPromise",
        "return undefined as never;\n  }\n  return isPromise",
      ],
      [
        "src/core/ask_store.ts",
        "(error) => {\n    throw failureOf(settings, names, error);",
        "() => {\n    return undefined as never;",
      ],
      [
        "src/core/ask_store.ts",
        "if (settings.touchKeepsCookie) return withTimeout(answer, settings);",
        "if (settings.touchKeepsCookie) return attempt(() => withTimeout(answer, settings), () => undefined as never);",
      ],
    ],
  },
  {
    number: 79,
    says: "a logout that the store refused is never told as done: its caller and an event say so",
    on: "both",
    breaks: [["src/core/failed_destroy.ts", "    throw error;\n", "    return;\n"]],
  },
  {
    number: 80,
    says:
      "an unknown id and one that is over take the same way to the store, and a forged one none",
    on: "both",
    breaks: [[
      "src/core/session_loader.ts",
      "if (stored === undefined) return",
      "if (stored === undefined) void this.#drop(id);\n    if (stored === undefined) return",
    ]],
  },
  {
    number: 81,
    says: "what a driver says of a failure reaches no page",
    on: "web",
    also: {
      "tests/promises/store_failures.ts": [
        "what the store throws is told without an id and without data: %s",
      ],
    },
    breaks: [TELLS_THE_DRIVERS_WORDS],
  },
  {
    number: 82,
    says:
      "what a status of 500 leaves behind is said: the Web stores nothing unless asked to, Express does as express-session",
    on: "both",
    breaks: [
      ["src/web/response.ts", "failed = Number(response?.status) >= 500,", "failed = false,"],
      [
        "src/express/response_hooks.ts",
        "    if (!this.#failed) {\n      try {\n        write",
        "    if (!this.#failed && this.res.statusCode < 500) {\n      try {\n        write",
      ],
    ],
  },
  {
    number: 83,
    says:
      "no event, error or log tells an id, a cookie or data; a handle that opens nothing tells sessions apart",
    on: "both",
    breaks: [[
      "src/core/store_failure.ts",
      "const copy = new Error(without(names, message));",
      "const copy = new Error(String(message));",
    ]],
  },
  {
    number: 84,
    says: "whoever prints a session sees no id",
    on: "web",
    breaks: [[
      "src/web/session.ts",
      'return { ...this, id: "[redacted]" };',
      "return { ...this, id: this.id };",
    ]],
  },
  {
    number: 85,
    says: "each way to be refused has a reason of its own",
    on: "both",
    breaks: [
      [
        "src/web/verify_session_id.ts",
        'if (signed.length === 0) return reject("unsigned");',
        'if (signed.length === 0) return reject("signature");',
      ],
      [
        "src/express/request_cookie.ts",
        'reason: isSigned ? "signature" : "unsigned" }',
        'reason: "signature" }',
      ],
    ],
  },
  {
    number: 86,
    says: "a logout is announced when the store has acknowledged it",
    on: "both",
    breaks: [[
      "src/core/session_ends.ts",
      "    // Only a request's own session is known to have been one.",
      '    this.#settings.events.emit("destroyed", {}, id);',
    ]],
  },
  {
    number: 87,
    says: "a partitioned cookie works in a frame, and its removal is partitioned too",
    on: "web",
    breaks: [[
      "src/cookie/set_cookie_header.ts",
      "{ ...data, expires: new Date(0) }",
      "{ ...data, partitioned: false, expires: new Date(0) }",
    ]],
  },
  {
    number: 88,
    says:
      "a helper answers inactive cookies in a frame by a retry, for allowed origins alone, and none never",
    on: "both",
    breaks: [
      ["src/core/storage_access.ts", '!== "inactive"', '=== "active"'],
      ["src/core/storage_access.ts", " || !allowed.includes(origin)", ""],
    ],
  },
  {
    number: 89,
    says:
      "DBSC: a key is registered by the answer to its own login's challenge, once and in time; it goes where its session goes, and ends with it",
    on: "both",
    breaks: [
      [
        "src/dbsc/register.ts",
        'if (stamp === undefined) return refuse("challenge", record);',
        "",
      ],
      [
        "src/dbsc/register.ts",
        "if (isOther || before?.login === login.at) throw REPLAYED;",
        "if (isOther) throw REPLAYED;",
      ],
      ["src/dbsc/proof.ts", "typ !== TYPE || ", ""],
      [
        "src/dbsc/public_key.ts",
        "return await crypto.subtle.verify",
        "return !await crypto.subtle.verify",
      ],
    ],
    note:
      "The checklist asks that a rotation clear the key; here a session that goes on under another id keeps " +
      "it: a thief could have the id replaced, and be rid of the key.",
  },
  {
    number: 90,
    says:
      "DBSC: a proof brings a new short cookie once; replayed it is asked for another, and of a session that is over the browser is told so",
    on: "both",
    breaks: [
      [
        "src/dbsc/refresh.ts",
        "if (isUsed(newest, stamp, now)) throw REPLAYED;",
        "",
      ],
      ["src/dbsc/refresh.ts", "if (device === undefined) return end(protocol, record);", ""],
      ["src/dbsc/refresh.ts", "if (!isSigned) {", "if (device === undefined) {"],
    ],
  },
  {
    number: 91,
    says:
      "DBSC: where the device is required, the cookies of a session that has one open nothing without its short cookie",
    on: "both",
    breaks: [
      ["src/dbsc/route.ts", 'const refused = policy === "require";', "const refused = false;"],
      [
        "src/dbsc/bound_cookie.ts",
        "return `cookie\\n${identifier}`;",
        'return "cookie";',
      ],
      [
        "src/dbsc/route.ts",
        "return grace > 0 && now >= end && now <= end + grace;",
        "return true;",
      ],
    ],
  },
  {
    number: 92,
    says: "nothing runs at installation, no code is made of text, no module has a computed name",
    on: "build",
    selfTest: ["tests/package/sources.test.ts", "… and a source with %s would be found"],
  },
  {
    number: 93,
    says: "the same tests pass on Node, Deno, Bun and workerd, and both signers agree",
    on: "build",
    also: {
      "tests/runtimes/suite.test.ts": ["passes the tests of the Web entries"],
      "tests/runtimes/matrix.test.ts": ["${door} on ${runtime}"],
      "tests/testing/runtimes.test.ts": ["the kit runs, all of it, in"],
    },
    breaks: [[
      "src/cookie/signer.ts",
      "btoa(String.fromCharCode(...mac)).slice(0, MAC_LENGTH)",
      "btoa(String.fromCharCode(...mac)).slice(1, MAC_LENGTH + 1)",
    ]],
  },
];
