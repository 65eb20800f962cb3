/** What is written while a session's calls are under way is written after them, in its order. */
import { ServerResponse } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HeldWrites } from "../../src/express/held_response_writes.ts";
import { exchange } from "./support/exchange.ts";
import type { Any } from "./support/libraries.ts";

afterEach(() => void vi.useRealTimers());

/** What follows a promise has been done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await undefined;
}

/** A response whose session has calls under way, for as long as the test says. */
function waitingFor(res: Any) {
  let calls: Promise<void> | undefined;
  let finish!: () => void;
  const hooks: Any = {
    res,
    isEnded: false,
    context: { pendingCalls: () => calls, unheardFailure: () => undefined },
    failed: [] as unknown[],
    fail: (error: unknown) => hooks.failed.push(error),
  };
  const writes = new HeldWrites(hooks);
  return {
    hooks,
    writes,
    /** A call begins … */
    begin() {
      calls = new Promise((resolve) => finish = resolve);
    },
    /** … and is over. */
    async end() {
      calls = undefined;
      finish();
      await settled();
    },
    /** It is over, but another one has begun meanwhile. */
    async next() {
      const over = finish;
      calls = new Promise((resolve) => finish = resolve);
      over();
      await settled();
    },
  };
}

/** A response that notes what is done to it: nothing of it is ever sent. */
function noted(answer: (chunk: string) => boolean = () => true) {
  const done: unknown[] = [];
  const res: Any = {
    write: (chunk: string, ...rest: unknown[]) => {
      done.push(["write", chunk, ...rest]);
      return answer(chunk);
    },
    flushHeaders: () => void done.push(["flushHeaders"]),
    emit: (name: string) => void done.push(["emit", name]),
  };
  return { done, res };
}

describe("while calls are under way", () => {
  test("writes, flushed headers and an end are done after them, once and in their order", async () => {
    const { done, res } = noted();
    const { begin, end, writes } = waitingFor(res);
    begin();
    res.flushHeaders();
    expect([res.write("a"), res.write(Buffer.from("b"), "utf8")]).toEqual([true, true]);
    expect(writes.postponesEnd(() => done.push(["end"]))).toBe(true);
    expect(done).toEqual([]);
    await end();
    expect(done).toEqual([
      ["flushHeaders"],
      ["write", "a"],
      ["write", Buffer.from("b"), "utf8"],
      ["end"],
    ]);
  });

  test("an end that comes alone waits as well", async () => {
    const { done, res } = noted();
    const { begin, end, writes } = waitingFor(res);
    begin();
    expect(writes.postponesEnd(() => done.push("end"))).toBe(true);
    await end();
    expect(done).toEqual(["end"]);
  });

  test("calls that begin meanwhile are waited for as well", async () => {
    const { done, res } = noted();
    const { begin, end, next } = waitingFor(res);
    begin();
    res.write("a");
    await next();
    expect(done).toEqual([]);
    await end();
    expect(done).toEqual([["write", "a"]]);
  });

  test("what comes behind the end is refused", async () => {
    const { done, res } = noted();
    const { begin, end, writes } = waitingFor(res);
    begin();
    writes.postponesEnd(() => done.push("end"));
    expect(res.write("late")).toBe(false);
    await end();
    expect(done).toEqual(["end"]);
  });

  test("the headers have been sent for whoever looks, and are not afterwards", async () => {
    const { res } = noted();
    const { begin, end } = waitingFor(res);
    begin();
    res.write("a");
    expect(res.headersSent).toBe(true);
    await end();
    expect(Object.keys(res)).not.toContain("headersSent");
  });

  test("what can be no chunk is refused at once, by the response itself", () => {
    const { done, res } = noted();
    const { begin } = waitingFor(res);
    begin();
    for (const chunk of [null, 7, {}]) res.write(chunk);
    expect(done).toEqual([["write", null], ["write", 7], ["write", {}]]);
  });
});

describe("without calls", () => {
  test("all is done at once", () => {
    const { done, res } = noted();
    const { writes } = waitingFor(res);
    res.flushHeaders();
    res.write("a");
    expect(writes.postponesEnd(() => done.push("end"))).toBe(false);
    expect(writes.postponesHead([200], () => done.push("head"))).toBe(false);
    expect(done).toEqual([["flushHeaders"], ["write", "a"]]);
    expect(Object.keys(res)).not.toContain("headersSent");
  });

  test("so it is once the response is being ended, or has sent its headers", () => {
    for (const [part, of] of [["isEnded", "hooks"], ["headersSent", "res"]] as const) {
      const { done, res } = noted();
      const { begin, hooks, writes } = waitingFor(res);
      begin();
      (of === "hooks" ? hooks : res)[part] = true;
      res.write("a");
      expect(writes.postponesHead([200], () => {})).toBe(false);
      expect(done, part).toEqual([["write", "a"]]);
    }
  });
});

test("a response that can neither be written nor flushed has no method more", () => {
  const res: Any = {};
  waitingFor(res);
  expect(res).toStrictEqual({});
});

describe("writeHead()", () => {
  test.each<[what: string, given: unknown[]]>([
    ["a status", [201]],
    ["a status that is text", ["201"]],
    ["a status and a reason", [201, "Made"]],
  ])("with %s is done later, in its place", async (_what, given) => {
    const { done, res } = noted();
    const { begin, end, writes } = waitingFor(res);
    begin();
    expect(writes.postponesHead(given, () => done.push("head"))).toBe(true);
    res.write("a");
    expect(done).toEqual([]);
    await end();
    expect(done).toEqual(["head", ["write", "a"]]);
  });

  test.each<[what: string, given: unknown[]]>([
    ["a status", [1000]],
    ["a status that is none", ["lost"]],
    ["a reason", [200, "two\nlines"]],
  ])("with %s that Node refuses is not done later: Node says so at once", (_what, given) => {
    const { res } = noted();
    const { begin, writes } = waitingFor(res);
    begin();
    expect(writes.postponesHead(given, () => {})).toBe(false);
    expect(Object.keys(res)).not.toContain("headersSent");
    expect(res.statusMessage).toBeUndefined();
  });

  test("is done once: another one comes too late, and is not done later", async () => {
    const { done, res } = noted();
    const { begin, end, writes } = waitingFor(res);
    begin();
    expect(writes.postponesHead([200, "Fine"], () => done.push("first"))).toBe(true);
    expect(writes.postponesHead([404, "Lost"], () => done.push("second"))).toBe(false);
    expect(res.statusMessage).toBe("Fine");
    await end();
    expect(done).toEqual(["first"]);
  });

  test("tells its reason to whoever looks, and leaves the one that is set", () => {
    for (const [given, reason] of [[[200, "Fine"], "Fine"], [[200], "Mine"]] as const) {
      const { res } = noted();
      res.statusMessage = "Mine";
      const { begin, writes } = waitingFor(res);
      begin();
      writes.postponesHead([...given], () => {});
      expect(res.statusMessage).toBe(reason);
    }
  });
});

describe("a write() that is done later answers as Node does", () => {
  test.each<[highWaterMark: number | undefined, chunks: string[], answers: boolean[]]>([
    [4, ["abc"], [true]],
    [4, ["abcd"], [false]],
    [4, ["ab", "cd", "e"], [true, false, false]],
    [undefined, ["x".repeat(16_383), "x"], [true, false]],
  ])("with room for %s bytes", (writableHighWaterMark, chunks, answers) => {
    const { res } = noted();
    if (writableHighWaterMark !== undefined) res.writableHighWaterMark = writableHighWaterMark;
    const { begin } = waitingFor(res);
    begin();
    expect(chunks.map((chunk) => res.write(chunk))).toEqual(answers);
  });

  test('"drain" comes where it answered false, once all is written', async () => {
    const { done, res } = noted();
    res.writableHighWaterMark = 1;
    const { begin, end } = waitingFor(res);
    begin();
    res.write("a");
    res.write("b");
    await end();
    expect(done).toEqual([["write", "a"], ["write", "b"], ["emit", "drain"]]);
  });

  test('no "drain" comes where it answered true', async () => {
    const { done, res } = noted();
    const { begin, end } = waitingFor(res);
    begin();
    res.write("a");
    await end();
    expect(done).toEqual([["write", "a"]]);
  });

  test('no "drain" comes where the response is full by then: that says so itself', async () => {
    const { done, res } = noted((chunk) => chunk !== "a");
    res.writableHighWaterMark = 1;
    const { begin, end } = waitingFor(res);
    begin();
    res.write("a");
    res.write("b");
    await end();
    expect(done).toEqual([["write", "a"], ["write", "b"]]);
  });

  test('no "drain" comes behind the end', async () => {
    const { done, res } = noted();
    res.writableHighWaterMark = 1;
    const { begin, end, hooks, writes } = waitingFor(res);
    begin();
    res.write("a");
    writes.postponesEnd(() => hooks.isEnded = true);
    await end();
    expect(done).toEqual([["write", "a"]]);
  });

  test("each wait begins with room for as much, and with nobody who waits", async () => {
    const { done, res } = noted();
    res.writableHighWaterMark = 4;
    const { begin, end } = waitingFor(res);
    begin();
    expect(res.write("abcd")).toBe(false);
    await end();
    begin();
    expect(res.write("abc")).toBe(true);
    await end();
    expect(done).toEqual([["write", "abcd"], ["emit", "drain"], ["write", "abc"]]);
  });

  test("and tells nobody, where a response has no events", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate"] });
    const { done, res } = noted();
    res.writableHighWaterMark = 1;
    delete res.emit;
    const { begin, end } = waitingFor(res);
    begin();
    res.write("a");
    await end();
    // What is thrown behind a promise ends the process on the next turn.
    vi.runAllTimers();
    expect(done).toEqual([["write", "a"]]);
  });
});

describe("what is done later and cannot be", () => {
  const failing = async () => {
    const { done, res } = noted();
    res.writableHighWaterMark = 1;
    const { begin, end, hooks, writes } = waitingFor(res);
    const error = new Error("refused");
    begin();
    res.write("a");
    writes.postponesEnd(() => {
      throw error;
    });
    await end();
    expect(hooks.failed).toEqual([error]);
    return { begin, done, end, res };
  };

  test("is told, and whoever waits for a drain is not let into the error page", async () => {
    const { done } = await failing();
    expect(done).toEqual([["write", "a"]]);
  });

  test("leaves an error page that waits for calls of its own, and drains nobody", async () => {
    const { begin, done, end, res } = await failing();
    res.writableHighWaterMark = 100;
    begin();
    res.write("page");
    expect(done).toEqual([["write", "a"]]);
    await end();
    expect(done).toEqual([["write", "a"], ["write", "page"]]);
  });
});

test("what an act writes while it is done is written in its place, though it calls again", async () => {
  const { done, res } = noted();
  const { begin, end, writes } = waitingFor(res);
  begin();
  writes.postponesHead([200], () => {
    done.push("head");
    begin();
    res.write("within");
  });
  res.write("a");
  writes.postponesEnd(() => done.push("end"));
  await end();
  expect(done).toEqual(["head", ["write", "within"], ["write", "a"], "end"]);
});

describe("Node's own methods, kept from before", () => {
  const { write } = ServerResponse.prototype as Any;

  test("write no body without headers, and need no drain", async () => {
    const told: string[] = [];
    const reply = await exchange(async (_req, res, sent) => {
      const { begin, end } = waitingFor(res);
      begin();
      res.write("a");
      expect(write.call(res, "b", "latin1", () => told.push("b"))).toBe(true);
      expect(write.call(res, Buffer.from("c"))).toBe(true);
      await new Promise(setImmediate);
      expect(sent()).toBe("");
      await end();
      res.end("d");
    });
    expect([reply.status, reply.body, told]).toEqual([200, "abcd", ["b"]]);
  });

  test("write at once where the headers have left", async () => {
    const reply = await exchange(async (_req, res, sent) => {
      const { begin, end, writes } = waitingFor(res);
      res.write("a");
      begin();
      writes.postponesEnd(() => res.end("c"));
      write.call(res, "b");
      await new Promise(setImmediate);
      expect(sent()).toContain("b\r\n");
      await end();
    });
    expect(reply.body).toBe("abc");
  });

  test("are not looked for on a response of another kind", () => {
    const { res } = noted();
    const { begin } = waitingFor(res);
    begin();
    res.write("a");
    expect(Object.keys(res)).not.toContain("_send");
  });
});
