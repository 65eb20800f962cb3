/** The cases of sessions that belong to somebody. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { inTime } from "../in_time.ts";
import { together } from "../together.ts";
import { unlessRefused } from "../unless_refused.ts";

const offered: NonNullable<StoreCase["when"]> = ({ subject }) => subject === true;

/** Subjects that were meant to be keys, patterns, numbers or code, or that look alike. */
const HOSTILE = [
  ...["__proto__", "constructor", "*", "%", "_", "{x}", "x'--", "null"],
  ...["Ada", "ada", "ada ", " ada", "é", "e\u0301", "ß", "ss", "%41", "A", "\u0141"],
  ...["a:b", "a/b", "a", "a:", ":a", "a+b", "a b"],
  ...["7", "007", "7.0", "7e0", "0", "-0", "😀", "🙃", "??"],
  // Columns, keys and hashes are cut at characters or at bytes.
  ...["x".repeat(128), `${"x".repeat(127)}y`, "x".repeat(127), "x".repeat(100), "x".repeat(64)],
  ...["K", "\u212a", "s", "ſ", "❤", "❤\ufe0f", "a\u2028", "a\u200b", "a\ufeff", "../a"],
  ...["undefined", "$&", "''", "'", "%%"],
  ...["a#b", "#", "a\\b", "\\", "a.b", ".", "a_b", "\ufeffa"],
  ...[`${"世".repeat(127)}x`, `${"世".repeat(127)}y`],
];
/** Databases that cannot hold control characters, or half a pair of surrogates, may refuse them. */
const CONTROL = ["ada\0eve", "\0", "a\nb", "a\tb", "a\x7fb", "ada\0", "\ud800", "\ud801"];
/** What becomes of those where the characters are dropped, replaced, or end the subject. */
const WITHOUT_CONTROL = ["ada", "adaeve", "ada eve", "ab", "a b", "a", " ", "?", "\ufffd"];

async function lists(kit: Kit, subject: string, ids: readonly string[], why: string) {
  same((await kit.store.list!(subject)).sort(), [...ids].sort(), `list() ${why}`);
}

/** Whose sessions these are. */
export const subjectCases: readonly StoreCase[] = [
  {
    name: "list() answers the ids of a subject's live sessions and no other",
    when: offered,
    async run(kit) {
      const first = await kit.make(kit.record({ subject: "ada" }));
      const second = await kit.make(kit.record({ subject: "ada" }));
      const other = await kit.make(kit.record({ subject: "bob" }));
      await kit.make();
      await lists(kit, "ada", [first.id, second.id], "of two sessions");
      await lists(kit, "bob", [other.id], "of one session");
      await lists(kit, "eve", [], "of nobody");
      await kit.store.destroy(first.id);
      await kit.store.touch(second.id, second.record.expires);
      await lists(kit, "ada", [second.id], "after destroy() and touch()");
    },
  },
  {
    name: "list() follows a commit() or rotate() that changes the subject",
    when: offered,
    async run(kit) {
      const { id, version } = await kit.make();
      const login = kit.record({ subject: "ada" });
      const mark = await kit.committed(await kit.store.commit(id, login, version), id, login);
      await lists(kit, "ada", [id], "after a login by commit()");
      const [to, change] = [kit.id(), kit.record({ subject: "bob" })];
      const next = await kit.committed(await kit.store.rotate(id, to, change, mark), to, change);
      await lists(kit, "ada", [], "of the subject before rotate()");
      await lists(kit, "bob", [to], "of the subject after rotate()");
      const logout = kit.record();
      await kit.committed(await kit.store.commit(to, logout, next), to, logout);
      await lists(kit, "bob", [], "after a commit() without a subject");
    },
  },
  {
    name: "a rotate() within one subject lists the new id only",
    when: offered,
    async run(kit) {
      const { id, version } = await kit.make(kit.record({ subject: "ada" }));
      const [to, next] = [kit.id(), kit.record({ subject: "ada" })];
      await kit.committed(await kit.store.rotate(id, to, next, version), to, next);
      await lists(kit, "ada", [to], "after rotate()");
    },
  },
  {
    name: "list() leaves expired sessions out, and destroyAll() does not count them",
    when: offered,
    async run(kit) {
      const { id } = await kit.make(kit.record({ subject: "ada" }));
      const end = await kit.now() + (kit.exact ? 1_000 : 50);
      await kit.store.create(kit.id(), kit.record({ expires: end, subject: "ada" }));
      // No list() has told the store of this one when it is to be counted.
      await kit.store.create(kit.id(), kit.record({ expires: end, subject: "eve" }));
      await kit.pass(end - await kit.now() + (kit.exact ? 0 : kit.resolution + 1));
      same(await kit.store.destroyAll!("eve"), 0, "destroyAll() of an expired session");
      await lists(kit, "ada", [id], "past the end of one session");
      same(await kit.store.destroyAll!("ada"), 1, "destroyAll()");
    },
  },
  {
    name: "a session outlives its first end in list() when touch() moved the end",
    when: offered,
    async run(kit) {
      const { end, done: { id, subject } } = await inTime(kit, 300, async (end) => {
        const [id, subject] = [kit.id(), `ada ${end}`];
        await kit.store.create(id, kit.record({ expires: end, subject }));
        same(await kit.store.touch(id, kit.start + 3_600_000), true, "touch()");
        return { id, subject };
      });
      await kit.pass(end - await kit.now() + 50);
      await lists(kit, subject, [id], "past the end before touch()");
      same(await kit.store.destroyAll!(subject), 1, "destroyAll()");
      await kit.gone(id, "after destroyAll()");
    },
  },
  {
    name: "destroyAll() removes every session of a subject except one, and says how many",
    when: offered,
    async run(kit) {
      const mine = [];
      for (let count = 0; count < 5; count++) {
        mine.push(await kit.make(kit.record({ subject: "ada" })));
      }
      const other = await kit.make(kit.record({ subject: "bob" }));
      const [kept, ...dropped] = mine as [typeof other, ...(typeof other)[]];
      same(await kit.store.destroyAll!("ada", kept.id), 4, "destroyAll() except one");
      await kit.live(kept.id, kept.record, "of the session to keep");
      await kit.live(other.id, other.record, "of another subject");
      await lists(kit, "ada", [kept.id], "after destroyAll() except one");
      for (const { id, version } of dropped) {
        await kit.gone(id, "after destroyAll()");
        const late = await kit.store.commit(id, kit.record({ subject: "ada" }), version);
        same(late, { status: "gone" }, "commit() after destroyAll()");
      }
      same(await kit.store.destroyAll!("ada", other.id), 1, "destroyAll() except a stranger");
      same(await kit.store.destroyAll!("ada"), 0, "destroyAll() again");
      same(await kit.store.destroyAll!("nobody"), 0, "destroyAll() of nobody");
      await kit.live(other.id, other.record, "of another subject");
    },
  },
  {
    name: "a hostile subject is a subject like any other",
    when: offered,
    async run(kit) {
      const made = new Map<string, string>();
      for (const subject of HOSTILE) {
        made.set(subject, (await kit.make(kit.record({ subject }))).id);
      }
      for (const [subject, id] of made) {
        await lists(kit, subject, [id], `of the subject ${JSON.stringify(subject)}`);
      }
      for (const subject of HOSTILE) {
        same(await kit.store.destroyAll!(subject), 1, `destroyAll(${JSON.stringify(subject)})`);
      }
    },
  },
  {
    name: "a subject with control characters is kept or refused, and is nobody else",
    when: offered,
    async run(kit) {
      const others = new Map<string, string>();
      for (const subject of WITHOUT_CONTROL) {
        others.set(subject, (await kit.make(kit.record({ subject }))).id);
      }
      for (const subject of CONTROL) {
        const [id, where] = [kit.id(), `of the subject ${JSON.stringify(subject)}`];
        const made = await unlessRefused(() => kit.store.create(id, kit.record({ subject })));
        if (made === undefined) {
          const listed = await unlessRefused(() => kit.store.list!(subject));
          same(listed?.answer ?? [], [], `list() ${where}, which was refused`);
          await unlessRefused(() => kit.store.destroyAll!(subject));
        } else {
          same(made.answer, true, `create() ${where}`);
          await lists(kit, subject, [id], where);
          same(await kit.store.destroyAll!(subject), 1, `destroyAll() ${where}`);
        }
      }
      for (const [subject, id] of others) await lists(kit, subject, [id], `of "${subject}"`);
    },
  },
  {
    name: "destroyAll() spares the id that it names, and none that is like it",
    when: offered,
    async run(kit) {
      const name = kit.id();
      const ends = ["Ab", "aB", "AB", "A", "Abc", "Ab ", "", "A%", "A_", "%", "*"];
      const groups = [
        ends.map((end) => `${name}${end}`),
        ["\u00e9", "e\u0301", "e"],
        ["1", "01", "1.0", "1e0", "+1", " 1"],
        ...[32, 64, 127].map((length) => ["a", "b"].map((end) => `${"x".repeat(length)}${end}`)),
      ];
      await together(groups.map((ids, at) => async () => {
        const [subject, spared] = [`ada ${at}`, ids[0]!];
        const where = `after destroyAll() except ${JSON.stringify(spared)}`;
        for (const id of ids) await kit.store.create(id, kit.record({ subject }));
        same(
          await kit.store.destroyAll!(subject, spared),
          ids.length - 1,
          `sessions dropped ${where}`,
        );
        await lists(kit, subject, [spared], where);
        for (const id of ids) if (id !== spared) await kit.gone(id, where);
      }));
    },
  },
];
