/** The cases of texts that are no session, and of a server that cannot be asked. */
import type { Kit, StoreCase } from "../kit.ts";
import { check, same } from "../assert.ts";
import { HOUR } from "../kit.ts";
import { inOutage } from "../later.ts";
import { together } from "../together.ts";
import { unlessRefused } from "../unless_refused.ts";

/** What may stand where a session stood. */
const MALFORMED = ["", "{", '{"cookie":', "5", "null", "[]", '"{}"', "\u0000", "x".repeat(5_000)];

type Calls = Readonly<Record<string, () => unknown>>;

/** Every call that may meet the session `id`, but for those that end sessions or make them. */
function callsOf(kit: Kit, id: string, subject: string, version: unknown): Calls {
  const { store } = kit;
  const record = () => kit.record({ subject });
  const calls: Record<string, () => unknown> = {
    read: () => store.read(id),
    commit: () => store.commit(id, record(), version),
    rotate: () => store.rotate(id, kit.id(), record(), version),
    touch: () => store.touch(id, kit.start + HOUR),
  };
  if (store.readAndTouch) calls.readAndTouch = () => store.readAndTouch!(id, HOUR);
  if (store.list) calls.list = () => store.list!(subject);
  if (store.length) calls.length = () => store.length!();
  if (store.sweep) calls.sweep = () => store.sweep!(10);
  if (store.all) {
    calls.all = async () => {
      for await (const [each] of store.all!()) check(typeof each === "string", "an id of all()");
    };
  }
  return calls;
}

/** What can go wrong outside of the store. */
export const failureCases: readonly StoreCase[] = [
  {
    name: "a text that is no session is read as nothing, and makes no verb fail",
    when: ({ corrupt }) => corrupt === true,
    async run(kit) {
      const bystander = await kit.make(kit.record({ subject: "eve" }));
      let kept = 0;
      const { store } = kit;
      const calls = (id: string, version: unknown): Calls => ({
        ...callsOf(kit, id, "ada", version),
        create: () => store.create(id, kit.record()),
        ...store.destroyAll && { destroyAll: () => store.destroyAll!("ada") },
      });
      for (const text of MALFORMED) {
        const what = JSON.stringify(text.slice(0, 20));
        // Each verb meets the text itself: a store may drop what it cannot read.
        for (const verb of Object.keys(calls("", undefined))) {
          const { id, version } = await kit.make(kit.record({ subject: "ada" }));
          try {
            await kit.subject.corrupt!(id, text);
          } catch {
            await kit.store.destroy(id);
            break; // The server does not hold such a text.
          }
          kept++;
          const where = `${verb}(${JSON.stringify(id)}) where ${what} is stored`;
          const answer = await answerOf(where, calls(id, version)[verb]!);
          if (verb === "read" || verb === "readAndTouch") same(answer, undefined, where);
          await answerOf(`destroy() after ${where}`, () => kit.store.destroy(id));
          await kit.gone(id, `after destroy() of the text ${what}`);
        }
        await kit.live(bystander.id, bystander.record, `beside the text ${what}`);
      }
      check(kept > 0, "corrupt() refused every text, and nothing was shown");
      if (store.clear === undefined) return;
      const { id } = await kit.make(kit.record({ subject: "ada" }));
      await unlessRefused(() => kit.subject.corrupt!(id, "{"));
      await answerOf("clear() where a text is stored that is no session", () => store.clear!());
      same(await store.length!(), 0, "length() after clear()");
    },
  },
  {
    name: "a server that cannot be asked is an error of every verb, not a session that is gone",
    when: ({ outage }) => outage === true,
    async run(kit) {
      const { id, version } = await kit.make(kit.record({ subject: "ada" }));
      const [bystander, fresh] = [await kit.make(kit.record({ subject: "eve" })), kit.id()];
      const { store } = kit;
      const calls: Record<string, () => unknown> = {
        ...callsOf(kit, id, "ada", version),
        create: () => store.create(fresh, kit.record()),
        destroy: () => store.destroy(id),
      };
      if (store.destroyAll) calls.destroyAll = () => store.destroyAll!("ada");
      const [mover, to] = [await kit.make(kit.record({ subject: "moe" })), kit.id()];
      calls["rotate"] = () => store.rotate(mover.id, to, kit.record(), mover.version);
      // What a store has answered before it may not answer from memory.
      for (const verb of ["read", "readAndTouch", "list", "length", "all"]) await calls[verb]?.();
      const restore = await kit.subject.outage!();
      try {
        await together(
          Object.entries(calls).map(([verb, call]) => () => mustReject(verb, id, call)),
        );
      } finally {
        await restore();
      }
      await kit.live(bystander.id, bystander.record, "after the outage");
      // No lock is held still, and a rotate() took place as a whole or not at all.
      await store.destroy(id);
      const from = await store.read(mover.id);
      const there = await store.read(to);
      check(from !== undefined || there !== undefined, "rotate() in an outage left neither id");
      if (from && there) await kit.gone(mover.id, "after a rotate() in an outage that took place");
      if (store.clear === undefined) return;
      // Alone and last: who waits for the server may clear it yet when it is back.
      const restoreAgain = await kit.subject.outage!();
      try {
        await mustReject("clear", "", () => store.clear!());
      } finally {
        await restoreAgain();
      }
    },
  },
];

/** What a verb answers that is not to fail. */
async function answerOf(where: string, call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    throw new Error(`${where} threw: ${String(error)}`, { cause: error });
  }
}

/** A call that cannot be made rejects, or is never answered: it reports no state. */
async function mustReject(verb: string, id: string, call: () => unknown): Promise<void> {
  const answered = await inOutage(unlessRefused(async () => await call()));
  if (answered === undefined || answered === "late") return;
  const answer = JSON.stringify(answered.answer) ?? "undefined";
  throw new Error(`${verb}(${JSON.stringify(id)}) answered ${answer} in an outage`);
}
