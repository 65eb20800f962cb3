/** The signer of Express signs as cookie-signature does, by the secrets there are at the moment. */
import { createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { nodeSigner, type Secret } from "../../src/express/node_signer.ts";
import { signature } from "./support/libraries.ts";

const bytes = Buffer.from("keyboard cat");

test.each<[string, Secret]>([
  ["a text", "keyboard cat"],
  ["a Buffer", bytes],
  ["bytes", new Uint8Array(bytes)],
  ["an ArrayBuffer", new Uint8Array(bytes).buffer],
  ["a KeyObject", createSecretKey(bytes)],
])("%s makes express-session's values, and proves them", (_kind, secret) => {
  const value = `s:${signature.sign("the id", "keyboard cat")}`;
  const signer = nodeSigner([secret]);
  for (const _ of [1, 2]) {
    expect(signer.sign("the id")).toBe(value);
    expect(signer.unsign(value)).toEqual({ id: "the id", current: true, value });
  }
  expect(nodeSigner([secret]).unsign(value)).toEqual({ id: "the id", current: true, value });
  for (const forged of [value.replace("id", "ID"), value.slice(0, -1), "s:the id.", "the id"]) {
    expect(signer.unsign(forged)).toBe(undefined);
  }
});

test("an empty text is a secret as any other, where an application has no better", () => {
  const signer = nodeSigner([""]);
  expect(signer.sign("id")).toBe(`s:${signature.sign("id", "")}`);
  expect(signer.unsign(signer.sign("id"))).toMatchObject({ id: "id", current: true });
});

describe("the array is read at each call", () => {
  test("a key put in front signs, those behind it still prove, one that is gone proves nothing", () => {
    const secrets = ["old"];
    const signer = nodeSigner(secrets);
    const value = signer.sign("id");
    secrets.unshift("new");
    expect(signer.sign("id")).toBe(`s:${signature.sign("id", "new")}`);
    expect(signer.unsign(value)).toEqual({ id: "id", current: false, value });
    secrets.pop();
    expect(signer.unsign(value)).toBe(undefined);
  });

  test("however often keys are replaced", () => {
    const secrets: string[] = [];
    const signer = nodeSigner(secrets);
    for (let round = 0; round < 40; round++) {
      secrets.unshift(`secret ${round}`);
      secrets.splice(3);
      const value = signer.sign("id");
      expect(value).toBe(`s:${signature.sign("id", `secret ${round}`)}`);
      for (let age = 0; age < 5 && age <= round; age++) {
        const older = `s:${signature.sign("id", `secret ${round - age}`)}`;
        const found = age < 3 ? { id: "id", current: age === 0, value: older } : undefined;
        expect(signer.unsign(older)).toEqual(found);
      }
    }
  });

  test("bytes that are overwritten are another secret", () => {
    const secret = new Uint8Array(bytes);
    const signer = nodeSigner([secret]);
    const value = signer.sign("id");
    secret.fill(7);
    expect(signer.unsign(value)).toBe(undefined);
    expect(signer.sign("id")).not.toBe(value);
  });
});
