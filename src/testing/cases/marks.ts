/** The cases of what marks a record. */
import type { SessionRecord, Version } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { everyone, together } from "../together.ts";

/** More than fits the digests of a text's beginning. */
const LONG = "x".repeat(33_000);

/** Data that differ, and are one to a weak hash, to half a text, or to what puts a text in order. */
const ALIKE: readonly [what: string, before: unknown, after: unknown][] = [
  ["at the end of a long text alone", `${LONG}1`, `${LONG}2`],
  ["at the beginning of a long text alone", `1${LONG}`, `2${LONG}`],
  ["in letters that hashes times 31 take for the same", "Aa", "BB"],
  ["in letters that hashes times 33 take for the same", "Ab", "BA"],
  ["in words of one CRC-32", "plumless", "buckeroo"],
  ["in letters of one sum and one Adler-32", "baab", "abba"],
  ["in letters of one low byte", "a", "\u0161"],
  ["in letters that Latin-1 does not have", "世", "界"],
  ["in characters beyond U+FFFF", "😀", "🙃"],
  ["as composed and decomposed letters", "\u00e9", "e\u0301"],
  ["in case", "A", "a"],
  ["in spaces", "a", "a "],
  ["in the order of keys", { a: 1, b: 2 }, { b: 2, a: 1 }],
  ["in the type of a value", 1, "1"],
];

/** How many writes of one session in a row: more than fits a byte. */
const WRITES = 300;
/** How many of others come in addition: with those, more than 1,000 and 1,024. */
const OTHERS = 750;

const text = (cookie: object, data: unknown) => JSON.stringify({ cookie, data });

/** What a mark is good for: nothing but the record that it was handed out with. */
export const markCases: readonly StoreCase[] = [
  {
    name: "a mark stands for one text, and for none that is like it",
    async run(kit) {
      const expires = kit.start + 3_600_000;
      const cookie = {
        originalMaxAge: 3_600_000,
        expires: new Date(expires).toISOString(),
        path: "/",
      };
      const { path, ...turned } = cookie;
      const pairs: [string, string, string][] = [
        ...ALIKE.map(([what, before, after]): [string, string, string] => {
          return [what, text(cookie, before), text(cookie, after)];
        }),
        ["in the cookie alone", text(cookie, 1), text({ ...cookie, path: "/a" }, 1)],
        ["in the order of the cookie's keys", text(cookie, 1), text({ path, ...turned }, 1)],
        [
          "in the order of all keys",
          JSON.stringify({ cookie, a: 1, b: 2 }),
          JSON.stringify({ cookie, b: 2, a: 1 }),
        ],
      ];
      await together(pairs.map(([what, before, after]) => async () => {
        const { id, version } = await kit.make({ json: before, expires });
        const current = { json: after, expires };
        same((await kit.store.commit(id, current, version)).status, "committed", "commit()");
        await refused(kit, id, version, current, `that differs ${what}`);
      }));
    },
  },
  {
    name: "an old mark is a conflict, also where the text that it comes with stands there",
    async run(kit) {
      const { id, version } = await kit.make();
      const current = kit.record();
      await kit.committed(await kit.store.commit(id, current, version), id, current);
      const again = { ...current, expires: kit.start + 7_200_000 };
      kit.conflict(await kit.store.commit(id, again, version), current);
      const to = kit.id();
      kit.conflict(await kit.store.rotate(id, to, again, version), current);
      await kit.live(id, current, "after writes of its own text with an old mark");
      await kit.gone(to, "of the new id after a conflict");
    },
  },
  {
    name: "the mark of another session fits none, be it younger or older",
    async run(kit) {
      const first = await kit.make();
      const [second, third] = [await kit.make(), await kit.make()];
      for (const { id, record } of [first, second, third]) {
        for (const other of [first, second, third]) {
          if (other.id === id) continue;
          await refused(kit, id, other.version, record, "that another session has");
        }
      }
    },
  },
  {
    name: "no mark of a session comes again, however often it is written",
    async run(kit) {
      const { id, version } = await kit.make();
      const marks: Version[] = [];
      let current = kit.record();
      for (let mark = version, write = 0; write < WRITES; write++) {
        marks.push(mark);
        current = kit.record();
        const result = await kit.store.commit(id, current, mark);
        check(result.status === "committed", `commit() number ${write + 1}: ${result.status}`);
        mark = result.version ?? (await kit.live(id, current)).version;
      }
      const tryAll = () =>
        everyone(marks.length, async (at) => {
          const result = await kit.store.commit(id, kit.record(), marks[at]);
          const where = `status of commit() with the mark of write ${at} of ${WRITES}`;
          same(result.status, "conflict", where);
        });
      await tryAll();
      // A counter of the whole store comes again with the writes of others.
      const others = Array.from({ length: OTHERS }, () => kit.id());
      for (let at = 0; at < OTHERS; at += 150) {
        await together(
          others.slice(at, at + 150).map((other) => async () => {
            same(await kit.store.create(other, kit.record()), true, "create()");
          }),
        );
      }
      const newest = (await kit.live(id, current)).version;
      const last = kit.record();
      await kit.committed(await kit.store.commit(id, last, newest), id, last);
      await tryAll();
      await kit.live(id, last, "after commits with every old mark");
    },
  },
];

/** Asserts that a mark is refused by both verbs that take one. */
async function refused(
  kit: Kit,
  id: string,
  mark: Version,
  current: SessionRecord,
  why: string,
): Promise<void> {
  const to = kit.id();
  const write = await kit.store.commit(id, kit.record(), mark);
  same(write.status, "conflict", `status of commit() with the mark of a text ${why}`);
  const move = await kit.store.rotate(id, to, kit.record(), mark);
  same(move.status, "conflict", `status of rotate() with the mark of a text ${why}`);
  await kit.live(id, current, `after writes with the mark of a text ${why}`);
  await kit.gone(to, "of the new id after a conflict");
}
