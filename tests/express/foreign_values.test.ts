/** Values that are well signed, and yet no session. */
import { expect, test } from "vitest";
import { makeApp, useDriver, write } from "./support/app.ts";
import { ours, signed } from "./support/libraries.ts";

useDriver();

test("S16 a value another part of the application signed is no session, and becomes none", async () => {
  const app = makeApp({ library: ours, kind: "memory" });
  // cookie-parser signs in the same format, here with the same secret.
  const foreign = signed("chosen-by-the-attacker");
  const first = await app.play(write, foreign);
  const second = await app.play(write, foreign);
  expect([first.body, second.body]).toEqual(["1", "1"]);
  expect(first.cookie).toBeDefined();
  expect(first.cookie).not.toContain("chosen-by-the-attacker");
  expect(second.cookie).not.toBe(first.cookie);
});
