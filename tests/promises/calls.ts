/** A call counts when it is made, awaited or not; messages of parallel requests all arrive. */
import { describe, expect, test } from "vitest";
import { begin, dataOf, type Scene, visit } from "./entries.ts";
import type { MakeWorld } from "./worlds.ts";

export function describeCalls(make: MakeWorld): void {
  test("a login() nobody awaits is done when the answer leaves", async () => {
    const { entry } = make();
    const old = await begin(entry, { cart: 1 });
    const { cookie } = await visit(entry, old, ({ login }) => void login("ada"));
    expect(cookie).not.toBe(old);
    expect((await visit(entry, cookie, ({ subject }) => subject)).result).toBe("ada");
    expect(await dataOf(entry, cookie)).toEqual({ cart: 1 });
  });

  test("two update() nobody awaits count both", async () => {
    const { entry } = make();
    const cookie = await begin(entry, { n: 0 });
    await visit(entry, cookie, ({ update }) => {
      void update((data) => void data.n++);
      void update((data) => void data.n++);
    });
    expect(await dataOf(entry, cookie)).toEqual({ n: 2 });
  });

  describe("what is written after a call nobody awaits is written after it", () => {
    test.each<[string, (scene: Scene) => unknown, object]>([
      ["login({ keep: false })", ({ login }) => login("bob", { keep: false }), { later: 1 }],
      ["login({ keep: [a] })", ({ login }) => login("bob", { keep: ["a"] }), { a: 1, later: 1 }],
      ["update()", ({ update }) => update((data) => void data.a++), { a: 2, b: 1, later: 1 }],
      ["save()", ({ session }) => session.save(), { a: 1, b: 1, later: 1 }],
    ])("%s", async (_call, act, expected) => {
      const { entry } = make();
      const old = await begin(entry, { a: 1, b: 1 });
      const { cookie } = await visit(entry, old, (scene) => {
        void act(scene);
        scene.session.later = 1;
      });
      expect(await dataOf(entry, cookie)).toEqual(expected);
    });
  });

  test("flash messages that parallel requests leave all arrive, and each once", async () => {
    const { entry } = make();
    const cookie = await begin(entry, { a: 1 });
    await visit(entry, cookie, async ({ flash }) => {
      await visit(entry, cookie, (other) => other.flash("info", "one"));
      flash("info", "two");
    });
    // One reads while another leaves a third.
    const { result: read } = await visit(entry, cookie, async ({ flash }) => {
      await visit(entry, cookie, (other) => other.flash("info", "three"));
      return flash("info");
    });
    const { result: left } = await visit(entry, cookie, ({ flash }) => flash("info"));
    expect([read, left]).toEqual([["one", "two"], ["three"]]);
    expect(await dataOf(entry, cookie)).toEqual({ a: 1 });
  });
}
