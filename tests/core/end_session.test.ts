/** A logout in one process follows a session that another process is just moving. */
import { describe, expect, test } from "vitest";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { NO_LIMITS } from "../../src/core/lifecycle.ts";
import { RenewingStore } from "../../src/core/renewing_store.ts";
import { login, renew, rotate } from "../../src/core/session_operations.ts";
import { intercept } from "../../src/testing/intercept.ts";
import { makeManager, otherProcess } from "./manager_support.ts";

const plain = () => memoryStore({ sweepInterval: 0 });

/** Two processes on one store; in the first somebody logs in and both hold the session. */
async function world(ownStore: (store: ReturnType<typeof plain>) => SessionStore = otherProcess) {
  const memory = plain();
  const asked: string[] = [];
  const one = makeManager({}, memory);
  const counting = new Proxy(ownStore(memory), {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        asked.push(String(name));
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  const other = makeManager({ store: counting });
  await one.begin("old", { cart: 1 }).save();
  const first = await one.open("old");
  await login({ ...first, drawId: () => "in" }, "ada", {});
  await first.save();
  const mover = await one.open("in");
  const leaver = await other.open("in");
  asked.length = 0;
  return { memory, one, other, mover, leaver, asked };
}

const idsIn = async (memory: ReturnType<typeof plain>) => {
  const ids: string[] = [];
  for await (const [id] of memory.all()) ids.push(id);
  return ids;
};

describe("a session that another process has moved", () => {
  test("is ended by the logout of a request that read it before", async () => {
    const { memory, other, mover, leaver } = await world();
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(leaver.state, "in");
    expect(await idsIn(memory)).toEqual([]);
    expect(other.heard).toEqual(["destroyed"]);
  });

  test.each([[undefined], [true], [false], [[]], [["cart"]]])(
    "is ended after a second login of the same person, too, that keeps %j",
    async (keep) => {
      const { memory, other, mover, leaver } = await world();
      await login({ ...mover, drawId: () => "moved" }, "ada", { keep });
      await other.manager.end(leaver.state, "in");
      expect(await idsIn(memory)).toEqual([]);
    },
  );

  test("is ended with the twin that is being stored while it is looked for", async () => {
    let lists = 0;
    const { memory, one, other, mover, leaver } = await world((store) => {
      const face = otherProcess(store);
      const { list } = face;
      return Object.assign(Object.create(face), {
        atomic: true,
        list: async (subject: string) => {
          const ids = await list.call(face, subject);
          if (lists++ > 0) return ids;
          // The second login of the same form: what it saw of the first was alive.
          await login({ ...twin, drawId: () => "other" }, "ada", {});
          return ids;
        },
      });
    });
    const twin = await one.open("in");
    await login({ ...mover, drawId: () => "one" }, "ada", {});
    await other.manager.end(leaver.state, "in");
    expect([lists > 1, await idsIn(memory)]).toEqual([true, []]);
  });

  test("is ended though it moves again while it is looked for", async () => {
    let moves = 0;
    const { memory, one, other, mover, leaver } = await world((store) => {
      const face = otherProcess(store);
      const { list } = face;
      return Object.assign(Object.create(face), {
        atomic: true,
        list: async (subject: string) => {
          const ids = await list.call(face, subject);
          if (moves++ < 3) {
            const visit = await one.open(ids[0]!);
            await rotate({ ...visit, drawId: () => `moved${moves}` }, true);
          }
          return ids;
        },
      });
    });
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(leaver.state, "in");
    expect([moves, await idsIn(memory)]).toEqual([5, []]);
  });

  test("is the only one that ends: other devices stay", async () => {
    const { memory, one, other, mover, leaver } = await world();
    await one.begin("phone", {}).save();
    const phone = await one.open("phone");
    await login({ ...phone, drawId: () => "in2" }, "ada", {});
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(leaver.state, "in");
    expect(await idsIn(memory)).toEqual(["in2"]);
  });

  test.each([[undefined], [true], [false], [["cart"]]])(
    "is not the session of somebody else who has logged in with it, whatever he keeps: %j",
    async (keep) => {
      const { memory, one, other, mover, leaver } = await world();
      await login({ ...mover, drawId: () => "moved" }, "bob", { keep });
      await other.manager.end(leaver.state, "in");
      expect(await idsIn(memory)).toEqual(["moved"]);
      // Nor anything that could be found by what ada's was: she logs in with it once more.
      const bobs = await one.open("moved");
      await login({ ...bobs, drawId: () => "hers" }, "ada", { keep: true });
      await other.manager.end(leaver.state, "in");
      expect(await idsIn(memory)).toEqual(["hers"]);
    },
  );

  test("is ended by nobody who did not read it before", async () => {
    const { memory, other, mover } = await world();
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(undefined, "in");
    expect(await idsIn(memory)).toEqual(["moved"]);
  });
});

describe("a logout that finds its session", () => {
  test("asks the store for nothing else", async () => {
    const { memory, other, leaver, asked } = await world();
    await other.manager.end(leaver.state, "in");
    expect([asked, await idsIn(memory)]).toEqual([["destroy"], []]);
  });

  test("… nor where the store cannot tell", async () => {
    const { memory, other, mover, leaver, asked } = await world((store) => {
      const face = otherProcess(store);
      return Object.assign(Object.create(face), {
        destroy: (id: string) => void store.destroy(id),
      });
    });
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(leaver.state, "in");
    expect([asked, await idsIn(memory)]).toEqual([["destroy"], ["moved"]]);
  });
});

test("a store without an index of subjects is asked for none", async () => {
  const { other, mover, leaver, asked, memory } = await world((store) => {
    const { create, read, commit, touch, rotate, destroy } = otherProcess(store);
    return { atomic: true, create, read, commit, touch, rotate, destroy };
  });
  await rotate({ ...mover, drawId: () => "moved" }, true);
  await other.manager.end(leaver.state, "in");
  expect([asked, await idsIn(memory)]).toEqual([["destroy"], ["moved"]]);
});

test.each(["before it looks", "when it has found the session"])(
  "a renewed id whose session moves on leads the logout to the device, too: %s",
  async (moment) => {
    const memory = plain();
    const clock = { now: () => Date.now(), after: () => () => {} };
    const rules = { ...NO_LIMITS, rotateAfter: 1 };
    let move = async () => {};
    const slow = intercept(otherProcess(memory), async ({ verb }, proceed) => {
      if (verb === "commit") await move();
      return await proceed();
    });
    const [one, other] = [memory, slow].map((store) => {
      return makeManager({ store: RenewingStore.of(store)(clock), clock, rules }, memory);
    });
    await one!.begin("old", { cart: 1 }).save();
    await login({ ...await one!.open("old"), drawId: () => "in" }, "ada", {});
    const leaver = await other!.open("in");
    await renew({ ...await one!.open("in"), drawId: () => "renewed" });
    const moves = async () => {
      move = async () => {};
      await login({ ...await one!.open("renewed"), drawId: () => "moved" }, "ada", {});
    };
    if (moment === "before it looks") await moves();
    else move = moves;
    await other!.manager.end(leaver.state, "in");
    expect(await idsIn(memory)).toEqual([]);
  },
);

describe("nobody is looked for", () => {
  const text = (notes: object) => JSON.stringify({ cookie: {}, $websession: notes });

  test.each([
    ["an anonymous session", {}],
    ["a session without a device", { subject: "ada" }],
    ["a device without a subject", { device: "phone" }],
  ])("for %s", async (_what, notes) => {
    const { memory, other, leaver, asked } = await world();
    memory.destroy("in");
    leaver.state.baseText = text(notes);
    await other.manager.end(leaver.state, "in");
    expect(asked).toEqual(["destroy"]);
  });

  test("for ever, though the session moves whenever it is found", async () => {
    let moves = 0;
    const { memory, one, other, mover, leaver } = await world((store) => {
      const face = otherProcess(store);
      const destroy = async (id: string) => {
        if (id === "in") return face.destroy(id);
        const visit = await one.open(id);
        await rotate({ ...visit, drawId: () => `moved${++moves}` }, true);
        return false;
      };
      return Object.assign(Object.create(face), { destroy });
    });
    await rotate({ ...mover, drawId: () => "moved" }, true);
    await other.manager.end(leaver.state, "in");
    expect([moves, await idsIn(memory)]).toEqual([10, ["moved10"]]);
  });
});
