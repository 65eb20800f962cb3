/** What an application does with sessions outside their requests: a subject's are listed, and ended. */
import { expect, test } from "vitest";
import { elevate, login, subjectOf } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Any } from "./support/libraries.ts";
import { sessionsWith, visit } from "./support/visit.ts";

test("a subject's sessions are listed, told of, and ended by their handles", async () => {
  const sessions = sessionsWith({ store: memoryStore() });
  const heard: string[] = [];
  const stop = sessions.on("destroyed", () => heard.push("destroyed"));
  const { cookie } = await visit(sessions, (req) => login(req, "ada", { label: "Phone" }));
  const [{ label, handle, current }] = await sessions.list("ada");
  expect([label, current]).toEqual(["Phone", false]);
  const who = async () => (await visit(sessions, subjectOf, { cookie })).result;
  expect(await who()).toBe("ada");
  await sessions.revoke(handle);
  expect([await who(), heard]).toEqual([undefined, ["destroyed"]]);
  stop();
  await visit(sessions, (req) => login(req, "ada"));
  expect([await sessions.revokeAll("ada"), await sessions.list("ada"), heard]).toEqual([
    ...[1, [], ["destroyed"]],
  ]);
});

test("the visitor's own session is known by what it is, wherever it moves meanwhile", async () => {
  const store = memoryStore();
  const sessions = sessionsWith({ store });
  const { cookie } = await visit(sessions, (req) => login(req, "ada"));
  await visit(sessions, (req) => login(req, "ada"));
  const { result } = await visit(sessions, async (req) => {
    // The same browser proves once more who it is, in another tab.
    await visit(sessions, (other) => elevate(other), { cookie });
    const marked = (await sessions.list("ada", { current: req })).map(({ current }: Any) =>
      current
    );
    return [marked.sort(), await sessions.revokeAll("ada", { except: req })];
  }, { cookie });
  expect(result).toEqual([[false, true], 1]);
  expect(await sessions.list("ada")).toHaveLength(1);
});
