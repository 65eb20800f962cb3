/** A response that is held has been sent for whoever looks, and is as it was once it is released. */
import { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { areHeadersSent, hasBegun, HeldResponse } from "../../src/express/held_response.ts";
import { codeOf } from "./support/code_of.ts";
import { exchange, valuesOf } from "./support/exchange.ts";
import type { Any } from "./support/libraries.ts";

const SENT = "ERR_HTTP_HEADERS_SENT";

/** As much of HTTP/2's response, or of Bun's, as is used: it knows by itself whether its headers are sent. */
class OtherResponse {
  statusCode = 200;
  readonly #isSent: boolean;
  readonly called: string[] = [];

  constructor(isSent = false) {
    this.#isSent = isSent;
  }

  get headersSent(): boolean {
    return this.#isSent;
  }
  set statusMessage(_reason: string) {
    this.called.push("statusMessage");
  }
  get statusMessage(): string {
    this.called.push("statusMessage");
    return "";
  }
  setHeader(): void {
    this.called.push("setHeader");
  }
  setHeaders(): void {
    this.called.push("setHeaders");
  }
  appendHeader(): void {
    this.called.push("appendHeader");
  }
  removeHeader(): void {
    this.called.push("removeHeader");
  }
  writeHead(): void {
    this.called.push("writeHead");
  }
  flushHeaders(): void {
    this.called.push("flushHeaders");
  }
  write(): boolean {
    this.called.push("write");
    return true;
  }
}

/** What else is called a response, and keeps Node's note beside an answer of its own. */
class NotedResponse extends OtherResponse {
  _header: string | null = null;
  _headerSent = false;
}

test.each<[what: string, res: Any, areSent: boolean, isBegun: boolean]>([
  ["no more than an object", {}, false, false],
  ["Node's", { _header: null, _headerSent: false, headersSent: false }, false, false],
  ["Node's, written", { _header: "HTTP/1.1", _headerSent: false, headersSent: true }, true, false],
  ["Node's, on its way", { _header: "HTTP/1.1", _headerSent: true, headersSent: true }, true, true],
  ["@fastify/express', written", { _header: "HTTP/1.1", headersSent: false }, true, true],
  ["HTTP/2's", { headersSent: false }, false, false],
  ["HTTP/2's, on its way", { headersSent: true }, true, true],
])("what has left of a response: %s", (_what, res, areSent, isBegun) => {
  expect([areHeadersSent(res), hasBegun(res)]).toEqual([areSent, isBegun]);
});

describe("Node's response", () => {
  test.each([
    ["before its headers", () => {}],
    ["behind writeHead()", (res: Any) => res.writeHead(201, "Made", { "X-A": "1" })],
  ])(
    "%s: methods of its own that somebody has kept refuse as well, and flush nothing",
    async (_when, write) => {
      const own = ServerResponse.prototype as Any;
      const reply = await exchange((_req, res, sent) => {
        res.statusCode = 201;
        res.statusMessage = "Made";
        res.setHeader("X-A", "1");
        write(res);
        const held = new HeldResponse(res);
        expect(res.headersSent).toBe(true);
        expect(codeOf(() => own.setHeader.call(res, "X-Late", "1"))).toBe(SENT);
        expect(codeOf(() => own.removeHeader.call(res, "X-A"))).toBe(SENT);
        expect(codeOf(() => own.writeHead.call(res, 500))).toBe(SENT);
        expect(codeOf(() => own.flushHeaders.call(res))).toBe("done");
        expect(Object.keys(res)).not.toContain("headersSent");
        res.statusCode = 404;
        res.statusMessage = "Lost";
        expect(sent()).toBe("");
        held.release();
        expect([res.statusCode, res.statusMessage]).toEqual([201, "Made"]);
        res.end("body");
      });
      expect([reply.status, reply.reason, reply.body]).toEqual([201, "Made", "body"]);
      expect([valuesOf(reply, "x-a"), valuesOf(reply, "x-late")]).toEqual([["1"], []]);
    },
  );

  test("can be answered otherwise, where its headers were to come", async () => {
    const reply = await exchange((_req, res) => {
      new HeldResponse(res).release();
      expect([res.headersSent, res._headerSent]).toEqual([false, false]);
      res.writeHead(404, { "X-A": "1" });
      res.end();
    });
    expect([reply.status, valuesOf(reply, "x-a")]).toEqual([404, ["1"]]);
  });

  test("that has begun goes on, and is left as it is", async () => {
    const reply = await exchange(async (_req, res, sent) => {
      res.write("half, ");
      const held = new HeldResponse(res);
      expect([held.headersSent, held.hasBegun]).toEqual([true, true]);
      res.write("more, ");
      await new Promise(setImmediate);
      expect(sent()).toContain("more, ");
      res.statusCode = 404;
      held.release();
      expect(res.statusCode).toBe(404);
      res.end("whole");
    });
    expect([reply.status, reply.body]).toEqual([200, "half, more, whole"]);
  });

  test("says of itself whether its headers were written, and whether they had left", async () => {
    await exchange((_req, res) => {
      const before = new HeldResponse(res);
      expect([before.headersSent, before.hasBegun]).toEqual([false, false]);
      before.release();
      res.writeHead(200);
      const written = new HeldResponse(res);
      expect([written.headersSent, written.hasBegun]).toEqual([true, false]);
      written.release();
      res.end();
    });
  });

  test("whose host answers headersSent in a sense of its own has that answer still", async () => {
    const reply = await exchange((_req, res) => {
      let isReplied = false;
      Object.defineProperty(res, "headersSent", { get: () => isReplied, configurable: true });
      const held = new HeldResponse(res);
      isReplied = true;
      expect([res.headersSent, codeOf(() => res.setHeader("X-Late", "1"))]).toEqual([true, SENT]);
      isReplied = false;
      expect(res.headersSent).toBe(false);
      held.release();
      res.end("body");
    });
    expect([reply.body, valuesOf(reply, "x-late")]).toEqual(["body", []]);
  });
});

describe.each([
  ["HTTP/2's", () => new OtherResponse() as Any],
  ["one with Node's note", () => new NotedResponse() as Any],
])("a response of another kind: %s", (_kind, make) => {
  test("has been sent while it is held, and refuses in Node's words", () => {
    const res = make();
    const held = new HeldResponse(res);
    expect(res.headersSent).toBe(true);
    for (
      const [method, verb] of [
        ["setHeader", "set"],
        ["setHeaders", "set"],
        ["appendHeader", "append"],
        ["removeHeader", "remove"],
        ["writeHead", "write"],
      ]
    ) {
      expect(() => res[method!]("X-Late", "1")).toThrow(expect.objectContaining({
        code: SENT,
        message: `Cannot ${verb} headers after they are sent to the client`,
      }));
    }
    res.flushHeaders();
    expect(res.called).toEqual([]);
    held.release();
    expect(res.headersSent).toBe(false);
  });

  test("has its own methods again afterwards, and the status it had", () => {
    const res = make();
    const own = Object.getOwnPropertyDescriptors(res);
    const held = new HeldResponse(res);
    res.statusCode = 404;
    held.release();
    expect(Object.getOwnPropertyDescriptors(res)).toEqual(own);
    res.setHeader("X-A", "1");
    res.flushHeaders();
    // HTTP/2 knows no reasons, and warns whoever asks for one.
    expect(res.called).toEqual(["setHeader", "flushHeaders"]);
  });

  test("may be given methods while it is held, and has those from before afterwards", () => {
    const res = make();
    const setHeader = () => "mine";
    res.setHeader = setHeader;
    const held = new HeldResponse(res);
    expect(codeOf(() => res.setHeader())).toBe(SENT);
    res.setHeader = () => "late";
    expect(res.setHeader()).toBe("late");
    held.release();
    expect(res.setHeader).toBe(setHeader);
  });
});

test("HTTP/2's response that has begun is left as it is", () => {
  const res: Any = new OtherResponse(true);
  const own = Object.getOwnPropertyDescriptors(res);
  const held = new HeldResponse(res);
  expect(Object.getOwnPropertyDescriptors(res)).toEqual(own);
  held.release();
  expect(Object.getOwnPropertyDescriptors(res)).toEqual(own);
});

test("a response that is no more than an object has no method more while it is held, and nothing of it afterwards", () => {
  const res: Any = { setHeader: () => {} };
  const { setHeader } = res;
  const held = new HeldResponse(res).refuseWrites();
  expect(Object.getOwnPropertyNames(res).sort()).toEqual(["headersSent", "setHeader"]);
  expect(res.headersSent).toBe(true);
  held.release();
  expect(res).toStrictEqual({ setHeader });
});

describe("a write behind the end", () => {
  const late = () => ({ code: "ERR_STREAM_WRITE_AFTER_END", message: "write after end" });

  test("is dropped, and told to its callback and to whoever listens, as Node tells it", async () => {
    const told: unknown[] = [];
    let returned: unknown;
    const reply = await exchange(async (_req, res) => {
      const held = new HeldResponse(res).refuseWrites();
      res.on("error", (error: Any) => told.push(["listener", error.code, error.message]));
      returned = res.write("late", "utf8", (error: Any) => {
        told.push(["callback", error.code, error.message]);
      });
      expect(told).toEqual([]);
      await new Promise(setImmediate);
      held.release();
      res.end("body");
    });
    const { code, message } = late();
    expect([returned, reply.body]).toEqual([false, "body"]);
    expect(told).toEqual([["callback", code, message], ["listener", code, message]]);
  });

  test("is no event where nobody listens: that would end the process", async () => {
    const emitted: unknown[] = [];
    const res: Any = {
      write: () => true,
      listenerCount: () => 0,
      emit: (...event: unknown[]) => emitted.push(event),
    };
    new HeldResponse(res).refuseWrites();
    expect(res.write("late")).toBe(false);
    await new Promise(setImmediate);
    expect(emitted).toEqual([]);
  });

  test("of a response that tells nobody anything is dropped", () => {
    const write = () => true;
    const res: Any = { write };
    const held = new HeldResponse(res).refuseWrites();
    expect(res.write("late")).toBe(false);
    held.release();
    expect(res).toStrictEqual({ write });
  });

  test("is none where nobody has ended the response", async () => {
    const reply = await exchange((_req, res) => {
      new HeldResponse(res).release();
      res.write("body");
      res.end();
    });
    expect(reply.body).toBe("body");
  });
});
