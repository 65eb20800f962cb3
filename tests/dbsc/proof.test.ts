/** Proofs: what a device signed is one, and nothing else is. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { toBase64Url } from "../../src/base64url.ts";
import { isSignedBy, LONGEST_PROOF, readProof } from "../../src/dbsc/proof.ts";
import { DECOYS, hasSigned, type PublicKey, publicKeyIn } from "../../src/dbsc/public_key.ts";
import { spyOnCrypto } from "../web/support.ts";
import { makeDevice, partOf, type TestDevice } from "./device.ts";

let ec: TestDevice;
let rsa: TestDevice;
let other: TestDevice;

beforeAll(async () => {
  [ec, rsa, other] = await Promise.all([makeDevice(), makeDevice("RS256"), makeDevice()]);
});

async function isAccepted(text: string, key: JsonWebKey, registers = false): Promise<boolean> {
  const proof = readProof(text, registers);
  return proof !== undefined && await isSignedBy(proof, key as PublicKey);
}

describe.each(["ES256", "RS256"] as const)("a proof by %s", (algorithm) => {
  const device = () => algorithm === "ES256" ? ec : rsa;

  test("is accepted at the registration, with its key, and at a refresh without it", async () => {
    const registration = readProof(await device().registers("challenge"), true)!;
    expect(registration).toMatchObject({ algorithm, challenge: "challenge", key: device().jwk });
    expect(await isSignedBy(registration, registration.key!)).toBe(true);
    expect(await isAccepted(await device().refreshes("challenge"), device().jwk)).toBe(true);
  });

  test("S89 brings its key at the registration, and never at a refresh", async () => {
    expect(readProof(await device().refreshes("challenge"), true)).toBe(undefined);
    expect(readProof(await device().registers("challenge"), false)).toBe(undefined);
  });

  test("S89 of another key, or changed in one place, is none", async () => {
    const proof = await device().refreshes("challenge");
    expect(await isAccepted(proof, other.jwk)).toBe(false);
    expect(await isAccepted(proof, DECOYS[algorithm])).toBe(false);
    const [head, body, end] = proof.split(".") as [string, string, string];
    expect(await isAccepted(`${head}.${partOf({ jti: "another" })}.${end}`, device().jwk))
      .toBe(false);
    expect(await isAccepted(`${head}.${body}.${end.slice(0, -4)}AAAA`, device().jwk)).toBe(false);
    expect(await isAccepted(`${head}.${body}.`, device().jwk)).toBe(false);
  });

  test.each(
    [
      ["another type", { typ: "jwt" }],
      ["no type", { typ: undefined }],
      ["a type in capitals", { typ: "DBSC+JWT" }],
      ["none", { alg: "none" }],
      ["no algorithm", { alg: undefined }],
      ["HS256", { alg: "HS256" }],
      ["an extension nobody knows", { crit: ["exp"], exp: 1 }],
    ] as const,
  )("S89 with %s in its header is none", async (_what, header) => {
    expect(readProof(await device().refreshes("challenge", { header }), false)).toBe(undefined);
    expect(readProof(await device().registers("challenge", { header }), true)).toBe(undefined);
  });

  test.each([undefined, 7, null, ["challenge"], "x".repeat(257)])(
    "S89 that answers %j is none",
    async (jti) => {
      const forged = { payload: { jti } };
      expect(readProof(await device().refreshes("", forged), false)).toBe(undefined);
    },
  );
});

test("S89 an algorithm is the key's own: RS256 with a key of ES256 is refused, whoever signed", async () => {
  expect(await isAccepted(await ec.refreshes("challenge", { header: { alg: "RS256" } }), ec.jwk))
    .toBe(false);
  expect(readProof(await ec.registers("challenge", { header: { alg: "RS256" } }), true))
    .toBe(undefined);
});

test("S89 the same bytes in another spelling are no proof", async () => {
  const proof = await ec.refreshes("challenge");
  expect(await isAccepted(proof, ec.jwk)).toBe(true);
  const [head, body, end] = proof.split(".") as [string, string, string];
  const spellings = [
    `${proof}=`,
    `${proof}==`,
    ` ${proof}`,
    `${proof}\n`,
    `${proof}.`,
    `.${proof}`,
    `${head}.${body}`,
    `${head}=.${body}.${end}`,
    // The last character of 64 bytes has four bits that nobody reads.
    ...["B", "C", "D"].map((letter) => proof.replace(/[AQgw]$/, letter)),
    proof.replaceAll("-", "+").replaceAll("_", "/") + (/[-_]/.test(proof) ? "" : "="),
    `${head}.${body}.${end.slice(0, 20)} ${end.slice(20)}`,
  ];
  for (const text of spellings) expect([text, readProof(text, false)]).toEqual([text, undefined]);
});

test("S89 what is no JSON object in UTF-8 is no proof, and neither is what is too long", async () => {
  const head = partOf({ typ: "dbsc+jwt", alg: "ES256" });
  const bodies = ["", "null", "[]", '"jti"', "{", '{"jti":"a"}}', "\ufeff{}"].map(partOf);
  for (const body of [...bodies, toBase64Url(new Uint8Array([0x7b, 0xff, 0x7d]))]) {
    expect(readProof(`${head}.${body}.AAAA`, false)).toBe(undefined);
  }
  const long = partOf({ jti: "challenge", filling: "x".repeat(LONGEST_PROOF) });
  expect(readProof(`${head}.${long}.${await ec.sign(`${head}.${long}`)}`, false)).toBe(undefined);
});

describe("a key", () => {
  const zeros = (bytes: number) => toBase64Url(new Uint8Array(bytes));
  const modulus = (bytes: number) => toBase64Url(new Uint8Array(bytes).fill(0xff));

  test("is stored as what makes it, without whatever else the browser said", () => {
    expect(publicKeyIn({ ...ec.jwk, kid: "k", ext: true }, "ES256")).toEqual(ec.jwk);
    expect(publicKeyIn({ ...rsa.jwk, use: "sig", alg: "RS256" }, "RS256")).toEqual(rsa.jwk);
  });

  test.each<[string, "ES256" | "RS256", () => unknown]>([
    ["nothing", "ES256", () => null],
    ["a text", "ES256", () => "key"],
    ["a private key", "ES256", () => ({ ...ec.jwk, d: zeros(32) })],
    ["one for encryption", "ES256", () => ({ ...ec.jwk, use: "enc" })],
    ["one for another algorithm", "ES256", () => ({ ...ec.jwk, alg: "ES384" })],
    ["one of another kind", "ES256", () => rsa.jwk],
    ["one of another kind", "RS256", () => ec.jwk],
    ["another curve", "ES256", () => ({ ...ec.jwk, crv: "P-384" })],
    ["a short coordinate", "ES256", () => ({ ...ec.jwk, x: zeros(31) })],
    ["a long coordinate", "ES256", () => ({ ...ec.jwk, y: zeros(33) })],
    ["a coordinate with padding", "ES256", () => ({ ...ec.jwk, x: `${ec.jwk.x}=` })],
    ["a coordinate that is a number", "ES256", () => ({ ...ec.jwk, x: 7 })],
    ["1024 bits", "RS256", () => ({ ...rsa.jwk, n: modulus(128) })],
    ["8192 bits", "RS256", () => ({ ...rsa.jwk, n: modulus(1024) })],
    ["zeros in front", "RS256", () => ({ ...rsa.jwk, n: zeros(256) })],
    ["another exponent", "RS256", () => ({ ...rsa.jwk, e: "Aw" })],
  ])("%s is none for %s", (_what, algorithm, jwk) => {
    expect(publicKeyIn(jwk(), algorithm)).toBe(undefined);
  });

  test("a point that is not on the curve has signed nothing, and nothing is thrown", async () => {
    const key = publicKeyIn({ ...ec.jwk, y: ec.jwk.x! }, "ES256")!;
    expect(await hasSigned(key, new Uint8Array(64), new Uint8Array(8))).toBe(false);
  });

  test.each(["ES256", "RS256"] as const)("the decoy of %s is a key like any other", async (alg) => {
    expect(publicKeyIn(DECOYS[alg], alg)).toEqual(DECOYS[alg]);
    const proof = readProof(await (alg === "ES256" ? ec : rsa).refreshes("challenge"), false)!;
    const spy = spyOnCrypto();
    expect(await isSignedBy(proof, DECOYS[alg])).toBe(false);
    // One that the platform would not take were no work.
    expect(spy.calls()).toBe(2);
    spy.restore();
  });

  test("S90 the work is what the proof asks for, whatever key there is, or none", async () => {
    for (const device of [ec, rsa]) {
      const proof = readProof(await device.refreshes("challenge"), false)!;
      for (const key of [ec.jwk, rsa.jwk, other.jwk, undefined] as (PublicKey | undefined)[]) {
        const verify = vi.spyOn(crypto.subtle, "verify");
        expect(await isSignedBy(proof, key)).toBe(key === device.jwk);
        const [[{ name }, imported]] = verify.mock.calls as unknown as [[Algorithm, CryptoKey]];
        verify.mockRestore();
        const expected = device === ec ? "ECDSA" : "RSASSA-PKCS1-v1_5";
        expect([name, imported.algorithm.name]).toEqual([expected, expected]);
      }
    }
  });
});
