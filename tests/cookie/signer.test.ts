/** Signed cookie values: both signers, against each other and against npm cookie-signature. */
import { createHmac, createSecretKey } from "node:crypto";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { type Signer, splitSigned, webSigner } from "../../src/cookie/signer.ts";
import { seeded } from "../../src/testing/random.ts";
import { CountedText } from "./counted_text.ts";

const { sign, unsign } = createRequire(import.meta.url)("cookie-signature") as {
  sign(value: string, secret: string): string;
  unsign(value: string, secret: string): string | false;
};

const SECRET = "keyboard cat";
const makers: Record<string, (secrets: string[]) => Signer> = { webSigner, nodeSigner };

/** cookie-signature's answer, and the marker express-session puts in front. */
const reference = (id: string, secret = SECRET) => `s:${sign(id, secret)}`;

const IDS = ["apple", "%", "/foo", "a.b.c", "ü€😀", "x".repeat(500), ".", "s:", " ", "__proto__"];

describe.each(Object.entries(makers))("%s", (_name, make) => {
  const signer = make([SECRET]);

  test.each([
    ["apple", "s%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU"],
    ["%", "s%3A%25.kzQ6x52kKVdF35Qh62AWk4ZekS28K5XYCXKa%2FOTZ01g"],
    ["/foo", "s%3A%2Ffoo.paEKBtAHbV5s1IB8B2zPnzAgYmmnRPIqObW4VRYj%2FMQ"],
  ])("S10 a known answer: %s", async (id, encoded) => {
    expect(encodeURIComponent(await signer.sign(id))).toBe(encoded);
    expect(await make([SECRET]).unsign(decodeURIComponent(encoded))).toMatchObject({
      id,
      current: true,
    });
  });

  test("S10 signs as cookie-signature does, and each proves the other's", async () => {
    for (const id of IDS) {
      expect(await signer.sign(id)).toBe(reference(id));
      expect(unsign((await signer.sign(id)).slice(2), SECRET)).toBe(id);
      expect((await make([SECRET]).unsign(reference(id)))?.id).toBe(id);
    }
  });

  test("S10 any flipped bit, in id or signature, proves nothing", async () => {
    const value = reference("Ab3_-z");
    // The marker and the dot included.
    for (let index = 0; index < value.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(value.charCodeAt(index) ^ (1 << bit));
        const changed = value.slice(0, index) + flipped + value.slice(index + 1);
        expect(await signer.unsign(changed), changed).toBeUndefined();
      }
    }
    expect((await signer.unsign(value))?.id).toBe("Ab3_-z");
  });

  test("S10 one signature has one text: the last character's spare bits must be zero", async () => {
    const value = reference("apple");
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const proven = [];
    for (const last of alphabet) {
      if (await signer.unsign(value.slice(0, -1) + last) !== undefined) proven.push(last);
    }
    expect(proven).toEqual([value.at(-1)]);
    for (const padding of ["=", "==", " "]) {
      expect(await signer.unsign(value + padding)).toBeUndefined();
    }
  });

  test("S10 a truncated value proves nothing", async () => {
    const value = reference("some-id");
    for (let length = 0; length < value.length; length++) {
      expect(await signer.unsign(value.slice(0, length)), value.slice(0, length)).toBeUndefined();
    }
  });

  test("S12 an unsigned, unmarked or empty value is no session", async () => {
    const bare = sign("apple", SECRET);
    const shapes = [
      "",
      "s:",
      "s:.",
      "apple",
      bare,
      `S:${bare}`,
      `j:${bare}`,
      "s:apple",
      "s:apple.",
      `s:${"A".repeat(43)}`,
      `s:.${"A".repeat(43)}`,
      reference(""),
    ];
    for (const value of shapes) expect(await signer.unsign(value), value).toBeUndefined();
  });

  test("S12 the empty id is refused though its signature is right", async () => {
    expect(unsign(reference("").slice(2), SECRET)).toBe("");
    expect(await signer.unsign(reference(""))).toBeUndefined();
  });

  test("S14 another secret's signature proves nothing", async () => {
    expect(await signer.unsign(reference("apple", "keyboard dog"))).toBeUndefined();
    expect(await signer.unsign(reference("apple", "keyboard cat "))).toBeUndefined();
  });

  test("S14 the first secret signs, all verify, and only the first is current", async () => {
    const rotated = make(["new", "older", SECRET]);
    expect(await rotated.sign("apple")).toBe(reference("apple", "new"));
    expect(await rotated.unsign(reference("apple", "new"))).toMatchObject({
      id: "apple",
      current: true,
    });
    for (const secret of ["older", SECRET]) {
      const expected = { id: "apple", current: false };
      // Twice: the second answer comes from the cache.
      expect(await rotated.unsign(reference("apple", secret))).toMatchObject(expected);
      expect(await rotated.unsign(reference("apple", secret))).toMatchObject(expected);
    }
  });

  test("S34 hostile values are answered in linear time and never throw", async () => {
    const hostile = (length: number) => [
      "s:" + "a.".repeat(length / 2),
      "s:" + ".".repeat(length),
      "s:" + "%".repeat(length),
      "s:" + "\0".repeat(length),
      "s:" + "\ud800".repeat(length),
      "s:" + "a".repeat(length) + "." + "A".repeat(43),
    ];
    for (const value of hostile(64 * 1024)) {
      const looked = new CountedText(value);
      splitSigned(looked as never);
      // To the marker, the dot and the end: each character once at most.
      expect(looked.looked).toBeLessThanOrEqual(value.length + 3);
      const proven = await signer.unsign(value);
      expect(proven).toBeUndefined();
    }
  });
});

test("S93 both signers agree on values drawn by chance", async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seeded(seed);
    const id = Array.from(
      { length: 1 + random.below(40) },
      () => String.fromCodePoint(33 + random.below(random.pick([90, 500, 0xd000]))),
    ).join("");
    const secret = "k".repeat(1 + random.below(99)) + seed;
    const value = reference(id, secret);
    const broken = value.slice(0, random.below(value.length)) + random.pick(["", "A", "=", "é"]);
    for (const text of [value, broken]) {
      const [web, node] = [
        await webSigner([secret]).unsign(text),
        nodeSigner([secret]).unsign(text),
      ];
      expect(web, `seed ${seed}`).toEqual(node);
    }
    expect(nodeSigner([secret]).sign(id), `seed ${seed}`).toBe(value);
    expect(await webSigner([secret]).sign(id), `seed ${seed}`).toBe(value);
  }
});

describe("nodeSigner", () => {
  test("S14 reads its array at each call: pushed keys verify, removed ones prove nothing", () => {
    const secrets = ["first"];
    const signer = nodeSigner(secrets);
    const value = signer.sign("apple");
    expect(signer.unsign(value)?.current).toBe(true);
    secrets.unshift("second");
    expect(signer.unsign(value)).toMatchObject({ id: "apple", current: false });
    expect(signer.sign("apple")).toBe(reference("apple", "second"));
    secrets.pop();
    expect(signer.unsign(value)).toBeUndefined();
    secrets.length = 0;
    expect(signer.unsign(value)).toBeUndefined();
  });

  test("S14 takes bytes and key objects, and forgets bytes that were overwritten", () => {
    const bytes = Buffer.from(SECRET);
    for (const secret of [bytes, new Uint8Array(bytes), createSecretKey(bytes)]) {
      expect(nodeSigner([secret]).sign("apple")).toBe(reference("apple"));
      expect(nodeSigner([secret]).unsign(reference("apple"))?.id).toBe("apple");
    }
    const signer = nodeSigner([bytes]);
    expect(signer.unsign(reference("apple"))?.id).toBe("apple");
    bytes.fill(0);
    expect(signer.unsign(reference("apple"))).toBeUndefined();
  });

  test("S11 compares in constant time: equal lengths, whatever came", () => {
    const mac = createHmac("sha256", SECRET).update("apple").digest("base64").slice(0, 43);
    const signer = nodeSigner([SECRET]);
    expect(signer.unsign(`s:apple.${"A" + mac.slice(1)}`)).toBeUndefined();
    expect(signer.unsign(`s:apple.${mac.slice(0, -2) + "AA"}`)).toBeUndefined();
    expect(signer.unsign(`s:apple.${"é".repeat(43)}`)).toBeUndefined();
  });
});
