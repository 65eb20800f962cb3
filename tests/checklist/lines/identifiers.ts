/** Session ids. */
import type { Line } from "../line.ts";

export const IDENTIFIERS: readonly Line[] = [
  {
    number: 1,
    says: "an id is 192 bits of the secure random source, and no two are the same",
    on: "both",
    also: { "tests/express/behaviour.test.ts": ["default ids are 32 url-safe characters"] },
    breaks: [[
      "src/core/session_id.ts",
      "pool = randomValues(new Uint8Array(ID_BYTES * POOLED_IDS));",
      "pool = new Uint8Array(ID_BYTES * POOLED_IDS).fill(7);",
    ]],
  },
  {
    number: 2,
    says: "an id of the application's own is checked before any store hears of it",
    on: "both",
    breaks: [
      [
        "src/core/session_id.ts",
        'return typeof id === "string" && ID.test(id);',
        'return typeof id === "string";',
      ],
      ["src/express/express_adapter.ts", 'if (typeof id === "string" && id !== "") {', "if (id) {"],
      [
        "src/express/express_adapter.ts",
        "const kind = id ===",
        "return id as string; const kind = id ===",
      ],
    ],
  },
  {
    number: 3,
    says: "an id that exists is never taken over: another is drawn, a few times at most",
    on: "web",
    breaks: [["src/core/insert_record.ts", "if (created) return id;", "if (tries > 0) return id;"]],
  },
  {
    number: 4,
    says: "an id that nobody was given is not adopted, however well it is signed",
    on: "both",
    breaks: [
      [
        "src/express/express_adapter.ts",
        "const id: unknown = this.options.genid(req);",
        "const id: unknown = req.sessionID ?? this.options.genid(req);",
      ],
      [
        "src/web/open_session.ts",
        "verified = one;",
        "verified = one; if (one) opened.setId(one.id);",
      ],
    ],
  },
  {
    number: 5,
    says: "an id counts in its cookie and nowhere else",
    on: "both",
    breaks: [
      [
        "src/express/request_cookie.ts",
        "const header = req.headers.cookie;",
        'const header = req.headers.cookie ?? req.url?.split(/[?&]/).find((each) => each.startsWith("sid="));',
      ],
      [
        "src/web/request_session.ts",
        'adapter.transport.read(request.headers.get("cookie"))',
        'adapter.transport.read(request.headers.get("cookie") ?? new URL(request.url).search.slice(1).replaceAll("&", ";"))',
      ],
    ],
  },
  {
    number: 6,
    says: "what cannot be an id reaches no store, even with a good signature",
    on: "both",
    breaks: [
      ["src/web/verify_session_id.ts", "      isSessionId(id)\n", '      id !== ""\n'],
      [
        "src/express/request_cookie.ts",
        "if (proven !== undefined && isId(proven.id)) return proven;",
        "if (proven !== undefined) return proven;",
      ],
    ],
  },
  {
    number: 7,
    says: "no id leads a store elsewhere: into a path, a pattern, a query, a prototype",
    on: "web",
    also: {
      "src/testing/cases/ids.ts": [
        "a hostile id is an id like any other",
        "an id with control characters is kept or refused, and touches no other session",
        "ids that look alike are different sessions",
      ],
      "tests/stores/unstorage.test.ts": [
        "are base32, as RFC 4648 has it, and decode to the id",
        "stay in their folder, whatever the id",
      ],
    },
    breaks: [["src/web/verify_session_id.ts", "      isSessionId(id)\n", '      id !== ""\n']],
  },
  {
    number: 8,
    says: "with hashIds(), and in the epoch of the cookie store, no stored byte opens a session",
    on: "stores",
    note: "without hashIds() a store holds ids as they are, as express-session's stores do",
    breaks: [[
      "src/stores/hash_ids/key.ts",
      "const key = PREFIX + toBase64Url(digest);",
      "const key = id;",
    ]],
  },
  {
    number: 9,
    says: "sessions from before hashIds() are found once more, and end under both names",
    on: "stores",
    breaks: [[
      "src/stores/hash_ids/store.ts",
      "const wasPlain = await this.#store.destroy(id);",
      "const wasPlain = false;",
    ]],
  },
];
