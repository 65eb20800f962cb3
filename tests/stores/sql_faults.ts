/** What every SQL store on a server must survive; a suite that takes the server and the client. */
import { expect, test } from "vitest";
import type { SqlSessionStore } from "../../src/stores/sql/store.ts";
import type { CommitResult } from "../../src/store.ts";
import { startCutProxy } from "../servers/cut_proxy.ts";

export interface FaultyServer {
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface Client {
  readonly store: SqlSessionStore;
  end(): Promise<void>;
}

const record = (n: number) => ({ json: `{"cookie":{},"n":${n}}`, expires: null });
const numberIn = (json: string): number => (JSON.parse(json) as { n: number }).n;
const version = async (store: SqlSessionStore, id: string): Promise<unknown> =>
  (await store.read(id))?.version;

/** Registers the tests. `connect` opens a client of at most `max` connections on a port. */
export function faultTests(
  server: () => FaultyServer,
  connect: (port: number, max: number) => Client,
): void {
  for (const what of ["request", "answer"] as const) {
    const done = what === "answer";
    test(`a connection cut ${done ? "before the answer" : "before the request"} is an error, and the truth is told to who asks again`, async () => {
      const proxy = await startCutProxy(server().port);
      const direct = connect(server().port, 1);
      const { store, end } = connect(proxy.port, 1);
      await direct.store.createSchema();
      const id = `cut-${what}`;
      await store.create(id, record(1));
      const first = await version(store, id);

      // Asked once before, the statement is prepared: the answer cut is the one to its execution.
      await store.commit("none", record(0), first);
      proxy.cutNext(what);
      await expect(store.commit(id, record(2), first)).rejects.toThrow();
      expect(numberIn((await direct.store.read(id))!.json)).toBe(done ? 2 : 1);
      // The same commit again: done already, so somebody (ourselves) wrote meanwhile.
      const again: CommitResult = await store.commit(id, record(2), first);
      expect(again.status).toBe(done ? "conflict" : "committed");

      const second = await version(store, id);
      await store.rotate("none", "nowhere", record(0), second);
      proxy.cutNext(what);
      await expect(store.rotate(id, `${id}-new`, record(3), second)).rejects.toThrow();
      const alive = [await direct.store.read(id), await direct.store.read(`${id}-new`)];
      expect(alive.map((one) => one !== undefined)).toEqual(done ? [false, true] : [true, false]);
      expect((await store.rotate(id, `${id}-new`, record(3), second)).status)
        .toBe(done ? "gone" : "committed");

      const third = await version(store, `${id}-new`);
      await store.destroy("none");
      proxy.cutNext(what);
      await expect(store.destroy(`${id}-new`)).rejects.toThrow();
      expect(await direct.store.read(`${id}-new`) === undefined).toBe(done);
      await store.destroy(`${id}-new`);
      expect(await store.commit(`${id}-new`, record(4), third)).toEqual({ status: "gone" });
      expect(await direct.store.length()).toBe(0);
      expect(proxy.cuts).toBe(3);
      await end();
      await direct.end();
      await proxy.close();
    });
  }

  test("the server is killed and started again under load: no acknowledged write is lost, nothing comes back", async () => {
    const { store, end } = connect(server().port, 8);
    await store.createSchema();
    let acknowledged = 0;
    let refused = 0;
    let over = false;
    const dead = new Set<string>();
    const problems: string[] = [];

    /** One browser with one session at a time, which nobody else writes. */
    async function browser(name: string): Promise<void> {
      let serial = 0;
      let id = "";
      let n = 0;
      /** Asks until the server answers; an error leaves open whether it was done. */
      async function ask<T>(act: () => Promise<T> | T): Promise<T> {
        for (;;) {
          try {
            return await act();
          } catch {
            refused++;
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
        }
      }
      async function trial(act: () => Promise<CommitResult> | CommitResult): Promise<string> {
        try {
          const { status } = await act();
          if (status === "committed") acknowledged++;
          return status;
        } catch {
          refused++;
          return "unknown";
        }
      }
      for (let step = 0; !over; step++) {
        if (id === "") {
          id = `${name}-${++serial}`;
          n = 0;
          await ask(() => store.create(id, record(0)));
        }
        const found = await ask(() => store.read(id));
        if (found === undefined || numberIn(found.json) !== n) {
          problems.push(`${id} should be ${n} and is ${found?.json}`);
          return;
        }
        if (step % 11 === 10) {
          await ask(() => store.destroy(id));
          dead.add(id);
          // A request that had read the session and is late.
          const late = await ask(() => store.commit(id, record(n + 1), found.version));
          if (late.status !== "gone") problems.push(`${id} was committed after its end`);
          id = "";
        } else if (step % 5 === 4) {
          const next = `${name}-${++serial}`;
          const status = await trial(() => store.rotate(id, next, record(n + 1), found.version));
          const [before, after] = [
            await ask(() => store.read(id)),
            await ask(() => store.read(next)),
          ];
          if ((before === undefined) === (after === undefined)) {
            problems.push(`${id} and ${next} are both alive or both dead`);
            return;
          }
          if (status === "committed" && after === undefined) problems.push(`${next} was lost`);
          if (after !== undefined) {
            dead.add(id);
            id = next;
            n++;
          }
        } else {
          const status = await trial(() => store.commit(id, record(n + 1), found.version));
          const now = await ask(() => store.read(id));
          const value = now === undefined ? -1 : numberIn(now.json);
          const allowed = status === "committed" ? [n + 1] : [n, n + 1];
          if (!allowed.includes(value)) {
            problems.push(`${id}: ${n} to ${n + 1} was ${status}, and it is ${value}`);
            return;
          }
          n = value;
        }
      }
      if (id !== "") {
        const last = await ask(() => store.read(id));
        if (last === undefined || numberIn(last.json) !== n) problems.push(`${id} ended wrong`);
      }
    }

    const browsers = Array.from({ length: 12 }, (_, index) => browser(`b${index}`));
    const reach = (count: number): Promise<void> =>
      expect.poll(() => acknowledged >= count || problems.length > 0, {
        interval: 2,
        timeout: 120_000,
      }).toBe(true);
    for (const round of [1, 2]) {
      await reach(round * 400);
      await server().kill();
      await server().start();
    }
    await reach(1200);
    over = true;
    await Promise.all(browsers);
    expect(problems).toEqual([]);
    expect(refused).toBeGreaterThan(0);
    expect(dead.size).toBeGreaterThan(20);
    const back: string[] = [];
    for await (const [id] of store.all()) if (dead.has(id)) back.push(id);
    expect(back).toEqual([]);
    await end();
  });
}
