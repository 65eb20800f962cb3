/** What a save() under way stores of a session that is being ended: should the end fail, it is whole. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore, gateStore } from "../../src/testing/mod.ts";
import { type Any, makeSessions, visit } from "./support.ts";

test.each(["destroy", "logout", "regenerate"])(
  "a save() nobody awaits, that others' writes hold up, and %s(), which fails",
  async (end) => {
    const memory = memoryStore();
    const gated = gateStore(faultyStore(memory, [{ verb: "destroy", fault: "reject" }]));
    const { sessions } = makeSessions({ store: gated.store, cookie: { maxAge: 3_600_000 } });
    const { cookie } = await visit(sessions, undefined, async (session: Any) => {
      session.cookie.maxAge = 300_000;
      await session.login("ann");
    });
    const held = gated.hold("commit");
    let saved: Promise<unknown> | undefined;
    await visit(sessions, cookie, async (session: Any) => {
      session.n = 1;
      saved = session.save();
      await held.arrived;
      const ended = session[end]().catch(() => {});
      held.conflict();
      await Promise.all([saved, ended]);
    }).catch(() => {});
    await saved;
    const [id] = memory.ids();
    const { cookie: stored, n } = JSON.parse(memory.read(id!)!.json);
    const { originalMaxAge: life } = stored;
    expect({ n, life, anns: memory.list("ann") }).toEqual({ n: 1, life: 300_000, anns: [id] });
  },
);
