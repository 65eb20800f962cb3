/** The cases of a session that ends. */
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { inTime } from "../in_time.ts";
import { HOUR } from "../kit.ts";

/** The last moment that a `Date` can name. */
const LAST_MOMENT = 8.64e15;

/** A session whose end is near, and the means to stand right before and at it. */
export async function brief(kit: Kit) {
  const { end: expires, done: { id, record, version } } = await inTime(
    kit,
    250,
    (end) => kit.make(kit.record({ expires: end })),
  );
  /** Lets time pass until `offset` milliseconds after the end, and the store's precision more. */
  const reach = async (offset: number) => {
    const slack = offset < 0 ? 0 : kit.resolution + (kit.exact ? 0 : 1);
    await kit.pass(expires + offset + slack - await kit.now());
  };
  return { id, record, expires, version, reach };
}

/** The end of a session, to the millisecond where the clock allows. */
export const expiryCases: readonly StoreCase[] = [
  {
    name: "a session lives until 1 ms before its end and is gone at its end",
    async run(kit) {
      const { id, record, expires, reach } = await brief(kit);
      if (kit.exact) {
        await reach(-1 - kit.resolution);
        await kit.live(id, record, "right before its end");
        await reach(0);
        return await kit.gone(id, "at its end");
      }
      for (let ended = false; !ended;) {
        const before = await kit.now();
        const alive = (await kit.store.read(id)) !== undefined;
        const after = await kit.now();
        if (after < expires - kit.resolution) check(alive, "read() is undefined before the end");
        ended = before >= expires + kit.resolution;
        if (ended) check(!alive, `read() finds the session ${before - expires} ms after its end`);
      }
    },
  },
  {
    name: "commit(), touch() and rotate() work until 1 ms before the end",
    when: ({ clock }) => clock === "injected",
    async run(kit) {
      const [written, touched, rotated] = [await brief(kit), await brief(kit), await brief(kit)];
      await rotated.reach(-1 - kit.resolution);
      const next = kit.record();
      const { id, version } = written;
      await kit.committed(await kit.store.commit(id, next, version), id, next);
      same(await kit.store.touch(touched.id, kit.start + HOUR), true, "touch()");
      const to = kit.id();
      await kit.committed(
        await kit.store.rotate(rotated.id, to, next, rotated.version),
        to,
        next,
      );
      await rotated.reach(0);
      await kit.live(id, next, "past the end it had before commit()");
      await kit.live(touched.id, { json: touched.record.json, expires: kit.start + HOUR });
      await kit.live(to, next, "past the end it had before rotate()");
    },
  },
  {
    name: "no end moves by itself: not by read(), a conflict, or a create() that is refused",
    async run(kit) {
      const expires = kit.start + HOUR;
      const { id, version } = await kit.make(kit.record({ expires, lifetime: HOUR }));
      const next = kit.record({ expires, lifetime: HOUR });
      await kit.committed(await kit.store.commit(id, next, version), id, next);
      await kit.pass(kit.exact ? 60_000 : 20);
      await kit.live(id, next, "some time later");
      kit.conflict(await kit.store.commit(id, kit.record(), version), next);
      kit.conflict(await kit.store.rotate(id, kit.id(), kit.record(), version), next);
      await kit.store.create(id, kit.record({ expires: kit.start + 2 * HOUR }));
      await kit.live(id, next, "after reads, conflicts and a create() that was refused");
    },
  },
  {
    name: "commit() of an expired session is gone and revives nothing",
    async run(kit) {
      const { id, version, reach } = await brief(kit);
      await reach(0);
      same(await kit.store.commit(id, kit.record(), version), { status: "gone" }, "commit()");
      await kit.gone(id, "after commit() of an expired session");
    },
  },
  {
    name: "touch() of an expired session is false and revives nothing",
    async run(kit) {
      const { id, reach } = await brief(kit);
      await reach(0);
      same(await kit.store.touch(id, kit.start + HOUR), false, "touch()");
      await kit.gone(id, "after touch() of an expired session");
    },
  },
  {
    name: "rotate() of an expired session is gone and creates nothing",
    async run(kit) {
      const { id, version, reach } = await brief(kit);
      const to = kit.id();
      await reach(0);
      same(await kit.store.rotate(id, to, kit.record(), version), { status: "gone" }, "rotate()");
      await kit.gone(id, "of the old id");
      await kit.gone(to, "of the new id");
    },
  },
  {
    name: "create() takes the place of an expired session",
    async run(kit) {
      const { id, version, reach } = await brief(kit);
      await reach(0);
      const record = kit.record();
      same(await kit.store.create(id, record), true, "create() of an expired id");
      await kit.live(id, record);
      kit.conflict(await kit.store.commit(id, kit.record(), version), record);
    },
  },
  {
    name: "an end in the past ends the session, whichever verb sets it, and no verb fails",
    async run(kit) {
      // 0 is 1970, and no way to say "none".
      for (const past of [kit.start - 10_000, 0]) {
        const born = kit.id();
        await kit.store.create(born, kit.record({ expires: past }));
        await kit.gone(born, `of a session born with the end ${past}`);
        const written = await kit.make();
        await kit.store.commit(written.id, kit.record({ expires: past }), written.version);
        await kit.gone(written.id, `after a commit() with the end ${past}`);
        const touched = await kit.make();
        await kit.store.touch(touched.id, past);
        await kit.gone(touched.id, `after a touch() to ${past}`);
        const back = await kit.store.touch(touched.id, kit.start + HOUR);
        same(back, false, `touch() back to the future from ${past}`);
        await kit.gone(touched.id, "after a touch() to the past and back");
        const [rotated, to] = [await kit.make(), kit.id()];
        await kit.store.rotate(rotated.id, to, kit.record({ expires: past }), rotated.version);
        await kit.gone(rotated.id, `of the old id after a rotate() with the end ${past}`);
        await kit.gone(to, `of the new id after a rotate() with the end ${past}`);
      }
    },
  },
  {
    name: "a session without an end lives on, and one of ten years keeps its end",
    async run(kit) {
      const endless = await kit.make(kit.record({ expires: null }));
      const long = await kit.make(kit.record({ expires: kit.start + 10 * 365 * 24 * HOUR }));
      if (kit.exact) await kit.pass(HOUR);
      await kit.live(endless.id, endless.record, "an hour later");
      await kit.live(long.id, long.record, "an hour later");
    },
  },
  {
    name: "no verb fails on a cookie whose lifetime or end is no such thing",
    async run(kit) {
      const end = kit.start + HOUR;
      const odd = [
        { originalMaxAge: "abc", expires: end },
        { originalMaxAge: 1e300, expires: "soon" },
        { originalMaxAge: -1, expires: false },
        { originalMaxAge: [], expires: {} },
        {},
      ];
      for (const [at, cookie] of odd.entries()) {
        const text = (n: number): string => JSON.stringify({ cookie, at, n });
        const { id, version, record } = await kit.make({ json: text(1), expires: end });
        for (const maxAge of [HOUR, 0, 1e300]) await kit.store.readAndTouch?.(id, maxAge);
        same(await kit.store.touch(id, end), true, "touch()");
        await kit.live(id, record);
        const next = { json: text(2), expires: end };
        await kit.committed(await kit.store.commit(id, next, version), id, next);
        kit.conflict(await kit.store.commit(id, record, version), next);
        const to = kit.id();
        const current = await kit.live(id, next);
        const rotated = await kit.store.rotate(id, to, record, current.version);
        await kit.committed(rotated, to, record);
      }
    },
  },
  {
    name: "an end later than any date is the last date, and makes no verb fail",
    async run(kit) {
      const live = async (id: string, json: string) => {
        const { expires, version } = await kit.live(id, { json, expires: null });
        check(expires === null || expires <= LAST_MOMENT, `expires: no date can be ${expires}`);
        return version;
      };
      for (const expires of [LAST_MOMENT - 1, LAST_MOMENT, LAST_MOMENT + 1, 1e300]) {
        const late = { json: kit.record().json, expires };
        const [id, to] = [kit.id(), kit.id()];
        same(await kit.store.create(id, late), true, "create()");
        same(await kit.store.touch(id, expires), true, "touch()");
        const next = { json: kit.record().json, expires };
        const { status } = await kit.store.commit(id, next, await live(id, late.json));
        same(status, "committed", "status of commit()");
        const version = await live(id, next.json);
        same((await kit.store.rotate(id, to, late, version)).status, "committed", "rotate()");
        await live(to, late.json);
        // An end that is computed may be as late.
        const long = kit.record({ lifetime: expires });
        const { id: other } = await kit.make(long);
        const end = (await kit.store.readAndTouch?.(other, expires))?.expires ?? null;
        check(end === null || end <= LAST_MOMENT, `expires: no date can be ${end}`);
        await live(other, long.json);
      }
    },
  },
];
