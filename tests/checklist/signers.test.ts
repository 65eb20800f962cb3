/** How both entries compare signatures. */
import { timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test, vi } from "vitest";
import { webSigner } from "../../src/cookie/signer.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const SECRET = "a secret of more than thirty-two bytes";

vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

describe("Web", () => {
  test("S11 the comparison is the platform's: a wrong first byte and a wrong last byte cost one verify each", async () => {
    const value = await webSigner([SECRET]).sign("id");
    const at = value.length - 43;
    const verify = vi.spyOn(crypto.subtle, "verify");
    const sign = vi.spyOn(crypto.subtle, "sign");
    const signer = webSigner([SECRET]);
    for (const index of [at, value.length - 2]) {
      const other = value[index] === "A" ? "B" : "A";
      const forged = value.slice(0, index) + other + value.slice(index + 1);
      expect(await signer.unsign(forged)).toBeUndefined();
    }
    expect(verify).toHaveBeenCalledTimes(2);
    expect(sign).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

test("S17 no key that is imported can be exported, nor can those that are derived from it", async () => {
  const imported = vi.spyOn(crypto.subtle, "importKey");
  const derived = vi.spyOn(crypto.subtle, "deriveKey");
  await webSigner([SECRET]).sign("id");
  const key = { id: "k", key: crypto.getRandomValues(new Uint8Array(32)) };
  const record = { json: '{"cookie":{}}', expires: null, subject: undefined };
  await encrypt(memoryStore({ sweepInterval: 0 }), { keys: [key] }).create("id", record);
  await cookieStore({ secret: SECRET }).seal("sid", record);
  const keys = await Promise.all([...imported.mock.results, ...derived.mock.results].map(
    ({ value }) => value as Promise<CryptoKey>,
  ));
  vi.restoreAllMocks();
  expect(keys.length).toBeGreaterThanOrEqual(2);
  for (const { extractable } of keys) expect(extractable).toBe(false);
});

describe("Express", () => {
  test("S11 the comparison is the platform's: a wrong first byte and a wrong last byte cost one each", () => {
    const value = nodeSigner([SECRET]).sign("id");
    const compare = vi.mocked(timingSafeEqual).mockClear();
    for (const index of [value.length - 43, value.length - 2]) {
      const other = value[index] === "A" ? "B" : "A";
      const forged = value.slice(0, index) + other + value.slice(index + 1);
      expect(nodeSigner([SECRET]).unsign(forged)).toBeUndefined();
    }
    expect(compare).toHaveBeenCalledTimes(2);
    for (const [mine, theirs] of compare.mock.calls) {
      expect(mine.byteLength).toBe(theirs.byteLength);
    }
  });
});

describe("both", () => {
  test.each(["src/cookie/signer.ts", "src/express/node_signer.ts"])(
    "S11 S92 %s compares no signature by ===",
    (file) => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      expect(text).toMatch(/subtle\.verify|timingSafeEqual/);
      expect(text).not.toMatch(/\bmac\w*\s*[!=]==?|[!=]==?\s*\w*\.?mac\b/i);
    },
  );
});
