/** A logout that failed is heard of, and not swallowed. */
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { reportFailedDestroy } from "../../src/core/failed_destroy.ts";
import { EventHub } from "../../src/events.ts";

const failure = Object.assign(new Error('no connection for "s:an-id.signature"'), {
  code: "ECONNRESET",
  command: { args: ["sess:an-id"] },
});

test.each<[string, () => void | Promise<void>]>([
  ["throws", () => {
    throw failure;
  }],
  ["rejects", () => Promise.reject(failure)],
])("a store that %s is an event, and an error to whoever asked", async (_how, act) => {
  const events = new EventHub(() => expect.unreachable());
  const heard: unknown[] = [];
  events.on("error", (event) => heard.push(event));
  await expect((async () => await reportFailedDestroy(events, act))()).rejects.toBe(failure);
  expect(heard).toMatchObject([{ error: { code: "STORE_FAILED" }, during: "destroy" }]);
  expect(inspect(heard, { depth: 9, showHidden: true })).not.toContain("an-id");
});

test("a session that was destroyed is no such event", async () => {
  const events = new EventHub(() => expect.unreachable());
  events.on("error", () => expect.unreachable());
  expect(reportFailedDestroy(events, () => undefined)).toBeUndefined();
  await reportFailedDestroy(events, () => Promise.resolve());
});
