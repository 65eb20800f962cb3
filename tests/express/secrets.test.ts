/** The option `secret` of Express: what it may be, in which words it is refused, and when it is too short. */
import { createPrivateKey, createSecretKey, generateKeyPairSync } from "node:crypto";
import process from "node:process";
import { afterEach, describe, expect, test, vi } from "vitest";
import { resolveSecrets } from "../../src/express/secrets.ts";
import type { Any } from "./support/libraries.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.resetModules();
});

const silent = () => {};
const keyOf = (length: number) => createSecretKey(Buffer.alloc(length, 1));

describe("is taken", () => {
  test.each<[string, Any]>([
    ["a text", "keyboard cat"],
    ["a Buffer", Buffer.from("keyboard cat")],
    ["a view", new DataView(new ArrayBuffer(9))],
    ["an ArrayBuffer", new ArrayBuffer(9)],
    ["a KeyObject", keyOf(9)],
  ])("%s, alone or among others", (_kind, secret) => {
    expect(resolveSecrets(secret, true, silent)).toEqual([secret]);
    const several = ["new", secret];
    // The very array: applications change it while they run.
    expect(resolveSecrets(several, true, silent)).toBe(several);
  });
});

describe("is refused", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  test.each<[Any, string]>([
    [42, "a value of type number"],
    [true, "a value of type boolean"],
    [{}, "a value of type object"],
    [{ type: "public" }, "a value of type object"],
    [() => "keyboard cat", "a value of type function"],
    [privateKey, "a value of type object"],
  ])("%j: its kind is named, never its value", (secret, kind) => {
    const message = `secret option must be a string, bytes or a KeyObject, not ${kind}`;
    expect(() => resolveSecrets(secret, true, silent)).toThrow(new TypeError(message));
    expect(() => resolveSecrets(["fine", secret], true, silent)).toThrow(new TypeError(message));
  });

  test.each([[undefined], [null]])("%j among others, as a variable that is not set", (secret) => {
    expect(() => resolveSecrets(["fine", secret], true, silent)).toThrow(
      /^secret option must be a string, bytes or a KeyObject, not /,
    );
  });

  test("none at all, in an array", () => {
    expect(() => resolveSecrets([], true, silent)).toThrow(
      new TypeError("secret option array must contain one or more strings"),
    );
  });

  test("a private key in its text form is a text", () => {
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    expect(resolveSecrets(pem, true, silent)).toEqual([pem]);
    expect(() => resolveSecrets(createPrivateKey(pem), true, silent)).toThrow(TypeError);
  });
});

describe.each([[undefined], [""], [null], [0]])("left out, as %j", (secret) => {
  test("it is that of an older middleware, which is said to be deprecated", async () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
    vi.resetModules();
    const fresh = await import("../../src/express/secrets.ts");
    expect(fresh.resolveSecrets(secret, true, silent)).toBe(undefined);
    expect(written).toEqual([
      "websession deprecated req.secret; provide secret option\n",
    ]);
  });

  test('with compat: "v2" it is needed', () => {
    expect(() => resolveSecrets(secret, false, silent)).toThrow(
      new TypeError("secret option required for sessions"),
    );
  });
});

describe("one that can be guessed", () => {
  async function warnedOf(env: string, secret: Any): Promise<string[]> {
    vi.stubEnv("NODE_ENV", env);
    vi.resetModules();
    const fresh = await import("../../src/express/secrets.ts");
    const reasons: string[] = [];
    fresh.resolveSecrets(secret, true, (reason) => void reasons.push(reason));
    return reasons;
  }
  const SECRETS: [string, Any, isShort: boolean][] = [
    ["31 characters", "x".repeat(31), true],
    ["32 characters", "x".repeat(32), false],
    ["31 bytes in fewer characters", `x${"é".repeat(15)}`, true],
    ["32 bytes in fewer characters", "é".repeat(16), false],
    ["31 bytes", new Uint8Array(31), true],
    ["32 bytes", new Uint8Array(32), false],
    ["an ArrayBuffer of 31", new ArrayBuffer(31), true],
    ["an ArrayBuffer of 32", new ArrayBuffer(32), false],
    ["a KeyObject, whose maker knows what it is", keyOf(9), false],
  ];

  test.each(SECRETS)("is told of in production: %s", async (_what, secret, isShort) => {
    const told = isShort ? ["secret"] : [];
    expect(await warnedOf("production", secret)).toEqual(told);
    expect(await warnedOf("production", ["x".repeat(32), secret])).toEqual(told);
  });

  test("and nowhere else", async () => {
    for (const [, secret] of SECRETS) expect(await warnedOf("development", secret)).toEqual([]);
  });
});
