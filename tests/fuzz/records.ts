/** What a hostile or damaged store hands back: a stranger's visit, or a session as any other. */
import fc from "fast-check";
import { contentText, parseStored } from "../../src/core/session_json.ts";
import { begin, dataOf, ENTRIES, type Scene } from "../checklist/entries.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property } from "./property.ts";

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1e300, 8.64e15, "", "x", [], {}, "2030-01-01", "NaN"),
  fc.jsonValue({ maxDepth: 2, depthSize: "small" }),
);
const KEYS = [
  "a",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "then",
  "toJSON",
  "valueOf",
];
const METHODS = ["save", "destroy", "regenerate", "reload", "touch", "resetMaxAge", "id", "req"];
const WEB = ["login", "logout", "elevate", "update", "take", "flash", "subject", "isNew", "signal"];

function member(names: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 6 }).map((entries) =>
    `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${raw(each)}`).join()}}`
  );
}

/** Texts stand for themselves where they are JSON already. */
function raw(value: unknown): string {
  return value instanceof Text ? value.json : JSON.stringify(value);
}

class Text {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}

const ATTRIBUTES = [
  "originalMaxAge",
  "expires",
  "_expires",
  "httpOnly",
  "secure",
  "path",
  "domain",
];
const MORE = ["sameSite", "partitioned", "priority", "maxAge", "data", "serialize", "__proto__"];
const NOTES = ["subject", "authenticatedAt", "createdAt", "name", "label", "device", "flash"];
const cookie = member([...ATTRIBUTES, ...MORE], odd);
const notes = member([...NOTES, "cookies", "__proto__", "constructor"], odd);

/** A record's text that is nearly right. */
const record: fc.Arbitrary<string> = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: cookie }, { weight: 1, arbitrary: odd.map(raw) }),
  fc.oneof({ weight: 3, arbitrary: notes }, { weight: 1, arbitrary: odd.map(raw) }),
  member([...KEYS, ...METHODS, ...WEB], odd),
).map(([head, ours, data]) => {
  const rest = data === "{}" ? "}" : `,${data.slice(1)}`;
  return `{"cookie":${head},"$websession":${ours}${rest}`;
});

const GOOD = [
  '{"cookie":{"originalMaxAge":60000,"expires":"2099-01-01T00:00:00.000Z","path":"/"},"a":1}',
  '{"cookie":{"originalMaxAge":null,"expires":null},"$websession":{"subject":"ada","createdAt":1}}',
  '{"a":[{"b":"\\\\\\"}"}],"cookie":{"path":"/"}}',
];
const text = fc.oneof(
  { weight: 4, arbitrary: record },
  { weight: 2, arbitrary: mutated(GOOD) },
  { weight: 1, arbitrary: fc.json() },
);

/** What a handler does in one visit. */
const ACTS: Readonly<Record<string, (scene: Scene) => unknown>> = {
  reads: ({ session }) => JSON.stringify({ ...session }),
  writes: ({ session }) => void (session.written = 1),
  updates: ({ update }) => update((data) => void (data.written = 1)),
  saves: ({ session }) => session.save(),
  touches: ({ session }) => void session.touch(),
  "logs in": ({ login }) => login("ada"),
  "logs out": ({ logout }) => logout(),
  moves: ({ session }) => session.regenerate({ keep: true }),
  reloads: ({ session }) => session.reload().catch(() => {}),
};

/** What an Express application hears of records without a cookie, as from express-session. */
const NO_COOKIE = /cookie|Cannot read properties|Cannot use 'in'|no such session/i;

/** What express-session makes of a cookie that cannot be: an error, and for some it never answers. */
const UNSENDABLE =
  /^option \w+ is invalid$|^Cookie .* exceeds? \d+ bytes$|^maxAge must be a number or Date$/;

async function visitWith(
  entry: "Express" | "Web",
  given: string,
  act: keyof typeof ACTS,
): Promise<void> {
  const app = ENTRIES[entry]({ cookie: { secure: false, maxAge: 60_000 } });
  const own = await begin(app);
  const id = app.store.ids()[0]!;
  await app.store.destroy(id);
  await app.store.create(id, { json: given, expires: null, subject: "ada" });
  let types = "";
  const answer = await app.ask(own, async (scene) => {
    const { session } = scene;
    // Names of the data are Express applications' own, but for express-session's.
    types = ["save", "destroy", "regenerate", "reload", "touch"].map((name) => typeof session[name])
      .join();
    if (session.id !== id && given.startsWith(session.id)) broken("an id of the record's own");
    await ACTS[act]!(scene);
  });
  if (answer.error !== undefined) {
    const hasCookie = isObject(parsed(given)) &&
      isObject((parsed(given) as { cookie?: unknown }).cookie);
    if (entry === "Express" && !hasCookie && NO_COOKIE.test(answer.error.message)) return;
    // There a record says what its cookie is: one that cannot be written is told, beside the page.
    if (entry === "Express" && UNSENDABLE.test(answer.error.message)) return;
    broken(`an error: ${answer.error.stack}`, given, act);
  }
  if (types !== "function,function,function,function,function") {
    broken("methods hidden", types, given);
  }
  if (answer.status !== 200) broken("no page", answer.status, given, act);
  if ("polluted" in {} || Object.keys(Object.prototype).length > 0) broken("polluted", given);
  // The next visit finds what this one left, or nobody: never an error for ever.
  const next = await app.ask(answer.cookie, () => {});
  if (next.error !== undefined) broken(`an error afterwards: ${next.error.stack}`, given, act);
  await app.list("ada");
  await app.revokeAll("ada");
  await dataOf(app, own);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const RECORDS: readonly Property[] = [
  property(
    "stored records: what is no session is none, and the data of one are cut out whole",
    5_000,
    text,
    (json) => {
      const found = parseStored({ json, expires: null, version: undefined });
      const value = parsed(json) as Record<string, unknown>;
      const expected = isObject(value) && typeof value["cookie"] === "object" &&
        value["cookie"] !== null;
      if ((found !== undefined) !== expected) broken("read otherwise", json);
      if (found === undefined) return;
      const { cookie: _, ...data } = value;
      // A text with one key twice is read as JSON reads it, however it is cut.
      const cut = JSON.stringify(JSON.parse(found.text));
      if (cut !== JSON.stringify(JSON.parse(JSON.stringify(data))) && !hasTwice(json)) {
        broken("cut otherwise", json, found.text);
      }
      contentText({ ...found.data }, "");
    },
  ),
  ...(["Web", "Express"] as const).map((entry) =>
    property(
      `stored records: a visit with any of them is answered (${entry})`,
      700,
      fc.tuple(text, fc.constantFrom(...Object.keys(ACTS))),
      ([json, act]) => visitWith(entry, json, act),
    )
  ),
];

/** Whether a key may stand twice in a text: JSON's last one counts, and the cut knows the first. */
function hasTwice(json: string): boolean {
  return (json.match(/"cookie"|\\u00/g)?.length ?? 0) > 1 || /__proto__/.test(json);
}
