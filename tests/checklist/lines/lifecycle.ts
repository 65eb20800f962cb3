/** From login to logout, and how long a session lives. */
import type { Edit, Line } from "../line.ts";

/** What was destroyed or moved is made anew by whoever writes to it. */
const REVIVES: Edit = [
  "src/core/commit_loop.ts",
  'if (outcome.status === "gone") throw this.lost(state, id);',
  'if (outcome.status === "gone") return after(this.calls.ask(id, () => this.#store.create(id, record)), () => {});',
];

export const LIFECYCLE: readonly Line[] = [
  {
    number: 39,
    says:
      "a login moves the session to a new id; the old one opens nothing, and what was to be kept is kept",
    on: "both",
    breaks: [["src/stores/memory/store.ts", "    this.destroy(from);\n", ""]],
  },
  {
    number: 40,
    says: "a slower request undoes no login: it stores nothing and its response has no cookie",
    on: "both",
    breaks: [REVIVES],
  },
  {
    number: 41,
    says: "who proves it once more gets a new id, and the moment is noted",
    on: "both",
    breaks: [[
      "src/core/session_operations.ts",
      "if (subject !== undefined) return login(",
      "if (subject !== undefined) return; if (subject !== undefined) return login(",
    ]],
  },
  {
    number: 42,
    says: "after a logout its cookie opens nothing",
    on: "both",
    breaks: [[
      "src/core/session_ends.ts",
      "() => this.#loop.calls.ask(id, () => store.destroy(id)));",
      "() => undefined);",
    ]],
  },
  {
    number: 43,
    says: "a request under way at a logout that writes brings nothing back",
    on: "both",
    also: {
      "src/testing/cases/races.ts": [
        "a destroyed session is never revived, whatever was in flight",
        "concurrent verbs answer as if they came one after the other",
        "nothing in flight outlives destroyAll()",
      ],
      "src/testing/cases/contract.ts": ["commit() after destroy() is gone and revives nothing"],
      "tests/model/random.test.ts": ["%s breaks no promise"],
    },
    breaks: [REVIVES],
  },
  {
    number: 44,
    says: "neither does one that writes nothing: by resave, rolling or touch",
    on: "both",
    also: {
      "src/testing/cases/contract.ts": [
        "touch() never creates: an unknown or destroyed id is false",
      ],
    },
    breaks: [REVIVES],
  },
  {
    number: 45,
    says: "what is gone is not stored under another id either",
    on: "web",
    breaks: [[
      "src/core/commit_loop.ts",
      'if (outcome.status === "gone") throw this.lost(state, id);',
      'if (outcome.status === "gone") return after(this.calls.ask(id, () => this.#store.create(`${id}-again`, record)), () => {});',
    ]],
  },
  {
    number: 46,
    says: "no response that comes later carries the cookie of a session that is gone",
    on: "web",
    breaks: [
      [
        "src/web/finish_request.ts",
        "cookieLeaves && !state.isGone(ending.knownId) ? setCookies(ending) : []",
        "cookieLeaves ? setCookies(ending) : []",
      ],
    ],
  },
  {
    number: 47,
    says:
      "in the request that destroyed it a session is empty, and writing to it is refused or dropped, and said so",
    on: "both",
    breaks: [
      // Guards stand behind one another here: what this request knows, and what the store says.
      [["src/core/session_state.ts", "(this.#gone ??= new Set()).add(id);", ""], REVIVES],
      ["src/web/request_session.ts", "this.isDestroyed = true;", ""],
    ],
  },
  {
    number: 48,
    says: "silence ends a session by the server's clock, whatever its cookie says",
    on: "both",
    breaks: [["src/core/lifecycle.ts", "    now + idleLimit(cookie, rules),\n", ""]],
  },
  {
    number: 49,
    says: "age ends it, and nothing but a login begins it anew",
    on: "both",
    breaks: [[
      "src/core/lifecycle.ts",
      "return began === undefined ? Infinity : began + absoluteLimit(cookie, rules);",
      "return Infinity;",
    ]],
  },
  {
    number: 50,
    says: "that a store is not told of each visit never lengthens the silence",
    on: "both",
    breaks: [[
      "src/core/lifecycle.ts",
      "return end - stored > Math.min((end - now) / PART, MOST);",
      "return false;",
    ]],
  },
  {
    number: 51,
    says: "a session may move to a new id by itself from time to time",
    on: "both",
    also: {
      "tests/web/rotate_after.test.ts": [
        "is replaced by the next visit, and by none before",
        "leads to its session for 30 seconds, and its visitor is told the new one",
        "lose none of their changes",
      ],
      "tests/express/rotate_after.test.ts": [
        "an old id is replaced, with what the visit has changed, and no sooner",
        "a logout by the old id ends the session, and so does one under way",
      ],
      "tests/core/renewing_store.test.ts": [
        "a logout of another by the old id ends the session, whoever is first",
      ],
    },
    breaks: [["src/core/lifecycle.ts", "now - drawn >= rotateAfter", "now < 0"]],
  },
  {
    number: 52,
    says: "a record that is over is absent, whatever the store thinks",
    on: "both",
    also: {
      "tests/express/small_differences.test.ts": [
        "a session that has ended is absent, whatever the store says",
      ],
      "src/testing/cases/expiry.ts": [
        "a session lives until 1 ms before its end and is gone at its end",
      ],
    },
    breaks: [
      [
        "src/core/commit_loop.ts",
        "return whyOver(found, this.calls.now(), this.settings.rules);",
        "return undefined;",
      ],
      [
        "src/stores/memory/store.ts",
        "if (entry === undefined || !isOver(entry, time)) return entry;",
        "return entry;",
      ],
    ],
  },
  {
    number: 53,
    says: "a clock that is set back lengthens no life",
    on: "both",
    breaks: [[
      "src/core/lifecycle.ts",
      "now + idleLimit(cookie, rules),",
      "now + idleLimit(cookie, rules) * (now < (beginningOf(notes) ?? 0) ? 100 : 1),",
    ]],
  },
  {
    number: 54,
    says: "the limits of OWASP and NIST are there by name, and hold",
    on: "both",
    breaks: [
      [
        "src/lifetimes.ts",
        "idleTimeout: 15 * MINUTE, absoluteTimeout: 12 * HOUR",
        "idleTimeout: HOUR, absoluteTimeout: 48 * HOUR",
      ],
      [
        "src/core/lifecycle.ts",
        "return began === undefined ? Infinity : began + absoluteLimit(cookie, rules);",
        "return Infinity;",
      ],
    ],
  },
  {
    number: 55,
    says:
      "all sessions of a subject end by one call, those that just began too, and one may be spared",
    on: "both",
    also: {
      "src/testing/cases/races.ts": ["nothing in flight outlives destroyAll()"],
      "src/testing/cases/subject.ts": [
        "destroyAll() removes every session of a subject except one, and says how many",
      ],
      "tests/web/devices.test.ts": [
        "the password changed: everywhere else is logged out, by the session or by its handle",
      ],
      "tests/express/devices.test.ts": [
        "everywhere else is logged out, but where the request comes from",
      ],
    },
    breaks: [[
      "src/core/subject_sessions.ts",
      "() => store.destroyAll(subject, except));",
      "() => 0);",
    ]],
  },
  {
    number: 56,
    says: "a subject's list has each session that lives, and none that does not",
    on: "both",
    also: {
      "src/testing/cases/subject.ts": [
        "list() answers the ids of a subject's live sessions and no other",
        "list() leaves expired sessions out, and destroyAll() does not count them",
      ],
      "src/testing/cases/subject_index.ts": [
        "list() names a session once, however often it was written",
      ],
    },
    breaks: [[
      "src/stores/memory/store.ts",
      "if (!hasExpired(one, time)) ids.push(one.key);",
      "if (ids.length < 2) ids.push(one.key);",
    ]],
  },
];
