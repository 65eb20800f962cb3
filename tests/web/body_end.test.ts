/** What is kept for a session's signal is kept until the body of its response has ended. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LiveSession } from "../../src/core/live_session.ts";
import { untilBodyEnds } from "../../src/web/body_end.ts";
import { openSession } from "../../src/web/open_session.ts";
import { adapterOf } from "../../src/web/web_adapter.ts";
import { makeSessions, URL_OF_APP } from "./support.ts";

let loosened = 0;
beforeEach(() => {
  loosened = 0;
  vi.spyOn(LiveSession.prototype, "loosen").mockImplementation(() => void loosened++);
});
afterEach(() => vi.restoreAllMocks());

const copyOf = (response: Response, body: BodyInit) => new Response(body, response);

/** A request that is answered, its session's signal asked for. */
async function answered(
  response: Response,
  { init = {}, isCommitted = true, asks = true }: {
    init?: RequestInit;
    isCommitted?: boolean;
    asks?: boolean;
  } = {},
) {
  const request = new Request(URL_OF_APP, init);
  const { state, session } = await openSession(adapterOf(makeSessions().sessions), request);
  if (asks) expect(session.signal.aborted).toBe(false);
  return untilBodyEnds({ isCommitted, request, state }, response, copyOf);
}

function streamOf(chunks: unknown[], error?: Error) {
  const seen = { pulled: 0, cancelled: undefined as unknown };
  const stream = new ReadableStream({
    pull(controller) {
      seen.pulled++;
      if (chunks.length > 0) controller.enqueue(chunks.shift());
      else if (error !== undefined) controller.error(error);
      else controller.close();
    },
    cancel: (reason) => void (seen.cancelled = reason),
  }, { highWaterMark: 0 });
  return { stream, seen };
}
const bytes = (text: string) => new TextEncoder().encode(text);

describe("a body", () => {
  test("is passed on as it is read, and its end is the connection's", async () => {
    const { stream, seen } = streamOf([bytes("a"), bytes("b")]);
    const answer = await answered(new Response(stream, { status: 201 }));
    expect([answer.status, seen.pulled, loosened]).toEqual([201, 0, 0]);
    const reader = answer.body!.getReader();
    expect((await reader.read()).value).toEqual(bytes("a"));
    expect((await reader.read()).value).toEqual(bytes("b"));
    expect(loosened).toBe(0);
    expect((await reader.read()).done).toBe(true);
    expect(loosened).toBe(1);
  });

  test("that is given up has ended", async () => {
    const { stream, seen } = streamOf([bytes("a")]);
    const answer = await answered(new Response(stream));
    await answer.body!.cancel("left");
    expect([seen.cancelled, loosened]).toEqual(["left", 1]);
  });

  test("that fails has ended, and whoever reads it is told why", async () => {
    const planned = new Error("planned");
    const answer = await answered(new Response(streamOf([], planned).stream));
    await expect(answer.text()).rejects.toBe(planned);
    expect(loosened).toBe(1);
  });

  test("that somebody else reads is left alone", async () => {
    const response = new Response("text");
    const reader = response.body!.getReader();
    expect(await answered(response)).toBe(response);
    await reader.read();
    expect(loosened).toBe(0);
  });
});

describe("what has no body to wait for", () => {
  test.each<[string, Response, RequestInit]>([
    ["no content", new Response(null, { status: 204 }), {}],
    ["an empty page", new Response(null), {}],
    ["the answer to HEAD", new Response("text"), { method: "HEAD" }],
    ["a refused upgrade", new Response(null, { status: 426 }), {
      headers: { upgrade: "websocket" },
    }],
    ["another protocol", new Response(null), { headers: { upgrade: "h2c" } }],
  ])("ends with its request: %s", async (_what, response, init) => {
    expect(await answered(response, { init })).toBe(response);
    expect(loosened).toBe(1);
  });
});

describe("a connection that goes on unseen", () => {
  const switching = Object.create(Response.prototype, {
    status: { value: 101 },
    body: { value: null },
  }) as Response;

  test.each<[string, Response]>([
    ["as Deno has it", switching],
    ["as Bun has it", new Response(null)],
  ])("has not ended with its response: %s", async (_what, response) => {
    const init = { headers: { upgrade: "WebSocket" } };
    expect(await answered(response, { init })).toBe(response);
    expect(loosened).toBe(0);
  });

  test("has a body: then that says when it ends", async () => {
    const answer = await answered(new Response(new Blob(["text"]).stream()), {
      init: { headers: { upgrade: "websocket" } },
    });
    expect(loosened).toBe(0);
    expect([await answer.text(), loosened]).toEqual(["text", 1]);
  });
});

test.each([
  ["nobody asked for the signal", { asks: false }],
  ["another handler has its response still to come", { isCommitted: false }],
])("a response is the handler's own where %s", async (_why, how) => {
  for (const response of [new Response("text"), new Response(null, { status: 204 })]) {
    expect(await answered(response, how)).toBe(response);
  }
  expect(loosened).toBe(0);
});
