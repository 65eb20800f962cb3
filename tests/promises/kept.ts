/** What is kept when a session gets another id, and what ends with it. */
import { describe, expect, test } from "vitest";
import { type Any, begin, dataOf, type Scene, stop, visit } from "./entries.ts";
import type { MakeWorld } from "./worlds.ts";
import { testIf } from "./where.ts";

const keepingLogin = (keep: boolean | string[]) => ({ login }: Scene) => login("ada", { keep });
const keepingRotation = (keep: string[]) => ({ session }: Scene) => session.regenerate({ keep });

export function describeKept(make: MakeWorld): void {
  describe("whoever writes to the old id meanwhile gets nothing through that is not named", () => {
    const ways: [string, (scene: Scene) => Promise<void>, object | undefined][] = [
      ["login({ keep: false })", keepingLogin(false), undefined],
      ["login({ keep: [cart] })", keepingLogin(["cart"]), { cart: "theirs" }],
      ["regenerate({ keep: [cart] })", keepingRotation(["cart"]), { cart: "theirs" }],
      ["regenerate()", ({ session }) => session.regenerate(), undefined],
    ];

    test.each(ways)("while the handler is busy: %s", async (_way, move, kept) => {
      const { entry } = make();
      const old = await begin(entry, { cart: "mine", page: 1 });
      const { cookie } = await visit(entry, old, async (scene) => {
        await visit(entry, old, ({ session }) => {
          Object.assign(session, { isAdmin: true, cart: "theirs" });
        });
        await move(scene);
      });
      expect(await dataOf(entry, cookie)).toEqual(kept);
      expect(await dataOf(entry, old)).toBeUndefined();
    });

    testIf(make.isShared).each(ways.slice(0, 3))(
      "while the store is busy: %s",
      async (_way, move, kept) => {
        const { entry, gate, elsewhere } = make();
        const old = await begin(entry, { cart: "mine", page: 1 });
        const held = gate.hold("rotate");
        const moving = visit(entry, old, move);
        await held.arrived;
        await visit(elsewhere(), old, ({ session }) => {
          Object.assign(session, { isAdmin: true, cart: "theirs" });
        });
        held.release();
        const { cookie } = await moving;
        expect(await dataOf(entry, cookie)).toEqual(kept);
      },
    );
  });

  test.each<[string, boolean | string[] | undefined, string[]]>([
    ["true", true, ["welcome", "meanwhile"]],
    ["nothing said", undefined, ["welcome", "meanwhile"]],
    ["their name", ["flash"], ["welcome", "meanwhile"]],
    ["false", false, []],
    ["another name", ["cart"], []],
  ])("flash messages are kept like data: keep is %s", async (_what, keep, expected) => {
    const { entry } = make();
    const old = await begin(entry, { cart: 1 });
    await visit(entry, old, ({ flash }) => flash("info", "welcome"));
    const { cookie } = await visit(entry, old, async ({ login }) => {
      await visit(entry, old, ({ flash }) => flash("info", "meanwhile"));
      await login("ada", keep === undefined ? {} : { keep });
    });
    expect((await visit(entry, cookie, ({ flash }) => flash("info"))).result).toEqual(expected);
  });

  test("regenerate() begins a session of nobody, with nothing of the old one", async () => {
    const { entry } = make();
    const old = await begin(entry, { cart: 1 }, "ada");
    await visit(entry, old, ({ flash }) => flash("info", "for ada"));
    const { cookie } = await visit(entry, old, async (scene) => {
      await scene.session.regenerate();
      expect(scene.subject).toBeUndefined();
      scene.session.next = true;
    });
    const { result } = await visit(entry, cookie, ({ session, subject, flash }) => {
      return [session.next, session.cart, subject, flash("info")];
    });
    expect(result).toEqual([true, undefined, undefined, []]);
    expect(await dataOf(entry, old)).toBeUndefined();
  });

  test.each<
    [string, string | undefined, string, { keep?: boolean | string[] }, object | undefined]
  >([
    ["nobody was logged in: all", undefined, "ada", {}, { cart: 1, draft: 2 }],
    ["the same person: all", "ada", "ada", {}, { cart: 1, draft: 2 }],
    ["another person: nothing", "ada", "bob", {}, undefined],
    ["… unless told to", "ada", "bob", { keep: ["cart"] }, { cart: 1 }],
    ["… unless told to keep all", "ada", "bob", { keep: true }, { cart: 1, draft: 2 }],
  ])(
    "login() keeps what belongs to whoever logs in; %s",
    async (_rule, before, who, given, kept) => {
      const { entry } = make();
      const old = await begin(entry, { cart: 1, draft: 2 }, before);
      const { cookie } = await visit(entry, old, ({ login }) => login(who, given));
      expect(await dataOf(entry, cookie)).toEqual(kept);
      expect((await visit(entry, cookie, ({ subject }) => subject)).result).toBe(who);
    },
  );

  test.each<[string, (scene: Scene) => Promise<void>]>([
    ["login({ keep: [cart] })", keepingLogin(["cart"])],
    ["login({ keep: false })", keepingLogin(false)],
    ["regenerate({ keep: [cart] })", keepingRotation(["cart"])],
  ])("%s that the store refused has taken nothing away", async (_way, move) => {
    const { entry, gate } = make();
    const cookie = await begin(entry, { cart: 1, draft: 2 });
    await visit(entry, cookie, async (scene) => {
      gate.fail(make.isShared ? "rotate" : "write", new Error("no connection"));
      await expect(move(scene)).rejects.toThrow();
      expect([scene.session.draft, scene.subject]).toEqual([2, undefined]);
      scene.session.later = 3;
    });
    expect(await dataOf(entry, cookie)).toEqual({ cart: 1, draft: 2, later: 3 });
  });

  describe("a logout ends the session also where another request has moved it", () => {
    const moves: [string, (scene: Scene) => Promise<void>][] = [
      ["login()", ({ login }) => login("ada")],
      ["regenerate({ keep })", keepingRotation(["user"])],
    ];
    const ends: [string, (scene: Scene) => Promise<void>][] = [
      ["logout()", ({ logout }) => logout()],
      ["destroy()", ({ session }) => session.destroy()],
    ];
    const both = moves.flatMap(([one, move]) =>
      ends.map(([other, end]) => [other, one, end, move] as const)
    );

    test.each(both)("%s after %s", async (_end, _move, end, move) => {
      const { entry, records } = make();
      const cookie = await begin(entry, { user: "ada" });
      await visit(entry, cookie, async (scene) => {
        await visit(entry, cookie, move);
        await end(scene);
      });
      expect(usersIn(records())).toEqual([]);
    });

    test.each(both)(
      "%s with the old cookie, when %s has answered",
      async (_end, _move, end, move) => {
        const { entry, records } = make();
        const cookie = await begin(entry, { user: "ada" });
        const moved = await visit(entry, cookie, move);
        const ended: unknown[] = [];
        entry.on("destroyed", () => ended.push("destroyed"));
        const { result, setCookie } = await visit(entry, cookie, async (scene) => {
          const found = scene.session.user;
          await end(scene);
          return found;
        });
        // Whoever has the old id learns nothing of the session, and is given no way to it.
        expect(result).toBeUndefined();
        expect(setCookie ?? "").not.toContain(moved.cookie);
        expect(usersIn(records())).toEqual([]);
        expect(await dataOf(entry, moved.cookie)).toBeUndefined();
        expect(ended).toContain("destroyed");
      },
    );

    test("… but a visit with the old cookie ends nothing, nor does a logout with no cookie", async () => {
      const { entry, records } = make();
      const cookie = await begin(entry, { user: "ada" });
      await visit(entry, cookie, ({ login }) => login("ada"));
      await visit(entry, cookie, () => {});
      await visit(entry, undefined, ({ logout }) => logout());
      expect(usersIn(records())).toEqual(["ada"]);
    });

    const moments = ["call", "answer"] as const;
    test.each(both.flatMap(([...one]) => moments.map((at) => [at, ...one] as const)))(
      "held at the %s: %s during %s",
      async (at, _end, _move, end, move) => {
        const { entry, gate, records } = make();
        const cookie = await begin(entry, { user: "ada" });
        const loaded = stop();
        const ending = visit(entry, cookie, async (scene) => {
          await loaded.here();
          await end(scene);
        });
        await loaded.arrived;
        const held = gate.hold(make.isShared ? "rotate" : "write", at);
        const moving = entry.request(cookie, move);
        await held.arrived;
        loaded.release();
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
        held.release();
        await Promise.all([ending, moving]);
        expect(usersIn(records())).toEqual([]);
      },
    );
  });

  describe("a login that is sent twice", () => {
    test("is answered twice, and each answer is good", async () => {
      const { entry } = make();
      const old = await begin(entry, { cart: 1 });
      const loaded = [stop(), stop()];
      const logins = loaded.map(({ here }) =>
        visit(entry, old, async ({ login }) => {
          await here();
          await login("ada");
        })
      );
      await Promise.all(loaded.map(({ arrived }) => arrived));
      for (const { release } of loaded) release();
      for (const { cookie } of await Promise.all(logins)) {
        expect(cookie).not.toBe(old);
        expect(await dataOf(entry, cookie)).toEqual({ cart: 1 });
        expect((await visit(entry, cookie, ({ subject }) => subject)).result).toBe("ada");
      }
      expect(await dataOf(entry, old)).toBeUndefined();
    });

    test("brings nothing back of what was logged out in between", async () => {
      const { entry, records } = make();
      const old = await begin(entry, { cart: 1 });
      await visit(entry, old, async ({ login }) => {
        const { cookie } = await visit(entry, old, (scene) => scene.login("ada"));
        await visit(entry, cookie, ({ logout }) => logout());
        await expect(login("ada")).rejects.toMatchObject({ code: "SESSION_GONE" });
      });
      expect([...records().keys()]).toEqual([]);
    });
  });
}

/** Whose data is alive; a session begun anew is nobody's. */
function usersIn(records: Map<string, Any>): unknown[] {
  return [...records.values()].flatMap(({ user }) => user ?? []);
}
