/** An answer that Node will not write is known before anything is stored, and gives way to another one. */
import { describe, expect, test } from "vitest";
import { isUnsendable, withdraw } from "../../src/express/unsent_answer.ts";
import { exchange, valuesOf } from "./support/exchange.ts";
import type { Any } from "./support/libraries.ts";

const REASONS: readonly [reason: unknown, isRefused: boolean][] = [
  [undefined, false],
  ["Fine", false],
  ["a\ttab, é and ÿ", false],
  ["two\nlines", true],
  ["null\0", true],
  ["delete\x7f", true],
  ["日本", true],
  // Whatever it is, its text is what would be sent.
  [["two\nlines"], true],
  [new Error("two\nlines"), true],
  [new Error("one"), false],
];

const CODES: readonly [code: unknown, isRefused: boolean][] = [
  [200, false],
  [100, false],
  [999, false],
  ["404", false],
  [404.5, false],
  [99, true],
  [1000, true],
  [-1, true],
  [0, true],
  ["lost", true],
  [undefined, true],
  [NaN, true],
];

/** Whether Node itself writes such a status line. */
async function isRefusedByNode(set: (res: Any) => void): Promise<boolean> {
  let isRefused = false;
  await exchange((_req, res) => {
    set(res);
    try {
      res.end();
    } catch {
      isRefused = true;
      res.statusCode = 200;
      res.statusMessage = undefined;
      res.end();
    }
  });
  return isRefused;
}

describe("isUnsendable() says what Node does, before it does so", () => {
  test.each(CODES)("of the status %j: %s", async (statusCode, isRefused) => {
    expect(isUnsendable({ _header: null, statusCode } as Any)).toBe(isRefused);
    expect(await isRefusedByNode((res) => res.statusCode = statusCode)).toBe(isRefused);
  });

  test.each(REASONS)("of the reason %j: %s", async (statusMessage, isRefused) => {
    expect(isUnsendable({ _header: null, statusCode: 200, statusMessage } as Any)).toBe(isRefused);
    expect(await isRefusedByNode((res) => res.statusMessage = statusMessage)).toBe(isRefused);
  });

  test("and nothing of headers that are written, or that others write", () => {
    const refused = { statusCode: 1000, statusMessage: "two\nlines" };
    expect(isUnsendable({ ...refused, _header: "HTTP/1.1 200 OK\r\n\r\n" })).toBe(false);
    expect(isUnsendable(refused)).toBe(false);
  });
});

describe("withdraw()", () => {
  test.each([
    ...["Content-Type", "Content-Length", "Content-Encoding", "Content-Language"],
    ...["Content-Location", "Content-Disposition", "Content-Range", "Accept-Ranges"],
    ...["ETag", "Last-Modified", "Cache-Control", "Expires", "Location", "Refresh"],
    ...["Transfer-Encoding", "Trailer"],
  ])("leaves no %s: it was of the answer that is not sent", async (name) => {
    await exchange((_req, res) => {
      res.setHeader(name, "1");
      withdraw(res, false);
      expect(res.hasHeader(name)).toBe(false);
      res.end();
    });
  });

  test.each(["Set-Cookie", "Vary", "Access-Control-Allow-Origin", "Content-Security-Policy"])(
    "leaves %s: it may be of any answer",
    async (name) => {
      const reply = await exchange((_req, res) => {
        res.setHeader(name, "1");
        withdraw(res, false);
        res.end();
      });
      expect(valuesOf(reply, name.toLowerCase())).toEqual(["1"]);
    },
  );

  test("leaves what may be of any answer, and nothing of the one that is not sent", async () => {
    const reply = await exchange((_req, res) => {
      res.setHeader("Content-Type", "application/json");
      res.setHeader("ETag", '"1"');
      res.setHeader("X-Powered-By", "tea");
      res.writeHead(201, "Made", { Location: "/1", "Content-Length": 100 });
      withdraw(res, false);
      res.end("page");
    });
    expect([reply.status, reply.reason, reply.body]).toEqual([
      500,
      "Internal Server Error",
      "page",
    ]);
    expect(reply.headers).toEqual([["X-Powered-By", "tea"], ["Content-Length", "4"]]);
  });

  test("of an answer to HEAD leaves one without a body", async () => {
    const reply = await exchange((_req, res) => {
      res.writeHead(200, { "Content-Length": 100 });
      withdraw(res, true);
      res.end("page");
    }, { method: "HEAD" });
    expect([reply.status, reply.body, valuesOf(reply, "content-length")]).toEqual([500, "", []]);
  });

  test("of a response that is no more than an object says that all is not well", () => {
    const res: Any = {};
    withdraw(res, false);
    expect(res).toStrictEqual({ statusCode: 500 });
  });
});
