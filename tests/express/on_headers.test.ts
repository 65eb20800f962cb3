/** Whoever acts before the headers leave does so once, and what writeHead() was given is as Node sends it. */
import { describe, expect, test } from "vitest";
import { commitHeaders, type HeadWaiting, onHeaders } from "../../src/express/on_headers.ts";
import { exchange, valuesOf } from "./support/exchange.ts";
import type { Any } from "./support/libraries.ts";

/** Hooks that count how often they act. */
function counting(act: () => void = () => {}) {
  const hooks = {
    headersDone: false,
    count: 0,
    beforeHeaders() {
      hooks.count++;
      act();
    },
  };
  return hooks;
}

const HEADS: readonly [what: string, ...args: unknown[]][] = [
  ["a status", 201],
  ["a status that is text", "404"],
  ["a status that is text, and headers", "404", { "X-A": "1" }],
  ["a status and a reason", 201, "Made"],
  ["an object", 201, { "X-A": "1", "X-B": ["2", "3"] }],
  ["an object behind a reason", 201, "Made", { "X-A": "1" }],
  ["an object behind nothing", 201, undefined, { "X-A": "1" }],
  ["an empty object", 201, {}],
  ["null", 201, null],
  ["a flat list", 201, ["X-A", "1", "X-B", "2"]],
  ["a flat list that names one twice", 201, ["X-A", "1", "X-A", "2"]],
  ["a flat list that is empty", 201, []],
  ["a list of pairs", 201, [["X-A", "1"]]],
  ["a list of pairs that names one twice", 201, [["X-A", "1"], ["X-A", "2"], ["X-B", "3"]]],
  ["one that takes the place of a set one", 201, { "x-set": "new" }],
  ["one that has a name of no letters, beside set ones", 201, { "x-set": "new", "": "2" }],
  ["a flat list that takes the place of a set one", 201, ["X-A", "1", "X-Set", "new"]],
];

describe("writeHead() with", () => {
  test.each(HEADS)("%s sends what Node sends", async (_what, ...args) => {
    const isOfSet = JSON.stringify(args).toLowerCase().includes("x-set");
    const send = async (isHooked: boolean) => {
      const reply = await exchange((_req, res) => {
        if (isHooked) onHeaders(res, counting());
        if (isOfSet) {
          res.setHeader("X-Set", "old");
          res.setHeader("X-Last", "last");
        }
        expect(res.writeHead(...args)).toBe(res);
        res.end("body");
      });
      const { status, reason, headers, body } = reply;
      return { status, reason, headers, body };
    };
    expect(await send(true)).toEqual(await send(false));
  });

  test("one header of several names in all cases keeps each of its values", async () => {
    const reply = await exchange((_req, res) => {
      onHeaders(res, counting());
      res.writeHead(200, ["Set-Cookie", "a=1", "set-cookie", "b=2", "SET-COOKIE", ["c=3"]]);
      res.end();
    });
    expect(valuesOf(reply, "set-cookie")).toEqual(["a=1", "b=2", "c=3"]);
  });

  test.each([
    ["no value", { "X-A": undefined }],
    ["a value of two lines", { "X-A": "1\n2" }],
    ["a name with a blank", { "X A": "1" }],
  ])("%s is refused as Node refuses it, and nothing is written", async (_what, headers) => {
    const refused = async (isHooked: boolean) => {
      let code: unknown;
      await exchange((_req, res) => {
        if (isHooked) onHeaders(res, counting());
        try {
          res.writeHead(201, headers);
        } catch (error) {
          code = (error as Any).code;
        }
        if (isHooked) expect([res.headersSent, res.statusCode]).toEqual([false, 200]);
        res.destroy();
      });
      return code;
    };
    expect(await refused(true)).toBe(await refused(false));
    expect(await refused(true)).toMatch(/^ERR_/);
  });

  test("a list of an odd length is refused, and nothing is written", async () => {
    const hooks = counting();
    const reply = await exchange((_req, res) => {
      onHeaders(res, hooks);
      expect(() => res.writeHead(200, ["X-A", "1", "X-B"]))
        .toThrow(new TypeError("headers array is malformed"));
      expect([res.headersSent, hooks.count]).toEqual([false, 0]);
      res.end("page");
    });
    expect([reply.body, hooks.count]).toEqual(["page", 1]);
  });
});

describe("the hooks", () => {
  test("act once, before the headers are written, and may set some", async () => {
    for (const write of ["writeHead", "write", "flushHeaders", "end"]) {
      const seen: unknown[] = [];
      const reply = await exchange((_req, res) => {
        const hooks = counting(() => {
          seen.push(res.headersSent);
          res.setHeader("X-Late", "1");
        });
        onHeaders(res, hooks);
        if (write === "writeHead") res.writeHead(200);
        else res[write]("");
        if (!res.writableEnded) res.end();
      });
      expect([seen, valuesOf(reply, "x-late")], write).toEqual([[false], ["1"]]);
    }
  });

  test("see the status that was given, and may decide on another", async () => {
    const reply = await exchange((_req, res) => {
      onHeaders(res, counting(() => res.statusCode += 1));
      res.writeHead(201, { "X-A": "1" });
      res.end();
    });
    expect(reply.status).toBe(202);
  });

  test("do not act again for headers that are written: Node says that it is too late", async () => {
    const hooks = counting();
    await exchange((_req, res) => {
      onHeaders(res, hooks);
      res.write("begun");
      expect(() => res.writeHead(200)).toThrow(
        expect.objectContaining({ code: "ERR_HTTP_HEADERS_SENT" }),
      );
      res.end();
    });
    expect(hooks.count).toBe(1);
  });

  test("act for each attempt, where Node refuses one", async () => {
    const hooks = counting();
    const reply = await exchange((_req, res) => {
      onHeaders(res, hooks);
      res.statusCode = 418;
      res.statusMessage = "Short and stout";
      expect(() => res.writeHead(1000)).toThrow(RangeError);
      expect(hooks.headersDone).toBe(false);
      res.end("page");
    });
    expect(hooks.count).toBe(2);
    // Neither is what has been refused to stand in an error page's way.
    expect([reply.status, reply.reason]).toEqual([418, "Short and stout"]);
  });

  test("leave no reason behind that Node has refused", async () => {
    const reply = await exchange((_req, res) => {
      onHeaders(res, counting());
      expect(() => res.writeHead(404, "two\nlines")).toThrow(TypeError);
      res.end("page");
    });
    expect([reply.status, reply.reason]).toEqual([200, "OK"]);
  });

  test("that throw stand in the way of the headers, and act again", async () => {
    let isBroken = true;
    const reply = await exchange((_req, res) => {
      onHeaders(
        res,
        counting(() => {
          if (isBroken) throw new Error("no");
        }),
      );
      expect(() => res.writeHead(404)).toThrow("no");
      isBroken = false;
      res.end("page");
    });
    expect([reply.status, reply.body]).toEqual([200, "page"]);
  });

  test("wait with what writes the headers, where they have to wait", async () => {
    const given: unknown[] = [];
    let write!: () => unknown;
    const hooks = counting();
    const waiting: HeadWaiting = {
      postponesHead(args, act) {
        given.push(args);
        write = act;
        return true;
      },
    };
    const reply = await exchange((_req, res) => {
      onHeaders(res, hooks, waiting);
      expect(res.writeHead(201, "Made", { "X-A": "1" })).toBe(res);
      expect([given, hooks.count, res.headersSent]).toEqual([[[201, "Made"]], 0, false]);
      write();
      expect([hooks.count, res.headersSent]).toEqual([1, true]);
      res.end();
    });
    expect([reply.status, reply.reason, valuesOf(reply, "x-a")]).toEqual([201, "Made", ["1"]]);
  });
});

describe("a response that is less than Node's", () => {
  test("has a writeHead() that lets the hooks act, once", () => {
    const res: Any = {};
    const hooks = counting();
    onHeaders(res, hooks);
    expect([res.writeHead(200, { "X-A": "1" }), res.writeHead(200)]).toEqual([
      undefined,
      undefined,
    ]);
    expect([hooks.count, hooks.headersDone]).toEqual([1, true]);
  });

  test("needs no method to take headers back, and is given those of a list", () => {
    const set: unknown[] = [];
    const res: Any = { setHeader: (...header: unknown[]) => set.push(header) };
    onHeaders(res, counting());
    res.writeHead(200, ["X-A", "1", "X-B", "2"]);
    expect(set).toEqual([["X-A", "1"], ["X-B", "2"]]);
  });

  test("has the status it had, where headers were refused", () => {
    const writeHead = () => {
      throw new Error("refused");
    };
    for (const statusCode of [undefined, 418]) {
      const res: Any = { statusCode, writeHead };
      onHeaders(res, counting());
      expect(() => res.writeHead(1000)).toThrow("refused");
      expect(res.statusCode).toBe(statusCode);
    }
  });
});

describe("commitHeaders()", () => {
  test("writes Node's headers, and sends no byte", async () => {
    const hooks = counting();
    const reply = await exchange((_req, res, sent) => {
      onHeaders(res, hooks);
      commitHeaders(res, hooks);
      expect([hooks.count, res.headersSent, sent()]).toEqual([1, true, ""]);
      res.end("body");
    });
    expect(reply.body).toBe("body");
  });

  test("does what is due before the headers of any other, once", () => {
    const hooks = counting();
    commitHeaders({}, hooks);
    commitHeaders({}, hooks);
    expect([hooks.count, hooks.headersDone]).toEqual([1, true]);
  });

  test("does nothing for others that have theirs", () => {
    const hooks = { ...counting(), headersDone: true };
    let count = 0;
    hooks.beforeHeaders = () => void count++;
    commitHeaders({}, hooks);
    expect(count).toBe(0);
  });
});
