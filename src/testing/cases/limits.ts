/** The cases of a limit of the store's own: it is for sessions without an end, and moves along. */
import type { SessionRecord, Version } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";

const DAY = 24 * HOUR;
/** Beyond a fortnight or a month, by which stores drop what has no end; and beyond a year. */
const FAR = [30 * DAY, 400 * DAY];

/** Writes an end by a verb, and answers where the session is afterwards. */
type Write = (kit: Kit, id: string, version: Version, record: SessionRecord) => Promise<string>;

const WRITES: Readonly<Record<string, Write>> = {
  async commit(kit, id, version, record) {
    same((await kit.store.commit(id, record, version)).status, "committed", "commit()");
    return id;
  },
  async touch(kit, id, _, { expires }) {
    same(await kit.store.touch(id, expires), true, "touch()");
    return id;
  },
  async rotate(kit, id, version, record) {
    const to = kit.id();
    same((await kit.store.rotate(id, to, record, version)).status, "committed", "rotate()");
    return to;
  },
};

/** How long sessions live. */
export const limitCases: readonly StoreCase[] = [
  {
    name: "a session with an end lives until then, whatever limit there is for those without",
    when: ({ clock }) => clock === "injected",
    async run(kit) {
      for (const life of FAR) {
        const end = await kit.now() + life;
        const record = () => kit.record({ expires: end });
        const { id } = await kit.make(record());
        const alive: [verb: string, id: string][] = [["create", id]];
        for (const [verb, write] of Object.entries(WRITES)) {
          // It had no end before: what limits it then does not afterwards.
          const one = await kit.make(kit.record({ expires: null }));
          alive.push([verb, await write(kit, one.id, one.version, record())]);
        }
        await kit.pass(life - DAY);
        for (const [verb, each] of alive) {
          const why = `a day before the end, ${life / DAY} days after ${verb}() wrote it`;
          const stored = await kit.store.read(each);
          check(stored !== undefined, `read(${JSON.stringify(each)}) is undefined ${why}`);
          // A text that names no end may still be taken for one without after a touch().
          if (verb !== "touch") kit.ends(stored.expires, end, `expires ${why}`);
        }
        await kit.pass(DAY + kit.resolution);
        for (const [verb, each] of alive) await kit.gone(each, `at the end that ${verb}() wrote`);
      }
    },
  },
  {
    name: "keptUntil moves along with each touch(), commit() and rotate() of a session without end",
    when: ({ clock }) => clock === "injected",
    async run(kit) {
      const endless = () => kit.record({ expires: null });
      for (const [verb, write] of Object.entries(WRITES)) {
        let { id } = await kit.make(endless());
        for (let times = 1; times <= 3; times++) {
          const before = await kit.store.read(id);
          const where = `read(${JSON.stringify(id)}) before ${verb}() number ${times}`;
          check(before !== undefined, `${where} is undefined, half its limit after the last one`);
          const { keptUntil, version } = before;
          if (keptUntil === undefined) return;
          await kit.pass(Math.floor((keptUntil - await kit.now()) / 2));
          id = await write(kit, id, version, endless());
          const after = (await kit.store.read(id))?.keptUntil;
          check(
            after !== undefined && after > keptUntil,
            `keptUntil after ${verb}(): expected later than ${keptUntil}, got ${after}`,
          );
        }
        const { keptUntil } = (await kit.store.read(id))!;
        await kit.pass(keptUntil! - kit.resolution - 1 - await kit.now());
        const last = await kit.store.read(id);
        check(last !== undefined, `a session is gone before the keptUntil that ${verb}() moved`);
      }
    },
  },
];
