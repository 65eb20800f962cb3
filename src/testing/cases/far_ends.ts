/** The cases of the end that stands: the very one that was written, near or far. */
import type { Kit, StoreCase } from "../kit.ts";
import { same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { together } from "../together.ts";

const DAY = 24 * HOUR;
/** The last moment that a `Date` can name. */
const LAST = 8.64e15;

/** Ends that are a little off the one before, or beyond what a column, a second or a year counts. */
const farEnds = (start: number): number[] => [
  ...[1, 500, 5_000].map((ms) => start + HOUR + ms),
  ...[31, 90, 3_650].map((days) => start + days * DAY),
  ...[2 ** 31 * 1_000, 2 ** 32 * 1_000, 253_402_300_800_000, 8e15, LAST - 1, LAST],
  ...[LAST + 1, 1e300, Infinity],
];

/** Writes an end by a verb, and answers where the session is afterwards. */
type Write = (kit: Kit, end: number, first: number) => Promise<string>;

const WRITES: Readonly<Record<string, Write>> = {
  async create(kit, end) {
    const id = kit.id();
    same(await kit.store.create(id, { json: kit.record().json, expires: end }), true, "create()");
    return id;
  },
  async commit(kit, end, first) {
    const { id, version } = await kit.make(kit.record({ expires: first }));
    await kit.store.commit(id, { json: kit.record().json, expires: end }, version);
    return id;
  },
  async touch(kit, end, first) {
    const { id } = await kit.make(kit.record({ expires: first }));
    same(await kit.store.touch(id, end), true, `touch() to ${end}`);
    return id;
  },
  async rotate(kit, end, first) {
    const [{ id, version }, to] = [await kit.make(kit.record({ expires: first })), kit.id()];
    await kit.store.rotate(id, to, { json: kit.record().json, expires: end }, version);
    return to;
  },
};

/** What becomes of ends. */
export const farEndCases: readonly StoreCase[] = [
  {
    name: "the end that stands is the one that was written, however near to the last or far",
    async run(kit) {
      const plans = farEnds(kit.start).flatMap((end) =>
        Object.entries(WRITES).map(([verb, write]) => ({ end, verb, write }))
      );
      await together(plans.map(({ end, verb, write }) => async () => {
        const id = await write(kit, end, kit.start + HOUR);
        const where = `read() after ${verb}() with the end ${end}`;
        const stored = await kit.store.read(id);
        same(stored === undefined, false, `${where}: is it gone,`);
        kit.ends(stored!.expires, Math.min(end, LAST), `expires that ${where} answers`);
      }));
    },
  },
  {
    name: "a session without an end lives until keptUntil, where the store says so, and no longer",
    when: ({ clock }) => clock === "injected",
    async run(kit) {
      const { id, record } = await kit.make(kit.record({ expires: null }));
      const { keptUntil } = await kit.live(id, record);
      if (keptUntil === undefined) return;
      await kit.pass(keptUntil - kit.resolution - 1 - await kit.now());
      await kit.live(id, record, "a millisecond before keptUntil");
      await kit.pass(2 * kit.resolution + 1);
      await kit.gone(id, "at keptUntil");
    },
  },
  {
    name: "an end before 1970 is over",
    async run(kit) {
      const plans = [-1, -5_000, -1e12].flatMap((end) =>
        Object.entries(WRITES).map(([verb, write]) => ({ end, verb, write }))
      );
      await together(plans.map(({ end, verb, write }) => async () => {
        const id = await write(kit, end, kit.start + HOUR);
        await kit.gone(id, `after ${verb}() with the end ${end}`);
      }));
    },
  },
];
