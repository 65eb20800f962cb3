/** Whether a request's connection is secure. */
import { describe, expect, test } from "vitest";
import { forwardedHttps, isSecureRequest } from "../../src/cookie/secure_request.ts";

describe("forwardedHttps", () => {
  test.each([
    ["https", true],
    ["HTTPS", true],
    [" https , http", true],
    ["https,https", true],
    ["http, https", false],
    ["http", false],
    [", https", false],
    [",https", false],
    ["httpss", false],
    ["", false],
    [undefined, false],
    [null, false],
  ])("S30 the first item of %j: %s", (header, expected) => {
    expect(forwardedHttps(header)).toBe(expected);
  });
});

describe("isSecureRequest", () => {
  test.each([
    ["https://example.com/", undefined, false, true],
    ["http://example.com/", undefined, false, false],
    ["http://example.com/", "https", false, false],
    ["http://example.com/", "https", true, true],
    ["http://example.com/", "http, https", true, false],
    ["http://localhost:3000/", undefined, false, true],
    ["http://app.localhost/", undefined, false, true],
    ["http://127.0.0.1:8080/", undefined, false, true],
    ["http://127.9.9.9/", undefined, false, true],
    ["http://[::1]/", undefined, false, true],
    ["http://localhost.example.com/", undefined, false, false],
    ["http://127.0.0.1.example.com/", undefined, false, false],
    ["http://notlocalhost/", undefined, false, false],
    ["http://127.10.200.255/", undefined, false, true],
    ["http://a127.0.0.1.example/", undefined, false, false],
  ])("S19 S30 %s with %s, trusted %s: %s", (url, header, trusted, expected) => {
    const headers: Record<string, string> = header === undefined
      ? {}
      : { "x-forwarded-proto": header };
    expect(isSecureRequest(new Request(url, { headers }), trusted)).toBe(expected);
  });
});
