/** Every question to a store: answered in time, its failure told in our words. */
import { expect, test } from "vitest";
import { askStore, type StoreSettings } from "../../src/core/ask_store.ts";
import { SessionError } from "../../src/errors.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { HandTime } from "../promises/hand_time.ts";

const settings = (given: Partial<StoreSettings> = {}): StoreSettings => ({
  store: memoryStore(),
  clock: new HandTime(),
  ioTimeout: 1000,
  touchKeepsCookie: false,
  ...given,
});
const down = Object.assign(new Error("no way to an-id"), { code: "EPIPE" });

test("an answer is passed on as it comes", async () => {
  expect(askStore(settings(), "an-id", () => "at once")).toBe("at once");
  expect(await askStore(settings(), "an-id", () => Promise.resolve("later"))).toBe("later");
});

test.each<[string, () => never | Promise<never>]>([
  ["throws", () => {
    throw down;
  }],
  ["rejects with", () => Promise.reject(down)],
])("what a store %s is told in our words, without the names it was about", async (_how, act) => {
  const failed = (async () => await askStore(settings(), ["other", "an-id"], act))();
  const error = await failed.catch((caught) => caught);
  expect(error).toMatchObject({
    code: "STORE_FAILED",
    message: "The session store (MemoryStore) failed: EPIPE",
    cause: { message: "no way to [id]" },
  });
});

test("a store of the application's own is known by its errors, and waited for as long", async () => {
  const own = settings({ touchKeepsCookie: true });
  expect(() =>
    askStore(own, "an-id", () => {
      throw down;
    })
  ).toThrow(down);
  await expect(askStore(own, "an-id", () => Promise.reject(down))).rejects.toBe(down);
  const time = new HandTime();
  const never = () =>
    askStore({ ...own, clock: time }, "an-id", () => new Promise<never>(() => {}));
  await expect(time.during(async () => await never())).rejects.toMatchObject({
    code: "STORE_TIMEOUT",
  });
});

test("no answer is an error of ours already", async () => {
  const time = new HandTime();
  const never = () =>
    askStore(settings({ clock: time }), "an-id", () => new Promise<never>(() => {}));
  await expect(time.during(async () => await never())).rejects.toBeInstanceOf(SessionError);
  expect(time.passed).toBe(1000);
});
