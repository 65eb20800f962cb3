/** What names a session to those who run the application: a part of a MAC, and no id. */
import { describe, expect, test } from "vitest";
import type { Signer } from "../../src/cookie/signer.ts";
import { handlesBy, recordOf } from "../../src/core/session_handle.ts";
import { SessionState } from "../../src/core/session_state.ts";

const signer = (mac: string, signed: string[] = []): Signer => ({
  sign: (text) => (signed.push(text), `s:${text}.${mac}`),
  unsign: () => undefined,
});

describe("a handle", () => {
  test("is the beginning of the MAC of the id, with nothing a URL would escape", () => {
    const signed: string[] = [];
    const mac = `a+b/c+d/e+f/g+h/${"z".repeat(27)}`;
    expect(handlesBy(() => signer(mac, signed))("the-id")).toBe("a-b_c-d_e-f_g-h_");
    // No id has a line break: nothing that is signed here is a cookie.
    expect(signed).toEqual(["websession.event\nthe-id"]);
  });

  test("comes when the signer has it, of the signer that is asked for then", async () => {
    const late: Signer = {
      sign: (text) => Promise.resolve(`s:${text}.${"x".repeat(43)}`),
      unsign: () => undefined,
    };
    expect(await handlesBy(() => late)("id")).toBe("x".repeat(16));
  });
});

test("a request is about its record, else about what its browser has proven", () => {
  const state = new SessionState();
  expect(recordOf(state)).toBeUndefined();
  state.cookieId = "proven";
  expect(recordOf(state)).toBe("proven");
  state.stored("stored", "{}", undefined, 1);
  expect(recordOf(state)).toBe("stored");
});
