/** The cases of a session's owner: who has it, who has it no more, and nobody. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { together } from "../together.ts";
import { unlessRefused } from "../unless_refused.ts";

const offered: NonNullable<StoreCase["when"]> = ({ subject }) => subject === true;

async function lists(kit: Kit, subject: string, ids: readonly string[], why: string) {
  const listed = await kit.store.list!(subject);
  same(listed.sort(), [...ids].sort(), `list(${JSON.stringify(subject)}) ${why}`);
}

/** How a session of `subject` ends, and the id that nobody has afterwards. */
type End = (kit: Kit, subject: string, end: number) => Promise<string>;

/** A session of `subject`, whose end is far. */
async function owned(kit: Kit, subject: string) {
  return await kit.make(kit.record({ subject }));
}

const ENDS: Readonly<Record<string, End>> = {
  async "destroy()"(kit, subject) {
    const { id } = await owned(kit, subject);
    await kit.store.destroy(id);
    return id;
  },
  async "a rotate() to another id"(kit, subject) {
    const { id, version } = await owned(kit, subject);
    await kit.store.rotate(id, kit.id(), kit.record({ subject: `${subject}'s heir` }), version);
    return id;
  },
  async "a rotate() that was gone"(kit, subject) {
    const [{ id, version }, to] = [await owned(kit, subject), kit.id()];
    await kit.store.destroy(id);
    await kit.store.rotate(id, to, kit.record({ subject }), version);
    return to;
  },
  async "a rotate() that was gone, of an id that nobody had"(kit, subject) {
    const [{ version }, to] = [await kit.make(), kit.id()];
    await kit.store.rotate(kit.id(), to, kit.record({ subject }), version);
    return to;
  },
  async "a commit() that was gone"(kit, subject) {
    const [{ version }, id] = [await kit.make(), kit.id()];
    await kit.store.commit(id, kit.record({ subject }), version);
    return id;
  },
  async "a commit() to the past"(kit, subject) {
    const { id, version } = await owned(kit, subject);
    await kit.store.commit(id, kit.record({ subject, expires: kit.start - 10_000 }), version);
    return id;
  },
  async "a touch() to the past"(kit, subject) {
    const { id } = await owned(kit, subject);
    await kit.store.touch(id, kit.start - 10_000);
    return id;
  },
  async "destroyAll()"(kit, subject) {
    const { id } = await owned(kit, subject);
    await kit.store.destroyAll!(subject);
    return id;
  },
  async "destroyAll() except another"(kit, subject) {
    const { id } = await owned(kit, subject);
    await kit.store.destroyAll!(subject, kit.id());
    return id;
  },
  async "its end"(kit, subject, end) {
    const id = kit.id();
    await kit.store.create(id, kit.record({ subject, expires: end }));
    return id;
  },
};

/** Makes `id` anew for nobody, and asserts that its earlier owner does not get it back. */
async function anew(kit: Kit, id: string, subject: string, why: string): Promise<void> {
  const record = kit.record();
  same(await kit.store.create(id, record), true, `create(${JSON.stringify(id)}) after ${why}`);
  await nobodys(kit, id, record.json, subject, `that was made anew for nobody after ${why}`);
}

async function nobodys(kit: Kit, id: string, json: string, subject: string, why: string) {
  await lists(kit, subject, [], `who had an id ${why}`);
  same(await kit.store.destroyAll!(subject), 0, `destroyAll() of who had an id ${why}`);
  same((await kit.store.read(id))?.json, json, `read() of an id ${why}`);
}

/** Whom the index leaves out. */
export const ownerCases: readonly StoreCase[] = [
  {
    name: "an id made anew for nobody is not its earlier owner's, however the session had ended",
    when: offered,
    async run(kit) {
      const end = await kit.now() + (kit.exact ? 10_000 : 150);
      const ended = await together(
        Object.entries(ENDS).map(([why, run], at) => async () => {
          const subject = `owner ${at}`;
          return { why, subject, id: await run(kit, subject, end) };
        }),
      );
      await kit.pass(end - await kit.now() + kit.resolution + 1);
      await together(ended.map(({ why, subject, id }) => () => anew(kit, id, subject, why)));
    },
  },
  {
    name: "an id made anew for nobody is not its earlier owner's after sweep() or clear()",
    when: ({ subject, sweep, iterate }) => subject === true && (sweep || iterate) === true,
    async run(kit) {
      for (const verb of ["sweep", "clear"] as const) {
        if (kit.store[verb] === undefined) continue;
        const end = await kit.now() + (kit.exact ? 10_000 : 50);
        const expires = verb === "sweep" ? end : kit.start + HOUR;
        const id = kit.id();
        await kit.store.create(id, kit.record({ subject: verb, expires }));
        await kit.pass(end - await kit.now() + kit.resolution + 1);
        await kit.store[verb]!();
        await anew(kit, id, verb, `${verb}()`);
      }
    },
  },
  {
    name: "a rotate() onto an id that has expired takes it from its earlier owner",
    when: offered,
    async run(kit) {
      const end = await kit.now() + (kit.exact ? 1_000 : 50);
      const [to, { id, version }] = [kit.id(), await kit.make()];
      await kit.store.create(to, kit.record({ subject: "ada", expires: end }));
      await kit.pass(end - await kit.now() + kit.resolution + 1);
      const moved = kit.record();
      const result = await unlessRefused(() => kit.store.rotate(id, to, moved, version));
      if (result === undefined) return await lists(kit, "ada", [], "after a rotate() was refused");
      await kit.committed(result.answer, to, moved);
      await nobodys(kit, to, moved.json, "ada", "that a rotate() made nobody's");
    },
  },
  {
    name: "a rotate() is for the subject it names, and for nobody where it names none",
    when: offered,
    async run(kit) {
      const after = [undefined, "bob"] as const;
      const plans = after.flatMap((next) => [true, false].map((isSame) => ({ next, isSame })));
      await together(plans.map(({ next, isSame }, at) => async () => {
        const subject = `ada ${at}`;
        const heir = next && `${next} ${at}`;
        const { id, record, version } = await owned(kit, subject);
        const { json } = isSame ? record : kit.record();
        const [to, moved] = [kit.id(), { json, expires: record.expires, subject: heir }];
        const where = `after a rotate() of ${isSame ? "the same" : "another"} text for ${heir}`;
        await kit.committed(await kit.store.rotate(id, to, moved, version), to, moved);
        await nobodys(kit, to, json, subject, where);
        if (heir !== undefined) await lists(kit, heir, [to], where);
      }));
    },
  },
  {
    name: "a session keeps its owner when its end is moved, and a later commit() takes it away",
    when: offered,
    async run(kit) {
      const { store } = kit;
      const moves: Record<string, (id: string) => unknown> = {
        "touch() to a later end": (id) => store.touch(id, kit.start + 2 * HOUR),
        "touch() to no end": (id) => store.touch(id, null),
        "touch() to no end, and back": async (id) => {
          await store.touch(id, null);
          await store.touch(id, kit.start + HOUR);
        },
        "readAndTouch()": (id) => store.readAndTouch?.(id, HOUR),
        "readAndTouch() with another lifetime": (id) => store.readAndTouch?.(id, 60_000),
      };
      await together(
        Object.entries(moves).map(([what, move], at) => async () => {
          const subject = `ada ${at}`;
          const [kept, lost] = [await owned(kit, subject), await owned(kit, subject)];
          await move(kept.id);
          await move(lost.id);
          await lists(kit, subject, [kept.id, lost.id], `after ${what}`);
          const next = kit.record();
          const result = await store.commit(lost.id, next, lost.version);
          await kit.committed(result, lost.id, next);
          await lists(kit, subject, [kept.id], `after ${what} and a commit() for nobody`);
          same(await store.destroyAll!(subject), 1, `destroyAll() after ${what}`);
          await kit.gone(kept.id, `after ${what} and destroyAll()`);
          await kit.live(lost.id, next, `after ${what}, a commit() for nobody and destroyAll()`);
        }),
      );
    },
  },
  {
    name: "nobody's sessions are in no list, and no destroyAll() ends them",
    when: offered,
    async run(kit) {
      const named = await kit.make({ ...kit.record(), subject: undefined });
      const made = [await kit.make(), named];
      const empty = { ...kit.record(), subject: "" };
      const id = kit.id();
      if (await unlessRefused(() => kit.store.create(id, empty))) {
        await kit.live(id, empty, "of the empty subject");
        made.push({ ...named, id, record: empty });
      }
      const { id: changed, version } = await owned(kit, "ada");
      const logout = kit.record();
      await kit.committed(await kit.store.commit(changed, logout, version), changed, logout);
      made.push({ ...named, id: changed, record: logout });
      for (const subject of ["", "undefined", "null", "nobody", "false", "0", "ada"]) {
        const where = `of ${JSON.stringify(subject)}, whose no session is,`;
        const listed = await unlessRefused(() => kit.store.list!(subject));
        same(listed?.answer ?? [], [], `list() ${where}`);
        const dropped = await unlessRefused(() => kit.store.destroyAll!(subject));
        same(dropped?.answer ?? 0, 0, `destroyAll() ${where}`);
      }
      for (const { id, record } of made) await kit.live(id, record, "that is nobody's");
    },
  },
];
