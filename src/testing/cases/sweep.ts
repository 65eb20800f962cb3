/** The cases of a store that drops what has ended. */
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { inTime } from "../in_time.ts";
import { HOUR, isOrdered } from "../kit.ts";
import { together } from "../together.ts";

const offered: NonNullable<StoreCase["when"]> = ({ sweep }) => sweep === true;

/** One session for each verb that can move an end, all with an end that is soon over. */
async function extended(kit: Kit, end: number) {
  const soon = () => kit.record({ expires: end });
  const [written, touched, rotated, slid] = [
    await kit.make(soon()),
    await kit.make(soon()),
    await kit.make(soon()),
    await kit.make(soon()),
  ];
  const [next, moved, to] = [kit.record(), kit.record(), kit.id()];
  const end2 = kit.start + HOUR;
  await kit.committed(await kit.store.commit(written.id, next, written.version), written.id, next);
  same(await kit.store.touch(touched.id, end2), true, "touch()");
  await kit.committed(await kit.store.rotate(rotated.id, to, moved, rotated.version), to, moved);
  const alive: [verb: string, id: string, json: string][] = [
    ["commit()", written.id, next.json],
    ["touch()", touched.id, touched.record.json],
    ["rotate()", to, moved.json],
  ];
  if (kit.store.readAndTouch) {
    await kit.store.readAndTouch(slid.id, HOUR);
    alive.push(["readAndTouch()", slid.id, slid.record.json]);
  }
  return alive;
}

/** Sweeping. */
export const sweepCases: readonly StoreCase[] = [
  {
    name: "sweep() drops at most `limit` expired sessions, says how many, and keeps the live ones",
    when: offered,
    async run(kit) {
      const live = await kit.make(kit.record({ expires: kit.start + 72 * HOUR }));
      const endless = await kit.make(kit.record({ expires: null }));
      const end = await kit.now() + (kit.exact ? 1_000 : 50);
      const count = 7;
      for (let at = 0; at < count; at++) {
        await kit.store.create(kit.id(), kit.record({ expires: end }));
      }
      // Two days, for a store that keeps expired records for a while on purpose.
      await kit.pass(kit.exact ? 48 * HOUR : end - await kit.now() + kit.resolution + 1);
      same(await kit.store.sweep!(0), 0, "sweep(0)");
      let total = 0;
      for (let rounds = 0; rounds < count + 1; rounds++) {
        const dropped = await kit.store.sweep!(3);
        check(dropped >= 0 && dropped <= 3, `sweep(3) dropped ${dropped}`);
        total += dropped;
        if (dropped === 0) break;
      }
      check(total <= count, `sweep() counted ${total} of ${count} expired sessions`);
      if (kit.exact) same(total, count, "sessions dropped by sweep()");
      same(await kit.store.sweep!(), 0, "sweep() of a clean store");
      await kit.live(live.id, live.record, "after sweep()");
      check((await kit.store.read(endless.id)) !== undefined, "sweep() dropped an endless session");
    },
  },
  {
    name: "sweep() of live sessions drops none, however soon they end",
    when: offered,
    async run(kit) {
      const live = [
        await kit.make(kit.record({ expires: await kit.now() + (kit.exact ? 10_000 : 60_000) })),
        await kit.make(kit.record({ expires: kit.start + 1_000_000 })),
        await kit.make(kit.record({ expires: null })),
        await kit.make(kit.record({ expires: kit.start + 10 * 365 * 24 * HOUR })),
      ];
      for (const limit of [1, 3, undefined]) {
        same(await kit.store.sweep!(limit), 0, `sweep(${limit}) of live sessions`);
        for (const { id, record } of live) await kit.live(id, record, `after sweep(${limit})`);
      }
    },
  },
  {
    name: "sweep() drops nothing that lives, be it for a moment more",
    when: offered,
    async run(kit) {
      const end = await kit.now() + kit.resolution + (kit.exact ? 1 : 900);
      const { id, record } = await kit.make(kit.record({ expires: end }));
      const dropped = await kit.store.sweep!();
      const stored = await kit.store.read(id);
      // On a server's clock, all that may have taken too long.
      if (await kit.now() >= end - kit.resolution) return;
      same(dropped, 0, "sweep() right before an end");
      same(stored?.json, record.json, `read(${JSON.stringify(id)}) after sweep() before its end`);
    },
  },
  {
    name: "sweep() goes by the end that stands, whichever verb moved it",
    when: offered,
    async run(kit) {
      const { end, done: alive } = await inTime(kit, 1_000, (end) => extended(kit, end));
      await kit.pass(end - await kit.now() + (kit.exact ? 1 : kit.resolution + 1));
      await kit.store.sweep!();
      for (const [verb, id, json] of alive) {
        const stored = await kit.store.read(id);
        same(
          stored?.json,
          json,
          `read(${JSON.stringify(id)}) after sweep(), as ${verb} moved its end`,
        );
      }
    },
  },
  {
    name: "a session that takes an expired one's place outlives a sweep() under way",
    when: (capabilities) =>
      offered(capabilities) && isOrdered(capabilities) && capabilities.clock === "injected",
    async run(kit) {
      for (let round = 0; round < Math.ceil(kit.effort.takes / 4); round++) {
        const ids = Array.from({ length: 4 }, () => kit.id());
        const end = await kit.now() + 10_000;
        for (const id of ids) await kit.store.create(id, kit.record({ expires: end }));
        await kit.pass(10_000 + kit.resolution);
        const records = ids.map(() => kit.record({ expires: end + HOUR }));
        await together([
          async () => {
            await kit.random.pause(6);
            await kit.store.sweep!();
          },
          ...ids.map((id, at) => async () => {
            await kit.random.pause(6);
            const made = await kit.peer.create(id, records[at]!);
            same(made, true, `create(${JSON.stringify(id)}), which has expired,`);
          }),
        ]);
        for (const [at, id] of ids.entries()) {
          await kit.live(id, records[at]!, `after sweep() in round ${round + 1}`);
          await kit.store.destroy(id);
        }
      }
    },
  },
];
