/** The cases of ids that attack a store, or data that do. */
import type { SessionRecord } from "../../store.ts";
import type { StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { unlessRefused } from "../unless_refused.ts";

/** Ids that were meant to be keys, paths, patterns or code. */
const HOSTILE = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "../../x",
  "..",
  ".",
  "/",
  "\\",
  "*",
  "?",
  "[a-z]",
  "{tag}",
  "a{tag}b",
  "}{",
  "'",
  '"',
  "`",
  "x'--",
  "'; DROP TABLE sessions; --",
  "$1",
  "%",
  "%00",
  "_",
  "a b",
  "a;b",
  "a,b",
  "a=b",
  "a#b",
  "a?b",
  "a&b",
  "ä€😀",
  "0",
  "-1",
  "null",
  "undefined",
  "NaN",
  "true",
  "x".repeat(128),
  "{".repeat(128),
  "Z-_".repeat(42),
];

/** Ids with control characters or half a pair of surrogates: databases that cannot hold them may refuse. */
const CONTROL = [
  "a\0b",
  "\0",
  "a\r\nDEL b",
  "a\nb",
  "a\rb",
  "a\r\nb",
  "a\tb",
  "\x1b[31m",
  "a\x7fb",
  "\ud800",
  "\ud801",
];
/** What becomes of those where the characters are dropped, replaced, or end the id. */
const WITHOUT_CONTROL = ["ab", "a", "a b", "a?b", " ", "?", "aDEL b", "a DEL b", "[31m", "\ufffd"];

/** Each of these is a different id, whatever a collation or a path thinks. */
const LOOKALIKES = [
  ["Abc", "abc", "ABC"],
  ["abc", "abc ", " abc"],
  ["a:b", "a/b", "a\\b", "a::b", "a.b", "a-b", "a_b"],
  ["\u00e9", "e\u0301", "e"],
  ["ab", "a%b", "a_b", "a*b", "a?b"],
  ["a", "a:", ":a", "a/", "a?x=1", "a#x"],
  ["#", "\\", ".", "_", "\\\\", "a", "a\\"],
  ["1", "01", "1.0", "1e0"],
  // Whatever decodes, encodes, folds or narrows characters on the way:
  ["%41", "A", "%2541", "\u0141", "\uff21", "&#65;"],
  ["a+b", "a b", "a%20b", "a\u00a0b"],
  ["😀", "🙃", "??", "?", "\ufffd", "%F0%9F%98%80", "\u{1f600}\ufe0f"],
  ["世", "界", "\u00e4\u00b8\u0096"],
  ["ab", "a\u200db", "a\u200bb", "a\ufeffb", "a\u00adb", "\ufeffab"],
  ["ß", "ss", "ẞ", "SS"],
  ["i", "ı", "I", "İ"],
  ["K", "k", "\u212a"],
  ["s", "S", "ſ"],
  ["ab", "a\u2028b", "a\u2029b", "a\ufe0fb"],
  ["❤", "❤\ufe0f"],
  ["a", "../a", "./a", "/a", "b/../a"],
];

const HOSTILE_DATA: readonly object[] = [
  { text: "Grüße, 世界, 👩‍👩‍👧, \u202e\u0000\u2028\u2029\ufeff\ud800" },
  { quotes: `'"\`\\ $1 %s \${x} {{y}} -- /* */ ;`, lines: "a\r\nb\tc" },
  JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"y":2}},"toString":"z"}') as object,
  { 10: "a", 9: "b", z: 1, a: 2, deep: { b: [1, { c: null }], a: [] }, "": "empty" },
  { number: 1e21, small: 5e-324, negative: -0.1, big: Number.MAX_SAFE_INTEGER, no: false },
  { nested: '{"json":"in a string"}', array: "[1,2]", bool: "true", nil: "null" },
  {
    composed: "\u00e9\u00c5",
    decomposed: "e\u0301\u212b\ufb01",
    unseen: "\u007f\u0080\u0085\u009f\u00ad",
  },
  { patterns: "$& $$ $` $' $<a> %% %s %d '' \"\" ?? :: \\1 {0}", replaced: "\ufffd" },
  { last: "\ufdd0\ufffe\uffff\u{10ffff}", spaces: " a \u00a0\u3000 ", slashes: "\\/ </script>" },
];

/** Ids and data that attack the store. */
export const idCases: readonly StoreCase[] = [
  {
    name: "a hostile id is an id like any other",
    async run(kit) {
      const bystander = await kit.make();
      for (const id of HOSTILE) {
        const [record, next, moved, to] = [kit.record(), kit.record(), kit.record(), kit.id()];
        const where = `of the id ${JSON.stringify(id)}`;
        same(await kit.store.read(id), undefined, `read() ${where} before it exists`);
        same(await kit.store.create(id, record), true, `create() ${where}`);
        const { version } = await kit.live(id, record, where);
        const mark = await kit.committed(await kit.store.commit(id, next, version), id, next);
        same(await kit.store.touch(id, next.expires), true, `touch() ${where}`);
        await kit.committed(await kit.store.rotate(id, to, moved, mark), to, moved);
        await kit.gone(id, `${where} after rotate()`);
        same(await kit.store.create(id, record), true, `create() ${where} after rotate()`);
        await kit.store.destroy(id);
        await kit.gone(id, `${where} after destroy()`);
        await kit.live(bystander.id, bystander.record, `of a bystander ${where}`);
        await kit.live(to, moved, `of another bystander ${where}`);
      }
      same(({} as Record<string, unknown>)["json"], undefined, "a polluted prototype");
    },
  },
  {
    name: "an id with control characters is kept or refused, and touches no other session",
    async run(kit) {
      const beside = [];
      for (const id of WITHOUT_CONTROL) beside.push(await kit.make(kit.record(), id));
      const kept = new Map<string, SessionRecord>();
      for (const id of CONTROL) {
        const [where, record] = [`of the id ${JSON.stringify(id)}`, kit.record()];
        const read = await unlessRefused(() => kit.store.read(id));
        same(read?.answer?.json, undefined, `read() ${where} before it exists`);
        const made = await unlessRefused(() => kit.store.create(id, record));
        if (made !== undefined) {
          same(made.answer, true, `create() ${where}, which was not refused,`);
          kept.set(id, record);
        }
      }
      for (const { id, record } of beside) {
        await kit.live(id, record, "beside ids with control characters");
      }
      for (const id of CONTROL) {
        const where = `of the id ${JSON.stringify(id)}`;
        const record = kept.get(id);
        if (record === undefined) await unlessRefused(() => kit.store.destroy(id));
        else {
          await kit.live(id, record, where);
          await kit.store.destroy(id);
          await kit.gone(id, `${where} after destroy()`);
        }
      }
      for (const { id, record } of beside) {
        await kit.live(id, record, "beside ids with control characters that were destroyed");
      }
    },
  },
  {
    name: "ids that look alike are different sessions",
    async run(kit) {
      for (const alike of LOOKALIKES) {
        const records = alike.map(() => kit.record());
        for (const [at, id] of alike.entries()) {
          const where = `create() of ${JSON.stringify(id)} beside ${JSON.stringify(alike)}`;
          same(await kit.store.create(id, records[at]!), true, where);
        }
        for (const [at, id] of alike.entries()) {
          await kit.live(id, records[at]!, `of ${JSON.stringify(id)}`);
          await kit.store.destroy(id);
          for (const [later, other] of alike.entries()) {
            if (later > at) await kit.live(other, records[later]!, `of ${JSON.stringify(other)}`);
          }
        }
      }
    },
  },
  {
    name: "unicode, quotes and hostile keys come back byte for byte",
    async run(kit) {
      for (const data of HOSTILE_DATA) {
        const { id, version } = await kit.make(kit.record({ data }));
        const next = kit.record({ data: { again: data } });
        const mark = await kit.committed(await kit.store.commit(id, next, version), id, next);
        const [to, moved] = [kit.id(), kit.record({ data: { moved: data } })];
        await kit.committed(await kit.store.rotate(id, to, moved, mark), to, moved);
        await kit.store.destroy(to);
      }
    },
  },
];
