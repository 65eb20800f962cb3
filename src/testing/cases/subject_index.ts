/** The cases of an index by subject that keeps up with the sessions. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { inTime } from "../in_time.ts";
import { HOUR } from "../kit.ts";
import { together } from "../together.ts";

const offered: NonNullable<StoreCase["when"]> = ({ subject }) => subject === true;

/** More than fits a page of any store's, and how many of them are under way at once. */
const MANY = 1_010;
const AT_ONCE = 100;

async function lists(kit: Kit, subject: string, ids: readonly string[], why: string) {
  const listed = await kit.store.list!(subject);
  same(listed.sort(), [...ids].sort(), `list(${JSON.stringify(subject)}) ${why}`);
}

/** What is linked, and what is not. */
export const subjectIndexCases: readonly StoreCase[] = [
  {
    name: "list() and destroyAll() reach a subject's every session, however many",
    when: offered,
    async run(kit) {
      const ids = Array.from({ length: MANY }, () => kit.id());
      const record = () => kit.record({ subject: "ada" });
      const each = async (run: (id: string) => unknown) => {
        for (let at = 0; at < MANY; at += AT_ONCE) {
          await together(ids.slice(at, at + AT_ONCE).map((id) => async () => await run(id)));
        }
      };
      await each((id) => kit.store.create(id, record()));
      await lists(kit, "ada", ids, `of ${MANY} sessions`);
      if (kit.store.all) {
        let seen = 0;
        for await (const [id] of kit.store.all()) seen += id === "" ? 0 : 1;
        same(seen, MANY, "sessions that all() yields");
        same(await kit.store.length!(), MANY, "length()");
      }
      same(await kit.store.destroyAll!("ada", ids[0]), MANY - 1, "destroyAll() except one");
      await lists(kit, "ada", [ids[0]!], "after destroyAll() except one");
      await each((id) => id === ids[0] || kit.gone(id, "after destroyAll()"));
    },
  },
  {
    name: "list() names a session once, however often it was written",
    when: offered,
    async run(kit) {
      const ada = () => kit.record({ subject: "ada" });
      const { id, version } = await kit.make(ada());
      let mark = version;
      for (let round = 0; round < 3; round++) {
        const next = ada();
        mark = await kit.committed(await kit.store.commit(id, next, mark), id, next);
        await kit.store.touch(id, kit.start + 2 * HOUR);
        await kit.store.touch(id, next.expires);
        await kit.store.readAndTouch?.(id, HOUR);
        await lists(kit, "ada", [id], `after ${round + 1} writes for the same subject`);
      }
      const bob = kit.record({ subject: "bob" });
      mark = await kit.committed(await kit.store.commit(id, bob, mark), id, bob);
      const back = ada();
      await kit.committed(await kit.store.commit(id, back, mark), id, back);
      await lists(kit, "ada", [id], "after a write for another subject, and back");
      await lists(kit, "bob", [], "that had the session in between");
      same(await kit.store.destroyAll!("ada"), 1, 'destroyAll("ada")');
    },
  },
  {
    name: "a commit() of the same text is for the subject it names",
    when: offered,
    async run(kit) {
      const { id, record, version } = await kit.make();
      let mark = version;
      for (const subject of ["ada", "bob", undefined]) {
        const next = { ...record, subject };
        mark = await kit.committed(await kit.store.commit(id, next, mark), id, next);
        for (const each of ["ada", "bob"]) {
          await lists(kit, each, each === subject ? [id] : [], `after a commit() for ${subject}`);
        }
      }
    },
  },
  {
    name: "a create() or commit() that stores nothing links nobody and unlinks nobody",
    when: offered,
    async run(kit) {
      const { id, version } = await kit.make(kit.record({ subject: "ada" }));
      const bob = () => kit.record({ subject: "bob" });
      same(await kit.store.create(id, bob()), false, "create() of a live id");
      await lists(kit, "bob", [], "whose create() was refused");
      await lists(kit, "ada", [id], "after another's create() was refused");
      const next = kit.record({ subject: "ada" });
      await kit.committed(await kit.store.commit(id, next, version), id, next);
      for (const [subject, record] of [["bob", bob()], ["nobody", kit.record()]] as const) {
        kit.conflict(await kit.store.commit(id, record, version), next);
        await lists(kit, "bob", [], `after a commit() for ${subject} in conflict`);
        await lists(kit, "ada", [id], `after a commit() for ${subject} in conflict`);
      }
      await kit.store.destroy(id);
      same(await kit.store.commit(id, bob(), version), { status: "gone" }, "commit()");
      await lists(kit, "bob", [], "whose commit() was gone");
      same(await kit.store.create(id, kit.record()), true, "create() after destroy()");
      await lists(kit, "ada", [], "who had the id before");
      await lists(kit, "bob", [], "who never had the id");
    },
  },
  {
    name: "a rotate() that stores nothing links nobody and unlinks nobody",
    when: offered,
    async run(kit) {
      const { id, version } = await kit.make(kit.record({ subject: "ada" }));
      const next = kit.record({ subject: "ada" });
      await kit.committed(await kit.store.commit(id, next, version), id, next);
      for (const subject of ["bob", "ada"]) {
        const to = kit.id();
        kit.conflict(await kit.store.rotate(id, to, kit.record({ subject }), version), next);
        await lists(kit, "bob", [], `after a rotate() for ${subject} in conflict`);
        await lists(kit, "ada", [id], `after a rotate() for ${subject} in conflict`);
        same(await kit.store.create(to, kit.record()), true, "create() of the id not rotated to");
        await lists(kit, "ada", [id], "after create() of the id not rotated to");
      }
      await kit.store.destroy(id);
      const late = await kit.store.rotate(id, kit.id(), kit.record({ subject: "bob" }), version);
      same(late, { status: "gone" }, "rotate()");
      await lists(kit, "bob", [], "whose rotate() was gone");
    },
  },
  {
    name: "a session that takes an expired one's place is its own subject's alone",
    when: offered,
    async run(kit) {
      const end = await kit.now() + (kit.exact ? 1_000 : 50);
      const [id, other] = [kit.id(), kit.id()];
      for (const each of [id, other]) {
        await kit.store.create(each, kit.record({ expires: end, subject: "ada" }));
      }
      await kit.pass(end - await kit.now() + (kit.exact ? 0 : kit.resolution + 1));
      same(await kit.store.create(id, kit.record({ subject: "bob" })), true, "create()");
      same(await kit.store.create(other, kit.record()), true, "create()");
      await lists(kit, "ada", [], "whose sessions have expired");
      await lists(kit, "bob", [id], "whose session took the place");
      same(await kit.store.destroyAll!("ada"), 0, "destroyAll() of expired sessions");
      same(await kit.store.destroyAll!("bob"), 1, "destroyAll()");
    },
  },
  {
    name: "list() knows a session past the end it had, whichever verb moved it",
    when: offered,
    async run(kit) {
      const { end, done: { alive, subject } } = await inTime(kit, 1_000, async (end) => {
        const subject = `ada ${end}`;
        const make = () => kit.make(kit.record({ subject, expires: end }));
        const [written, rotated, slid] = [await make(), await make(), await make()];
        const [next, moved] = [kit.record({ subject }), kit.record({ subject })];
        const { id, version } = written;
        await kit.committed(await kit.store.commit(id, next, version), id, next);
        const to = kit.id();
        const move = await kit.store.rotate(rotated.id, to, moved, rotated.version);
        await kit.committed(move, to, moved);
        await kit.store.readAndTouch?.(slid.id, HOUR);
        return { subject, alive: kit.store.readAndTouch ? [id, to, slid.id] : [id, to] };
      });
      await kit.pass(end - await kit.now() + 50);
      await lists(kit, subject, alive, "past the end before commit(), rotate() or readAndTouch()");
      same(await kit.store.destroyAll!(subject), alive.length, "destroyAll()");
      for (const each of alive) await kit.gone(each, "after destroyAll()");
    },
  },
];
