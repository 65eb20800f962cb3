/** An option that a store or a decorator does not have is refused where it is made. */
import { createStorage } from "unstorage";
import { expect, test } from "vitest";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";

const key = new Uint8Array(32).fill(7);

test.each<[string, () => unknown]>([
  ["migrates", () => hashIds(memoryStore(), { migrates: true } as never)],
  ["migrates", () => encrypt(memoryStore(), { keys: [{ id: "a", key }], migrates: true } as never)],
  ["prefx", () => unstorageStore(createStorage(), { prefx: "other" } as never)],
])("%s: and the one that was meant is named", (name, make) => {
  expect(make).toThrow(`There is no option "${name}"`);
  expect(make).toThrow("did you mean");
});
