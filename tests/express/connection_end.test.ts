/** When the connection of a request is over: its response's end, or its socket's where that has none. */
import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { whenConnectionEnds } from "../../src/express/connection_end.ts";

function watch(res: object, req: object): { readonly acts: number } {
  let acts = 0;
  whenConnectionEnds(res, req, () => void acts++);
  return {
    get acts() {
      return acts;
    },
  };
}
const emitter = (fields: object = {}) => Object.assign(new EventEmitter(), fields);

describe.each([
  ["a response", (closing: object) => [closing, { socket: emitter() }] as const],
  ["the {} of a WebSocket, on its socket", (closing: object) => [{}, { socket: closing }] as const],
])("%s", (_what, on) => {
  test("is over when it is closed, once", () => {
    const closing = emitter({ destroyed: false });
    const [res, req] = on(closing);
    const watched = watch(res, req);
    for (const event of ["finish", "end", "error-free"]) closing.emit(event);
    expect(watched.acts).toBe(0);
    closing.emit("close");
    closing.emit("close");
    expect(watched.acts).toBe(1);
  });

  test("is over at once where it was before", () => {
    const closing = emitter({ destroyed: true });
    const [res, req] = on(closing);
    const watched = watch(res, req);
    expect(watched.acts).toBe(1);
    closing.emit("close");
    expect(watched.acts).toBe(1);
  });
});

test("the socket of a response goes on to serve others: its end is not waited for", () => {
  const [res, socket] = [emitter(), emitter({ destroyed: true })];
  const watched = watch(res, { socket });
  socket.emit("close");
  expect(watched.acts).toBe(0);
});

test.each([[{}], [{ socket: undefined }], [{ socket: {} }], [{ socket: { destroyed: false } }]])(
  "where nothing tells of an end, nothing is done: %j",
  (req) => {
    expect(watch({}, req).acts).toBe(0);
    expect(watch({ once: true }, req).acts).toBe(0);
  },
);
