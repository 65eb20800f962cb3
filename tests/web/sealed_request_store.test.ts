/** One request's store of a sealed session: it holds one session, and what was sealed last leaves. */
import { beforeEach, describe, expect, test } from "vitest";
import type { SealedStore } from "../../src/sealed_store.ts";
import { SealedRequestStore } from "../../src/web/sealed_request_store.ts";

/** Seals by counting; writes down what it was asked. */
class Seals {
  readonly asked: unknown[][] = [];
  /** The session was revoked: nothing is sealed any more. */
  isRevoked = false;
  seal(_name: string, { json }: { json: string }, version?: unknown) {
    return this.#token("seal", json, version);
  }
  rotate(_name: string, { json }: { json: string }, version: unknown) {
    return this.#token("rotate", json, version);
  }
  revoke(version: unknown) {
    this.asked.push(["revoke", version]);
    return Promise.resolve();
  }
  #token(...asked: unknown[]) {
    this.asked.push(asked);
    return Promise.resolve(this.isRevoked ? undefined : `token ${this.asked.length}`);
  }
}

let seals: Seals;
beforeEach(() => void (seals = new Seals()));

const made = (rolling = false) =>
  new SealedRequestStore(seals as unknown as SealedStore, "session", rolling);
const record = (json = "{}") => ({ json, expires: null });
/** One whose browser has brought a session. */
function holding({ rolling = false, renew = false } = {}) {
  const store = made(rolling);
  store.hold("a", { json: '{"n":1}', version: "v1", expires: 1_000 }, renew);
  return store;
}

test("it promises no more than its browser can keep", () => {
  expect(made().atomic).toBe(false);
});

describe("a session that the request does not have", () => {
  for (const [what, make] of [["none is there", made], ["another is there", holding]] as const) {
    test(`is found by no verb: ${what}`, async () => {
      const store = make();
      expect(store.read("b")).toBeUndefined();
      expect(await store.commit("b", record())).toEqual({ status: "gone" });
      expect(await store.touch("b", 2_000)).toBe(false);
      expect(await store.rotate("b", "c", record())).toEqual({ status: "gone" });
      await store.destroy("b");
      expect([store.ended, store.token, seals.asked]).toEqual([false, undefined, []]);
    });
  }

  test("is not due to be sealed again, and what the browser brought stays", async () => {
    expect(made().renewIf(() => true)).toBe(false);
    expect(made().renewIf(() => false)).toBe(false);
    const store = holding();
    await store.destroy("b");
    expect(store.read("a")).toMatchObject({ version: "v1" });
  });
});

describe("a visit", () => {
  test("seals the session again where its end has moved enough, or is always to be moved", async () => {
    const still = holding();
    expect(still.renewIf((expires) => expires !== 1_000)).toBe(false);
    expect([await still.touch("a", 2_000), still.token]).toEqual([true, undefined]);
    const due = holding();
    expect(due.renewIf((expires) => expires === 1_000)).toBe(true);
    for (const store of [due, holding({ rolling: true }), holding({ renew: true })]) {
      expect(await store.touch("a", 2_000)).toBe(true);
      expect(store.token).toMatch(/^token/);
      expect(store.read("a")).toMatchObject({ json: '{"n":1}', expires: 2_000 });
    }
    expect(seals.asked).toEqual(Array(3).fill(["seal", 'a\n{"n":1}', "v1"]));
  });

  test("seals nothing twice that leaves with this response", async () => {
    const store = made(true);
    await store.create("a", record());
    const { token } = store;
    expect([await store.touch("a", 2_000), store.token]).toEqual([true, token]);
    expect(seals.asked).toHaveLength(1);
  });
});

describe("a logout", () => {
  test("revokes what other requests may bring, and nothing that never left", async () => {
    const known = holding();
    await known.destroy("a");
    const fresh = made();
    await fresh.create("b", record());
    await fresh.destroy("b");
    expect(seals.asked.filter(([verb]) => verb === "revoke")).toEqual([["revoke", "v1"]]);
    for (const [store, id] of [[known, "a"], [fresh, "b"]] as const) {
      expect([store.ended, store.token, store.read(id)]).toEqual([true, undefined, undefined]);
    }
  });
});

test("what was revoked meanwhile is sealed no more, and is gone for this request", async () => {
  for (const act of ["commit", "rotate"] as const) {
    const store = holding();
    seals.isRevoked = true;
    const result = act === "commit"
      ? await store.commit("a", record())
      : await store.rotate("a", "b", record());
    expect([result, store.token]).toEqual([{ status: "gone" }, undefined]);
    expect([store.read("a"), store.read("b")]).toEqual([undefined, undefined]);
  }
});
