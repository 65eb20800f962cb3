/** The cases of the six verbs. */
import type { StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";

const POWERS = {
  sliding: ["readAndTouch"],
  iterate: ["all", "length", "clear"],
  sweep: ["sweep"],
  subject: ["list", "destroyAll"],
} as const;

/** One case for each sentence about the six verbs. */
export const contractCases: readonly StoreCase[] = [
  {
    name: "claims what it has and has what it claims",
    run({ store, capabilities }) {
      same(store.atomic, capabilities.atomic, "atomic");
      for (const power of ["sliding", "iterate", "sweep", "subject"] as const) {
        for (const verb of POWERS[power]) {
          same(typeof store[verb] === "function", capabilities[power] ?? false, `has ${verb}()`);
        }
      }
    },
  },
  {
    name: "read() answers what create() stored, unchanged, with its end",
    async run(kit) {
      const { id, record } = await kit.make();
      await kit.live(id, record, "the second time");
    },
  },
  {
    name: "read() of an unknown id is undefined",
    async run(kit) {
      same(await kit.store.read(kit.id()), undefined, "read()");
    },
  },
  {
    name: "create() answers false for a live id and leaves its record as it is",
    async run(kit) {
      const { id, record, version } = await kit.make();
      same(await kit.store.create(id, kit.record()), false, "create() of a live id");
      await kit.live(id, record);
      const next = kit.record();
      await kit.committed(await kit.store.commit(id, next, version), id, next);
    },
  },
  {
    name: "commit() replaces the record that the version marks",
    async run(kit) {
      const { id, version } = await kit.make();
      const next = kit.record({ expires: kit.start + 2 * HOUR });
      await kit.committed(await kit.store.commit(id, next, version), id, next);
    },
  },
  {
    name: "commit() answers a mark that the next commit() may use",
    async run(kit) {
      const { id, version } = await kit.make();
      let mark = version;
      for (let round = 0; round < 5; round++) {
        const next = kit.record();
        mark = await kit.committed(await kit.store.commit(id, next, mark), id, next);
      }
    },
  },
  {
    name: "commit() with an old version is a conflict that hands back what stands there",
    async run(kit) {
      const { id, version } = await kit.make();
      const [winner, loser] = [kit.record(), kit.record()];
      await kit.committed(await kit.store.commit(id, winner, version), id, winner);
      const mark = kit.conflict(await kit.store.commit(id, loser, version), winner);
      await kit.live(id, winner, "after a conflict");
      await kit.committed(await kit.store.commit(id, loser, mark), id, loser);
    },
  },
  {
    name: "commit() with the version undefined is a conflict",
    async run(kit) {
      const { id, record } = await kit.make();
      kit.conflict(await kit.store.commit(id, kit.record(), undefined), record);
      await kit.live(id, record);
    },
  },
  {
    name: "commit() never creates: an unknown id is gone",
    async run(kit) {
      const { version } = await kit.make();
      for (const mark of [version, undefined]) {
        const id = kit.id();
        same(await kit.store.commit(id, kit.record(), mark), { status: "gone" }, "commit()");
        await kit.gone(id, "after commit() of an unknown id");
      }
    },
  },
  {
    name: "commit() after destroy() is gone and revives nothing",
    async run(kit) {
      const { id, version } = await kit.make();
      await kit.store.destroy(id);
      same(await kit.store.commit(id, kit.record(), version), { status: "gone" }, "commit()");
      await kit.gone(id, "after a commit() that came too late");
    },
  },
  {
    name: "a version from before destroy() does not match a new record of the same id",
    async run(kit) {
      const { id, version } = await kit.make();
      await kit.store.destroy(id);
      const second = kit.record();
      same(await kit.store.create(id, second), true, "create() after destroy()");
      kit.conflict(await kit.store.commit(id, kit.record(), version), second);
      await kit.live(id, second);
    },
  },
  {
    name: "touch() moves the end and nothing else",
    async run(kit) {
      const { id, record } = await kit.make();
      const expires = kit.start + 3 * HOUR;
      same(await kit.store.touch(id, expires), true, "touch()");
      await kit.live(id, { json: record.json, expires }, "after touch()");
      same(await kit.store.touch(id, null), true, "touch() to no end");
      await kit.live(id, { json: record.json, expires: null }, "after touch() to no end");
    },
  },
  {
    name: "touch() leaves the version valid",
    async run(kit) {
      const { id, version } = await kit.make();
      same(await kit.store.touch(id, kit.start + 2 * HOUR), true, "touch()");
      const next = kit.record();
      await kit.committed(await kit.store.commit(id, next, version), id, next);
    },
  },
  {
    name: "touch() never creates: an unknown or destroyed id is false",
    async run(kit) {
      const { id } = await kit.make();
      await kit.store.destroy(id);
      for (const missing of [kit.id(), id]) {
        same(await kit.store.touch(missing, kit.start + HOUR), false, "touch()");
        await kit.gone(missing, "after touch() of a missing id");
      }
    },
  },
  {
    name: "rotate() replaces the old id by the new one",
    async run(kit) {
      const { id, version } = await kit.make();
      const [to, next, later] = [kit.id(), kit.record(), kit.record()];
      const mark = await kit.committed(await kit.store.rotate(id, to, next, version), to, next);
      await kit.gone(id, "of an id that was rotated away");
      await kit.committed(await kit.store.commit(to, later, mark), to, later);
    },
  },
  {
    name: "rotate() is never undone: a write under the old id is gone",
    async run(kit) {
      const { id, version } = await kit.make();
      const [to, next] = [kit.id(), kit.record()];
      await kit.committed(await kit.store.rotate(id, to, next, version), to, next);
      same((await kit.store.commit(id, kit.record(), version)).status, "gone", "commit()");
      same(await kit.store.touch(id, kit.start + HOUR), false, "touch()");
      const again = await kit.store.rotate(id, kit.id(), kit.record(), version);
      same(again.status, "gone", "a second rotate()");
      await kit.store.destroy(id);
      await kit.gone(id, "of an id that was rotated away");
      await kit.live(to, next, "after writes under the old id");
    },
  },
  {
    name: "rotate() with an old or undefined version is a conflict and changes nothing",
    async run(kit) {
      const { id, version } = await kit.make();
      const current = kit.record();
      await kit.committed(await kit.store.commit(id, current, version), id, current);
      for (const mark of [version, undefined]) {
        const to = kit.id();
        kit.conflict(await kit.store.rotate(id, to, kit.record(), mark), current);
        await kit.gone(to, "of the new id after a conflict");
        await kit.live(id, current, "after a rotate() in conflict");
      }
    },
  },
  {
    name: "rotate() never creates: an unknown or destroyed id is gone",
    async run(kit) {
      const { id, version } = await kit.make();
      await kit.store.destroy(id);
      for (const from of [id, kit.id()]) {
        const to = kit.id();
        const result = await kit.store.rotate(from, to, kit.record(), version);
        same(result, { status: "gone" }, "rotate()");
        await kit.gone(from, "of the old id");
        await kit.gone(to, "of the new id");
      }
    },
  },
  {
    name: "destroy() removes the record, and again is fine, and of nothing is fine",
    async run(kit) {
      const [{ id }, other] = [await kit.make(), await kit.make()];
      for (let time = 0; time < 2; time++) {
        same(await kit.store.destroy(id), undefined, "destroy()");
        await kit.gone(id, "after destroy()");
      }
      await kit.store.destroy(kit.id());
      await kit.live(other.id, other.record, "of another session");
    },
  },
  {
    name: "create() after destroy() starts anew",
    async run(kit) {
      const { id } = await kit.make();
      await kit.store.destroy(id);
      const second = kit.record();
      same(await kit.store.create(id, second), true, "create() after destroy()");
      await kit.live(id, second);
    },
  },
  {
    name: "a second handle sees every write of the first",
    when: ({ atomic }) => atomic,
    async run({ store, peer }) {
      const id = crypto.randomUUID();
      const json = '{"cookie":{"originalMaxAge":null},"from":"store"}';
      same(await store.create(id, { json, expires: null }), true, "create()");
      const seen = await peer.read(id);
      check(seen !== undefined, "read() by the second handle is undefined");
      same(seen.json, json, "json read by the second handle");
      await store.destroy(id);
      same(await peer.read(id), undefined, "read() by the second handle after destroy()");
      const late = await peer.commit(id, { json, expires: null }, seen.version);
      same(late, { status: "gone" }, "commit() by the second handle after destroy()");
    },
  },
];
