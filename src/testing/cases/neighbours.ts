/** The cases of a store that shares its server with another one. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";

/** What a store does to everything that is its own. */
function waysOf(kit: Kit, id: string, subject: string): Record<string, () => unknown> {
  const { store } = kit;
  const record = () => kit.record({ subject });
  const ways: Record<string, () => unknown> = {
    "read()": async () => same(await store.read(id), undefined, "read() of a neighbour's id"),
    "destroy()": () => store.destroy(id),
    "create() and destroy()": async () => {
      same(await store.create(id, record()), true, "create() of a neighbour's id");
      await store.destroy(id);
    },
    "rotate()": async () => {
      const { id: from, version } = await kit.make(record());
      await store.rotate(from, kit.id(), record(), version);
    },
  };
  if (store.list) {
    ways["list() and destroyAll()"] = async () => {
      const { id: own } = await kit.make(record());
      const listed = (await store.list!(subject)).includes(id);
      same(listed, false, "does list() name a neighbour's session,");
      await store.destroyAll!(subject, own);
      await store.destroyAll!(subject);
    };
  }
  if (store.sweep) {
    ways["sweep()"] = async () => {
      same(await store.sweep!(), 0, "sweep() beside a neighbour's live sessions");
    };
  }
  if (store.clear) ways["clear()"] = () => store.clear!();
  return ways;
}

/** What a store leaves alone. */
export const neighbourCases: readonly StoreCase[] = [
  {
    name: "no verb reaches a neighbour's sessions, or its subjects",
    async run(kit) {
      const { neighbour } = kit.subject;
      if (neighbour === undefined) return;
      const [id, endless, subject] = [kit.id(), kit.id(), `ada ${kit.id()}`.slice(0, 60)];
      const records = new Map([
        [id, kit.record({ subject })],
        [endless, kit.record({ subject, expires: null })],
      ]);
      for (const [each, record] of records) await neighbour.create(each, record);
      for (const [verb, way] of Object.entries(waysOf(kit, id, subject))) {
        await way();
        for (const [each, { json }] of records) {
          same((await neighbour.read(each))?.json, json, `a neighbour's session after ${verb}`);
        }
        const listed = await neighbour.list?.(subject);
        const ids = [...records.keys()].sort();
        if (listed) same(listed.sort(), ids, `a neighbour's list() after ${verb}`);
      }
      same(await neighbour.destroyAll?.(subject) ?? 2, 2, "a neighbour's destroyAll()");
      for (const each of records.keys()) await neighbour.destroy(each);
    },
  },
];
