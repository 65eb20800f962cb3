/** The cases of sessions that belong to somebody. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";

const offered: NonNullable<StoreCase["when"]> = ({ subject }) => subject === true;

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
      await kit.pass(end - await kit.now() + (kit.exact ? 0 : kit.resolution + 1));
      await lists(kit, "ada", [id], "past the end of one session");
      same(await kit.store.destroyAll!("ada"), 1, "destroyAll()");
    },
  },
  {
    name: "a session outlives its first end in list() when touch() moved the end",
    when: offered,
    async run(kit) {
      const end = await kit.now() + (kit.exact ? 10_000 : 300);
      const id = kit.id();
      await kit.store.create(id, kit.record({ expires: end, subject: "ada" }));
      same(await kit.store.touch(id, kit.start + 3_600_000), true, "touch()");
      await kit.pass(end - await kit.now() + 50);
      await lists(kit, "ada", [id], "past the end before touch()");
      same(await kit.store.destroyAll!("ada"), 1, "destroyAll()");
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
      const subjects = [
        "__proto__",
        "constructor",
        "*",
        "Ada",
        "ada",
        "ada ",
        "a:b",
        "a/b",
        "{x}",
        "x'--",
        "é",
        "e\u0301",
        "%",
        "_",
        "0",
        "x".repeat(128),
      ];
      const made = new Map<string, string>();
      for (const subject of subjects) {
        made.set(subject, (await kit.make(kit.record({ subject }))).id);
      }
      for (const [subject, id] of made) {
        await lists(kit, subject, [id], `of the subject ${JSON.stringify(subject)}`);
      }
      for (const subject of subjects) {
        same(await kit.store.destroyAll!(subject), 1, `destroyAll(${JSON.stringify(subject)})`);
      }
    },
  },
];
