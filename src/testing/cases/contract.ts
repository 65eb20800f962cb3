/** The cases of the six verbs. */
import type { StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";

const POWERS = {
  sliding: ["readAndTouch"],
  iterate: ["all", "length", "clear"],
  sweep: ["sweep"],
  subject: ["list", "destroyAll"],
  watch: ["watch", "announce"],
} as const;

/** One case for each sentence about the six verbs. */
export const contractCases: readonly StoreCase[] = [
  {
    name: "claims what it has and has what it claims",
    run({ store, subject, capabilities }) {
      same(store.atomic, capabilities.atomic !== false, "atomic");
      for (const hook of ["corrupt", "outage"] as const) {
        const has = typeof subject[hook] === "function";
        same(has, capabilities[hook] ?? false, `create() hands over ${hook}(), as it is claimed,`);
      }
      for (const power of ["sliding", "iterate", "sweep", "subject", "watch"] as const) {
        for (const verb of POWERS[power]) {
          same(typeof store[verb] === "function", capabilities[power] ?? false, `has ${verb}()`);
        }
      }
    },
  },
  {
    name: "a store that is atomic between processes has a second connection to show it by",
    when: ({ atomic }) => atomic === true,
    run({ subject: { store, peer } }) {
      check(
        peer !== undefined && peer !== store,
        "capabilities.atomic is true, and nothing shows it: create() must hand over a `peer`, " +
          "another store by another connection, in another process where the store locks anything " +
          'in its own (remoteStore()). Where no other process reaches the data, claim "one process"; ' +
          "where others may overwrite each other, claim false",
      );
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
    name: "what read() handed out stays as it was, whatever is written afterwards",
    async run(kit) {
      const { id, record } = await kit.make();
      const stored = await kit.live(id, record);
      const [{ json, expires }, next] = [stored, kit.record({ expires: kit.start + 2 * HOUR })];
      await kit.committed(await kit.store.commit(id, next, stored.version), id, next);
      await kit.store.touch(id, kit.start + 3 * HOUR);
      same([stored.json, stored.expires], [json, expires], "what read() handed out before");
      const late = await kit.store.commit(id, kit.record(), stored.version);
      kit.conflict(late, { ...next, expires: kit.start + 3 * HOUR });
      const slid = await kit.store.readAndTouch?.(id, HOUR);
      if (slid === undefined) return;
      const handed = [slid.json, slid.expires];
      await kit.store.commit(id, kit.record({ expires: kit.start + 4 * HOUR }), slid.version);
      await kit.store.readAndTouch?.(id, HOUR);
      same([slid.json, slid.expires], handed, "what readAndTouch() handed out before");
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
      same(await kit.store.create(id, record), false, "create() of a live id with its own record");
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
    name: "destroy() removes the record, and again is fine, and of nothing is fine",
    async run(kit) {
      const [{ id }, other] = [await kit.make(), await kit.make()];
      for (const [of, other] of [["a live record", false], ["nothing", true]] as const) {
        const was = await kit.store.destroy(id);
        const isFine = was === undefined || typeof was === "boolean";
        check(isFine, `destroy(): expected a boolean or nothing, got ${typeof was}`);
        check(was !== other, `destroy() of ${of} answers ${was}; where it cannot tell, nothing`);
        await kit.gone(id, "after destroy()");
      }
      for (const options of [{ expires: null }, { subject: "ada" }]) {
        const { id } = await kit.make(kit.record(options));
        const was = await kit.store.destroy(id);
        check(
          was !== false,
          `destroy() of a live record answers false: ${JSON.stringify(options)}`,
        );
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
    name: "a second handle sees every write of the first, and writes with what it saw",
    when: ({ atomic }) => atomic !== false,
    async run(kit) {
      const { store, peer } = kit;
      const { id, record } = await kit.make();
      const seen = await peer.read(id);
      check(seen !== undefined, `peer.read(${JSON.stringify(id)}) is undefined after create()`);
      same(seen.json, record.json, "json read by the second handle");
      const [next, later] = [kit.record(), kit.record()];
      const { version } = await kit.live(id, record);
      await kit.committed(await peer.commit(id, next, seen.version), id, next);
      kit.conflict(await store.commit(id, later, version), next);
      same(await peer.touch(id, kit.start + 2 * HOUR), true, "touch() by the second handle");
      const moved = await kit.live(id, { ...next, expires: kit.start + 2 * HOUR });
      const to = kit.id();
      await kit.committed(await store.rotate(id, to, later, moved.version), to, later);
      same(await peer.read(id), undefined, "read() by the second handle after rotate()");
      const there = await peer.read(to);
      same(there?.json, later.json, "json under the new id read by the second handle");
      await store.destroy(to);
      same(await peer.read(to), undefined, "read() by the second handle after destroy()");
      const late = await peer.commit(to, record, there?.version);
      same(late, { status: "gone" }, "commit() by the second handle after destroy()");
    },
  },
];
