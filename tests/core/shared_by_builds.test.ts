/** Two builds of the library in one process: what belongs to a store is one for both. */
import { describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";

/** The modules as each of two builds has them. */
async function builds() {
  const load = async () => ({
    core: await import("../../src/core/writer_queue.ts"),
    moves: await import("../../src/core/moves.ts"),
    clock: await import("../../src/clock.ts"),
    renewing: await import("../../src/core/renewing_store.ts"),
    callbacks: await import("../../src/stores/express/callback_store.ts"),
    found: await import("../../src/stores/express/found_session.ts"),
    express: await import("../../src/express/mod.ts"),
    web: await import("../../mod.ts"),
    adapter: await import("../../src/stores/express.ts"),
  });
  vi.resetModules();
  const one = await load();
  vi.resetModules();
  return [one, await load()] as const;
}

describe("of one store, two builds have", () => {
  test("one queue, one list of moves, one wrapper", async () => {
    const [one, other] = await builds();
    const store = memoryStore({ sweepInterval: 0 });
    expect(one.core.WriterQueue).not.toBe(other.core.WriterQueue);
    expect(one.core.WriterQueue.of(store)).toBe(other.core.WriterQueue.of(store) as unknown);
    expect(one.moves.Moves.of(store)).toBe(other.moves.Moves.of(store) as unknown);
    const callbacks = new one.express.MemoryStore() as never;
    const wrapper = one.callbacks.wrapperOf(callbacks);
    expect(wrapper).toBe(other.callbacks.wrapperOf(callbacks) as unknown);
    // The store of rotateAfter goes by store and clock: each build has the same of the platform.
    expect(one.clock.systemClock).toBe(other.clock.systemClock);
    const renewing = one.renewing.RenewingStore.of(store, one.clock.systemClock);
    const same = other.renewing.RenewingStore.of(store, other.clock.systemClock);
    expect(renewing).toBe(same as unknown);
    expect(one.found.UNREADABLE).toBe(other.found.UNREADABLE);
  });

  test("one order of their writes: nothing is lost, nobody waits for the other for ever", async () => {
    const [one, other] = await builds();
    const records = new Map<string, string>();
    const later = (answer: () => void) => void setImmediate(answer);
    const store = {
      get: (id: string, done: (error: unknown, session?: unknown) => void) =>
        later(() => done(null, records.has(id) ? JSON.parse(records.get(id)!) : null)),
      set: (id: string, session: unknown, done: (error?: unknown) => void) => {
        const text = JSON.stringify(session);
        later(() => (records.set(id, text), done()));
      },
      destroy: (id: string, done: (error?: unknown) => void) =>
        later(() => (records.delete(id), done())),
    };
    const options = { secret: "x".repeat(32), cookie: { secure: false } };
    const entries = [one, other].map(({ adapter, web }) => {
      return web.createSessions({ ...options, store: adapter.fromExpressStore(store as never) });
    });
    type Act = (session: Record<string, unknown> & { update: unknown }) => unknown;
    const visit = async (at: number, cookie: string | undefined, act: Act) => {
      const handler = entries[at]!.wrap(async (_request, session) => {
        await act(session as never);
        return new Response();
      });
      const headers = cookie === undefined ? undefined : { cookie };
      const response = await handler(new Request("http://app.test/", { headers } as RequestInit));
      return response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    };
    const cookie = await visit(0, undefined, (session) => void (session["n"] = 0));
    const writes = Array.from({ length: 20 }, (_, at) => {
      return visit(at % 2, cookie, (session) => {
        if (at < 10) return void (session[`k${at}`] = at);
        return (session.update as (change: (data: { n: number }) => void) => unknown)((data) => {
          data.n++;
        });
      });
    });
    await Promise.all(writes);
    const [text] = records.values();
    const keys = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, at]));
    expect(JSON.parse(text!)).toMatchObject({ n: 10, ...keys });
  });
});
