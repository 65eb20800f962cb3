/** The cases of an end that a verb moves, on the clock of whoever counts it. */
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { together } from "../together.ts";

/** A session whose end a verb is to move. */
interface Moved {
  readonly verb: string;
  /** Where it is after the verb. */
  readonly id: string;
  readonly json: string;
  /** Whether the verb said that it was done. */
  readonly done: boolean;
}

/** How a verb moves the end of a session, of this lifetime, to `end`. */
type Move = (
  kit: Kit,
  first: number | null,
  end: number | null,
  lifetime: number,
) => Promise<Moved>;

const MOVES: Readonly<Record<string, Move>> = {
  async commit(kit, first, end) {
    const { id, version } = await begun(kit, first);
    const next = kit.record({ expires: end });
    const { status } = await kit.store.commit(id, next, version);
    return { verb: "commit()", id, json: next.json, done: status === "committed" };
  },
  async touch(kit, first, end) {
    const { id, json } = await begun(kit, first);
    return { verb: "touch()", id, json, done: await kit.store.touch(id, end) };
  },
  async rotate(kit, first, end) {
    const { id, version } = await begun(kit, first);
    const [to, next] = [kit.id(), kit.record({ expires: end })];
    const { status } = await kit.store.rotate(id, to, next, version);
    return { verb: "rotate()", id: to, json: next.json, done: status === "committed" };
  },
  async readAndTouch(kit, first, _end, lifetime) {
    const { id, json } = await begun(kit, first, lifetime);
    const stored = await kit.store.readAndTouch!(id, lifetime);
    return { verb: "readAndTouch()", id, json, done: stored?.json === json };
  },
};

async function begun(kit: Kit, expires: number | null, lifetime: number = HOUR) {
  const [id, { json }] = [kit.id(), kit.record({ expires, lifetime })];
  await kit.store.create(id, { json, expires });
  return { id, json, version: (await kit.store.read(id))?.version };
}

function movesOf(kit: Kit, end: number | null): Move[] {
  return Object.entries(MOVES)
    // A lifetime without an end is nothing that readAndTouch() could begin again.
    .filter(([verb]) => verb !== "readAndTouch" || (kit.store.readAndTouch && end !== null))
    .map(([, move]) => move);
}

/** The shortest life that the store can count. */
function shortLife(kit: Kit): number {
  return 120 + 2 * kit.resolution;
}

/**
 * Moves the end of short lives in time. A server counts real time whatever
 * clock the kit has, and a slow one may be too late: then the life was too short.
 */
async function movedInTime(kit: Kit, move: Move, end: number | null): Promise<[Moved, number]> {
  for (let life = shortLife(kit);; life *= 3) {
    const began = performance.now();
    const moved = await move(kit, await kit.now() + life, end, HOUR);
    const took = performance.now() - began;
    if (took < life / 2) return [moved, life];
    check(life < HOUR / 2, `${moved.verb} took ${Math.round(took)} ms`);
  }
}

/** Waits on the server's clock, which runs, and on the injected one. */
async function outlast(kit: Kit, ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms + kit.resolution + 15));
  if (kit.exact) await kit.pass(ms + kit.resolution);
}

/** Shown for each verb by a session that would be over without it, or would not. */
export const movedEndCases: readonly StoreCase[] = [
  {
    name: "a commit() or rotate() of the same text stores its new end, or that it has none",
    async run(kit) {
      const { id, record, version } = await kit.make();
      let mark = version;
      for (const expires of [kit.start + 2 * HOUR, null, kit.start + HOUR / 2]) {
        const next = { ...record, expires };
        mark = await kit.committed(await kit.store.commit(id, next, mark), id, next);
      }
      const [to, next] = [kit.id(), { ...record, expires: kit.start + 3 * HOUR }];
      await kit.committed(await kit.store.rotate(id, to, next, mark), to, next);
    },
  },
  {
    name: "a session lives past the end it had before commit, touch, rotate or readAndTouch",
    async run(kit) {
      const end = await kit.now() + HOUR;
      const moves = [end, null].flatMap((to) => movesOf(kit, to).map((move) => ({ move, to })));
      const all = await together(moves.map(({ move, to }) => async () => {
        return { to, moved: await movedInTime(kit, move, to) };
      }));
      for (const { to, moved: [{ verb, id, done }] } of all) {
        check(done, `${verb} of the live session ${JSON.stringify(id)} to ${to} was not done`);
      }
      await outlast(kit, Math.max(...all.map(({ moved: [, life] }) => life)));
      for (const { to, moved: [{ verb, id, json }] } of all) {
        const where = `read(${JSON.stringify(id)}) past the end it had before ${verb} moved it`;
        same((await kit.store.read(id))?.json, json, `${where} to ${to ?? "no end"}`);
      }
    },
  },
  {
    name: "a session is over at the end that commit, touch, rotate or readAndTouch brought nearer",
    async run(kit) {
      const life = shortLife(kit);
      const now = await kit.now();
      const moved = await together(
        [HOUR, null].flatMap((first) =>
          movesOf(kit, 0).map((move) => () =>
            move(kit, first === null ? null : now + first, now + life, life)
          )
        ),
      );
      const latest = await kit.now() + life;
      await outlast(kit, latest - now);
      for (const { verb, id } of moved) {
        const where = `read(${JSON.stringify(id)}) past the end that ${verb} brought nearer`;
        same((await kit.store.read(id))?.json, undefined, where);
      }
    },
  },
];
