/** The cases of rotate(). */
import type { StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { HOUR } from "../kit.ts";

/** One case for each sentence about the change of an id. */
export const rotationCases: readonly StoreCase[] = [
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
];
