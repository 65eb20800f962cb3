/** A logout that failed is heard of, and not swallowed. */
import { expect, test } from "vitest";
import { reportFailedDestroy } from "../../src/core/failed_destroy.ts";
import { EventHub } from "../../src/events.ts";

const failure = new Error("no connection");

test.each<[string, () => void | Promise<void>]>([
  ["throws", () => {
    throw failure;
  }],
  ["rejects", () => Promise.reject(failure)],
])("a store that %s is an event, and an error to whoever asked", async (_how, act) => {
  const events = new EventHub();
  const heard: unknown[] = [];
  events.on("error", (event) => heard.push(event));
  await expect((async () => await reportFailedDestroy(events, act))()).rejects.toBe(failure);
  expect(heard).toEqual([{ error: failure, during: "destroy" }]);
});

test("a session that was destroyed is no such event", async () => {
  const events = new EventHub();
  events.on("error", () => expect.unreachable());
  expect(reportFailedDestroy(events, () => undefined)).toBeUndefined();
  await reportFailedDestroy(events, () => Promise.resolve());
});
