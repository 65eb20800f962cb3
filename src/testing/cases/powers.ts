/** The cases of a store that can be gone through. */
import type { StoredSession } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { together } from "../together.ts";

async function listed(store: Kit["store"]): Promise<Map<string, StoredSession>> {
  const found = new Map<string, StoredSession>();
  for await (const [id, stored] of store.all!()) {
    check(!found.has(id), "all() yields a session twice");
    found.set(id, stored);
  }
  return found;
}

/** Iteration. */
export const powerCases: readonly StoreCase[] = [
  {
    name: "all() yields every live session once, and length() counts them",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      same(await kit.store.length!(), 0, "length() of an empty store");
      same((await listed(kit.store)).size, 0, "sessions of an empty store");
      const records = new Map(Array.from({ length: 230 }, () => [kit.id(), kit.record()]));
      await together(
        [...records].map(([id, record]) => async () => await kit.store.create(id, record)),
      );
      const [destroyed, rotated] = [...records.keys()] as [string, string];
      await kit.store.destroy(destroyed);
      records.delete(destroyed);
      const version = (await kit.store.read(rotated))?.version;
      const [to, moved] = [kit.id(), kit.record()];
      await kit.committed(await kit.store.rotate(rotated, to, moved, version), to, moved);
      records.delete(rotated);
      records.set(to, moved);
      const [touched, endless] = [await kit.make(), await kit.make(kit.record({ expires: null }))];
      const later = kit.start + 3 * HOUR;
      same(await kit.store.touch(touched.id, later), true, "touch()");
      records.set(touched.id, { ...touched.record, expires: later });
      records.set(endless.id, endless.record);
      same(await kit.store.length!(), records.size, "length()");
      const found = await listed(kit.store);
      same([...found.keys()].sort(), [...records.keys()].sort(), "ids of all()");
      for (const [id, { json, expires }] of records) {
        same(found.get(id)?.json, json, "json of all()");
        kit.ends(found.get(id)?.expires ?? null, expires);
      }
      const next = kit.record();
      await kit.committed(await kit.store.commit(to, next, found.get(to)?.version), to, next);
      // Nor is an answer kept.
      await kit.peer.destroy(touched.id);
      records.delete(touched.id);
      const again = await listed(kit.store);
      same([...again.keys()].sort(), [...records.keys()].sort(), "ids of all() after a destroy()");
      same(again.get(to)?.json, next.json, "json of all() after a commit()");
      same(await kit.store.length!(), records.size, "length() after a destroy()");
      await kit.store.clear!();
      same(await kit.store.length!(), 0, `length() after clear() of ${records.size} sessions`);
    },
  },
  {
    name: "all() and length() know hostile ids by their name",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const ids = ["__proto__", "a:b", "a/b", "Ab", "aB", "{x}", "*", "é", "a%b", "x".repeat(128)];
      for (const id of ids) await kit.store.create(id, kit.record());
      same([...(await listed(kit.store)).keys()].sort(), ids.sort(), "ids of all()");
      same(await kit.store.length!(), ids.length, "length()");
    },
  },
  {
    name: "all() and length() leave expired sessions out",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const { id } = await kit.make();
      const all = async () => same([...(await listed(kit.store)).keys()], [id], "ids of all()");
      const length = async () => same(await kit.store.length!(), 1, "length()");
      // Each of them comes first once: the other may drop what has expired.
      for (const verbs of [[all, length], [length, all]]) {
        const end = await kit.now() + (kit.exact ? 1_000 : 50);
        await kit.store.create(kit.id(), kit.record({ expires: end }));
        await kit.pass(end - await kit.now() + (kit.exact ? 0 : kit.resolution + 1));
        for (const verb of verbs) await verb();
      }
    },
  },
  {
    name: "all() survives sessions that are destroyed while it runs",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const ids = Array.from({ length: 40 }, () => kit.id());
      await together(ids.map((id) => async () => await kit.store.create(id, kit.record())));
      let seen = 0;
      for await (const [id] of kit.store.all!()) {
        check(ids.includes(id), "all() yields an id that was never stored");
        if (seen++ === 0) { for (const other of ids) await kit.store.destroy(other); }
      }
      check(seen >= 1 && seen <= ids.length, `all() yielded ${seen} sessions`);
      same(await kit.store.length!(), 0, "length()");
    },
  },
  {
    name: "all() yields a session once, also where it is written while it runs",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const made = await together(Array.from({ length: 20 }, () => () => kit.make()));
      const seen: string[] = [];
      for await (const [id, { version }] of kit.store.all!()) {
        check(seen.length < 100, "all() does not end where sessions are written");
        seen.push(id);
        const next = kit.record();
        await kit.committed(await kit.store.commit(id, next, version), id, next);
      }
      same(seen.sort(), made.map(({ id }) => id).sort(), "ids of all()");
    },
  },
  {
    name: "clear() removes every session of this store, and nothing else",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const { neighbour } = kit.subject;
      const record = kit.record();
      await neighbour?.create("next-to-it", record);
      const made = [
        await kit.make(),
        await kit.make(kit.record({ subject: "someone" })),
        await kit.make(kit.record({ expires: null })),
        await kit.make(kit.record({ expires: kit.start + 10 * 365 * 24 * HOUR })),
      ];
      const touched = await kit.make();
      same(await kit.store.touch(touched.id, null), true, "touch() to no end");
      const [from, to] = [await kit.make(), kit.id()];
      await kit.store.rotate(from.id, to, kit.record({ expires: null }), from.version);
      made.push(touched, { ...from, id: to });
      same(await kit.store.length!(), made.length, "length() beside another store");
      same(await kit.store.clear!(), undefined, "clear()");
      same(await kit.store.length!(), 0, "length() after clear()");
      same((await listed(kit.store)).size, 0, "sessions after clear()");
      for (const { id, version } of made) {
        await kit.gone(id, "after clear()");
        const late = await kit.store.commit(id, kit.record(), version);
        same(late, { status: "gone" }, "commit() after clear()");
      }
      if (kit.store.list) same(await kit.store.list("someone"), [], "list() after clear()");
      if (neighbour) same((await neighbour.read("next-to-it"))?.json, record.json, "the neighbour");
      await kit.store.clear!();
    },
  },
];
