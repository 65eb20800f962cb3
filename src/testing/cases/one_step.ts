/** The cases of verbs that are one step: whole, or not at all, whoever looks. */
import type { SessionRecord } from "../../store.ts";
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR, isOrdered } from "../kit.ts";
import { everyone, together } from "../together.ts";
import { unlessRefused } from "../unless_refused.ts";

/** How many sessions, more than fits a page of most stores, and how many come at once. */
const MANY = 1_010;
const AT_ONCE = 150;

const isWhole = (kit: Kit): boolean => kit.capabilities.rotation !== "two steps";

/** Looks at both ids of a rotate() until it is done: one of them is alive at any moment. */
async function watchMove(kit: Kit, from: string, to: string, isDone: () => boolean) {
  for (let through = kit.store, looks = 0; looks < 2_000; looks++) {
    const last = isDone();
    // Each answer is complete before the next question, so that their order is known.
    if (isWhole(kit) && await through.read(to)) {
      const old = await through.read(from);
      check(!old, `both ids of a rotate() are alive: ${from} was found after ${to}`);
    }
    if (!await through.read(from)) {
      const next = await through.read(to);
      check(next !== undefined, `no id of a rotate() is alive: ${to} was not found after ${from}`);
    }
    if (last) return;
    through = through === kit.store ? kit.peer : kit.store;
  }
}

async function watchList(kit: Kit, subject: string, ids: string[], isDone: () => boolean) {
  for (let looks = 0; looks < 2_000; looks++) {
    const last = isDone();
    const listed = await kit.peer.list!(subject);
    const isSome = listed.length === 1 || !isWhole(kit) && listed.length === 2;
    const isRight = isSome && listed.every((id) => ids.includes(id));
    check(isRight, `list() of one session, during its rotate(): ${JSON.stringify(listed)}`);
    if (last) return;
  }
}

/** What is whole. */
export const oneStepCases: readonly StoreCase[] = [
  {
    name: "at no moment of a rotate() are both ids alive, or both dead",
    when: isOrdered,
    async run(kit) {
      await everyone(Math.min(10, kit.effort.takes), async (round) => {
        const subject = `subject ${round}`;
        const { id, version } = await kit.make(kit.record({ subject }));
        const [to, moved] = [kit.id(), kit.record({ subject })];
        let done = false;
        const isDone = () => done;
        const lists = kit.store.list ? 2 : 0;
        await together([
          () => watchMove(kit, id, to, isDone),
          async () => {
            await kit.random.pause(6);
            try {
              const { status } = await kit.store.rotate(id, to, moved, version);
              same(status, "committed", "status of rotate()");
            } finally {
              done = true;
            }
          },
          () => watchMove(kit, id, to, isDone),
          ...Array.from({ length: lists }, () => () => watchList(kit, subject, [id, to], isDone)),
        ]);
        await kit.live(to, moved, "after rotate()");
        await kit.gone(id, "after rotate()");
      });
    },
  },
  {
    name: "destroyAll() ends no session that has become another subject's",
    when: (capabilities) => isOrdered(capabilities) && capabilities.subject === true,
    async run(kit) {
      await everyone(Math.min(20, kit.effort.takes), async (round) => {
        const [ada, bob] = [`ada ${round}`, `bob ${round}`];
        const { id, version } = await kit.make(kit.record({ subject: ada }));
        const next = kit.record({ subject: bob });
        const [at, isMove] = [kit.id(), round % 2 === 1];
        const [dropped, { status }] = await Promise.all([
          (async () => {
            await kit.random.pause(6);
            return await kit.store.destroyAll!(ada);
          })(),
          (async () => {
            await kit.random.pause(6);
            const { peer } = kit;
            return await (isMove
              ? peer.rotate(id, at, next, version)
              : peer.commit(id, next, version));
          })(),
        ]);
        const where = `beside a ${isMove ? "rotate()" : "commit()"} for another that was ${status}`;
        const mine = isMove ? at : id;
        same(dropped, status === "committed" ? 0 : 1, `destroyAll() ${where}`);
        if (status === "committed") await kit.live(mine, next, `after destroyAll() ${where}`);
        else await kit.gone(mine, `after destroyAll() ${where}`);
        const listed = await kit.store.list!(bob);
        same(listed, status === "committed" ? [mine] : [], `list() after destroyAll() ${where}`);
      });
    },
  },
  {
    name: "a rotate() that does not take place leaves the session that has the new id",
    async run(kit) {
      const [{ id, record, version }, other] = [await kit.make(), await kit.make()];
      const current = kit.record();
      await kit.committed(await kit.store.commit(id, current, version), id, current);
      const tries = [[id, version], [id, undefined], [kit.id(), version]] as const;
      for (const [from, mark] of tries) {
        const moved = await unlessRefused(() => kit.store.rotate(from, other.id, record, mark));
        check(moved?.answer.status !== "committed", "rotate() with an old mark took place");
        await kit.live(other.id, other.record, "whose id a rotate() named that did not take place");
        await kit.live(id, current, "after a rotate() that did not take place");
      }
    },
  },
  {
    name: "a rotate() of a larger text moves it whole, or is refused and moves nothing",
    async run(kit) {
      await together([70_000, 100_000, 300_000].map((size) => async () => {
        const { id, record, version } = await kit.make();
        const [to, large] = [kit.id(), kit.record({ data: { text: "x".repeat(size) } })];
        const moved = await unlessRefused(() => kit.store.rotate(id, to, large, version));
        if (moved !== undefined) await kit.committed(moved.answer, to, large);
        else await kit.live(id, record, `after a rotate() to a text of ${size} was refused`);
        await kit.gone(moved ? id : to, `after a rotate() to a text of ${size} characters`);
      }));
    },
  },
  {
    name: "clear() reaches every session, however many",
    when: ({ iterate }) => iterate === true,
    async run(kit) {
      const ids = Array.from({ length: MANY }, () => kit.id());
      const made: SessionRecord[] = [kit.record(), kit.record({ expires: kit.start + 2 * HOUR })];
      for (let at = 0; at < MANY; at += AT_ONCE) {
        await together(
          ids.slice(at, at + AT_ONCE).map((id, nth) => async () => {
            same(await kit.store.create(id, made[nth % 2]!), true, "create()");
          }),
        );
      }
      await kit.store.clear!();
      same(await kit.store.length!(), 0, `length() after clear() of ${MANY} sessions`);
      await everyone(10, (nth) => kit.gone(ids[nth * 100]!, "after clear()"));
    },
  },
];
