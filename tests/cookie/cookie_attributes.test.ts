/** Attributes of two cookies: copied and compared whole, lifetime and end left aside. */
import { describe, expect, test } from "vitest";
import {
  type Attributes,
  attributesIn,
  sameAttributes,
} from "../../src/cookie/cookie_attributes.ts";

const all: Required<Attributes> = {
  path: "/admin",
  domain: "example.com",
  httpOnly: true,
  secure: true,
  sameSite: "lax",
  partitioned: true,
  priority: "high",
};

describe("attributesIn", () => {
  test("copies every attribute, and nothing else", () => {
    const cookie = { ...all, originalMaxAge: 5, expires: new Date(0), custom: 1 };
    const copy = attributesIn(cookie);
    expect(copy).toEqual(all);
    cookie.path = "/";
    expect(copy.path).toBe("/admin");
  });
});

describe("sameAttributes", () => {
  test.each(Object.keys(all) as (keyof Attributes)[])("a difference in %s counts", (name) => {
    expect(sameAttributes(all, { ...all, [name]: undefined })).toBe(false);
  });

  test("a difference in lifetime and end does not", () => {
    const [one, other] = [{ ...all, originalMaxAge: 1 }, { ...all, originalMaxAge: 2 }];
    expect(sameAttributes(one, other)).toBe(true);
  });
});
