/** The cases of a write that failed, and must not come about behind everybody's back. */
import type { Kit, StoreCase } from "../kit.ts";
import { check } from "../assert.ts";
import { inOutage, later } from "../later.ts";
import { unlessRefused } from "../unless_refused.ts";

/** How long a write that was kept for later may stay away. */
const A_MOMENT = 300;

/** Something new, over whatever stands there after the outage; `undefined`: nothing does. */
async function renewed(kit: Kit, id: string) {
  for (let tries = 0;; tries++) {
    check(
      tries < 100,
      `commit() of ${JSON.stringify(id)} is refused or in conflict after an outage`,
    );
    const current = await unlessRefused(() => kit.peer.read(id));
    if (current !== undefined && current.answer === undefined) return undefined;
    const next = kit.record();
    const done = current &&
      await unlessRefused(() => kit.peer.commit(id, next, current.answer!.version));
    if (done?.answer.status === "committed") return next;
    // Clients take a while to find a server that is there again.
    await later(50);
  }
}

/** Writes that an outage refused. */
export const ghostCases: readonly StoreCase[] = [
  {
    name: "a commit() or rotate() that failed in an outage is not written later over what is newer",
    when: ({ outage }) => outage === true,
    async run(kit) {
      const [written, moved, to] = [await kit.make(), await kit.make(), kit.id()];
      const restore = await kit.subject.outage!();
      try {
        const calls = [
          async () => await kit.store.commit(written.id, kit.record(), written.version),
          async () => await kit.store.rotate(moved.id, to, kit.record(), moved.version),
        ];
        await Promise.all(
          calls.map((call) => inOutage(unlessRefused(call))),
        );
      } finally {
        await restore();
      }
      // One that waited for the server may have taken place, where nobody else wrote before.
      const [next, there] = [await renewed(kit, written.id), await renewed(kit, moved.id)];
      check(next !== undefined, "a session is gone after a commit() in an outage");
      await later(A_MOMENT);
      await kit.live(written.id, next, "a moment after an outage in which a commit() failed");
      if (there === undefined) return;
      await kit.live(moved.id, there, "a moment after an outage in which a rotate() failed");
      await kit.gone(to, "where a rotate() would have led that failed in an outage");
    },
  },
];
