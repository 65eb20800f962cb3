/** The cases of concurrent writers. */
import type { SessionRecord, Version } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR, isOrdered } from "../kit.ts";
import { everyone, together } from "../together.ts";
import { interleave } from "./interleave.ts";

/** Reads, changes and commits until it was stored; `change` may answer `undefined` to give up. */
async function update(
  kit: Kit,
  id: string,
  number: number,
  change: (data: Record<string, unknown>) => object | undefined,
): Promise<boolean> {
  const store = number % 2 === 0 ? kit.store : kit.peer;
  let current = await store.read(id);
  for (let attempts = 0; attempts < 10_000; attempts++) {
    check(current !== undefined, "read() of a live session is undefined");
    const data = change(JSON.parse(current.json) as Record<string, unknown>);
    if (data === undefined) return false;
    await kit.random.pause(3);
    const result = await store.commit(id, kit.record({ data }), current.version);
    check(result.status !== "gone", "commit() of a live session is gone");
    if (result.status === "committed") return true;
    current = result.current;
  }
  throw new Error("10,000 commits in a row were conflicts");
}

/** What a store promises to whoever it keeps in order: every process, or its own. */
export const raceCases: readonly StoreCase[] = [
  {
    name: "concurrent verbs answer as if they came one after the other",
    when: isOrdered,
    async run(kit) {
      for (let round = 1; round <= kit.effort.interleavings; round++) await interleave(kit, round);
    },
  },
  {
    name: "concurrent increments are all counted",
    when: isOrdered,
    async run(kit) {
      const { workers, increments } = kit.effort;
      const { id } = await kit.make(kit.record({ data: { count: 0 } }));
      await everyone(workers, async (number) => {
        for (let time = 0; time < increments; time++) {
          await update(kit, id, number, ({ count }) => ({ count: Number(count) + 1 }));
        }
      });
      const stored = await kit.store.read(id);
      const { count } = JSON.parse(stored?.json ?? "{}") as { count?: number };
      same(count, workers * increments, "count");
    },
  },
  {
    name: "a value that is taken once has one taker",
    when: isOrdered,
    async run(kit) {
      for (let round = 0; round < kit.effort.takes; round++) {
        const { id } = await kit.make(kit.record({ data: { token: "once" } }));
        const won = await everyone(kit.effort.workers, async (number) => {
          await kit.random.pause(6);
          return await update(kit, id, number, ({ token }) => token === "once" ? {} : undefined);
        });
        same(won.filter(Boolean).length, 1, `takers in round ${round + 1}`);
        await kit.store.destroy(id);
      }
    },
  },
  {
    name: "of two concurrent create() of one id one wins, and the other changes nothing",
    when: isOrdered,
    async run(kit) {
      for (let round = 0; round < kit.effort.takes; round++) {
        const id = kit.id();
        const records = Array.from({ length: kit.effort.workers }, () => kit.record());
        const won = await everyone(records.length, async (number) => {
          await kit.random.pause(6);
          const store = number % 2 === 0 ? kit.store : kit.peer;
          return await store.create(id, records[number]!);
        });
        same(won.filter(Boolean).length, 1, `winners in round ${round + 1}`);
        await kit.live(id, records[won.indexOf(true)]!, "after concurrent create()");
        await kit.store.destroy(id);
      }
    },
  },
  {
    name: "of concurrent rotate() of one id one wins, and one new id lives",
    when: isOrdered,
    async run(kit) {
      for (let round = 0; round < kit.effort.takes; round++) {
        const { id, version } = await kit.make();
        const tries = Array.from({ length: 4 }, () => ({ to: kit.id(), record: kit.record() }));
        const results = await everyone(tries.length, async (number) => {
          await kit.random.pause(6);
          const { to, record } = tries[number]!;
          const store = number % 2 === 0 ? kit.store : kit.peer;
          return (await store.rotate(id, to, record, version)).status;
        });
        same(results.filter((status) => status === "committed").length, 1, "winners");
        await kit.gone(id, "of the id that was rotated away");
        for (const [number, { to, record }] of tries.entries()) {
          if (results[number] === "committed") await kit.live(to, record, "after rotate()");
          else await kit.gone(to, "of a new id whose rotate() lost");
          await kit.store.destroy(to);
        }
      }
    },
  },
  {
    name: "a destroyed session is never revived, whatever was in flight",
    when: isOrdered,
    async run(kit) {
      const rounds = kit.effort.revivals;
      // Ten at a time: the store is busy, and a slow one is done sooner.
      for (let round = 0; round < rounds; round += 10) {
        await everyone(Math.min(10, rounds - round), () => destroyedForGood(kit));
      }
    },
  },
  {
    name: "nothing in flight outlives destroyAll()",
    when: (capabilities) => isOrdered(capabilities) && capabilities.subject === true,
    async run(kit) {
      for (let round = 0; round < kit.effort.takes; round++) {
        const subject = `subject-${round}-${kit.id()}`;
        const [written, rotated] = [
          await kit.make(kit.record({ subject })),
          await kit.make(kit.record({ subject })),
        ];
        const [late, to] = [kit.id(), kit.id()];
        const soon = (call: () => unknown) => async () => {
          await kit.random.pause(6);
          await call();
        };
        const record = () => kit.record({ subject });
        await together([
          soon(() => kit.store.destroyAll!(subject)),
          soon(() => kit.peer.commit(written.id, record(), written.version)),
          soon(() => kit.peer.rotate(rotated.id, to, record(), rotated.version)),
          soon(() => kit.peer.create(late, record())),
        ]);
        for (const id of [written.id, rotated.id, to]) {
          await kit.gone(id, `after destroyAll() in round ${round + 1}`);
        }
        // Created meanwhile: either order is right, but list() and read() must agree on it.
        const alive = (await kit.store.read(late)) !== undefined;
        same(await kit.store.list!(subject), alive ? [late] : [], "list() after destroyAll()");
        await kit.store.destroyAll!(subject);
      }
    },
  },
];

/** Destroys a session with writes of every kind under way, and writes again afterwards. */
async function destroyedForGood(kit: Kit): Promise<void> {
  const { random, store, peer } = kit;
  const { id, version } = await kit.make();
  const born: { to: string; committed: boolean }[] = [];
  const write = async (mark: Version, record: SessionRecord) => {
    await random.pause(6);
    const through = random.below(2) === 0 ? store : peer;
    const kind = random.below(4);
    if (kind === 0) return await through.touch(id, kit.start + 2 * HOUR);
    if (kind === 1 && kit.store.readAndTouch) return await through.readAndTouch!(id, HOUR);
    if (kind !== 2) return (await through.commit(id, record, mark)).status === "committed";
    const to = kit.id();
    const { status } = await through.rotate(id, to, record, mark);
    born.push({ to, committed: status === "committed" });
    return status === "committed";
  };
  await together([
    async () => void await everyone(3, () => write(version, kit.record())),
    async () => {
      await random.pause(6);
      await store.destroy(id);
      const late = await everyone(3, () => write(version, kit.record()));
      const where = `after destroy(${JSON.stringify(id)})`;
      check(late.every((done) => !done), `a write that began ${where} was acknowledged`);
    },
  ]);
  await kit.gone(id, "of a session that was destroyed");
  same(await peer.read(id), undefined, "read() by the second handle");
  for (const { to, committed } of born) {
    // A rotate that came first moved the session out of destroy()'s reach, and said so.
    if (!committed) await kit.gone(to, "of the new id of a rotate() that was gone");
    await store.destroy(to);
  }
}
